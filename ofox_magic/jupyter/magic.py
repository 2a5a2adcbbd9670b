"""`%%ofox` and `%ofox`, as IPython knows them. What they do is imported when one is first used."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Int, Unicode

from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.running_cell import RunningCell

if TYPE_CHECKING:
    from ofox_magic.jupyter.asking import MakePainter
    from ofox_magic.jupyter.questions import Questions


@magics_class
class OfoxMagics(Magics):
    """The two magics. State is in *kit*; what `%config OfoxMagics` sets is read at each turn."""

    model = Unicode("", help="default model; empty: OFOX_MODEL, else the built-in one").tag(config=True)
    base_url = Unicode("", help="where the gateway is; empty: OFOX_BASE_URL, else the documented one").tag(config=True)
    see = Int(0, help="how many of the last displays go along with each question; 0: none").tag(config=True)
    max_history = Int(0, help="how many of the turns so far go along with each question; 0: all").tag(config=True)

    def __init__(self, shell: Any, kit: Kit, painter: "MakePainter") -> None:
        super().__init__(shell)
        self._kit = kit
        self._painter = painter
        self.cell = RunningCell(shell)
        self.stop_completing: Callable[[], None] = lambda: None

    def commands(self) -> "Sequence[str]":
        """Return what can stand behind `%ofox`."""
        return self._questions.commands

    @no_var_expand
    @line_cell_magic
    def ofox(self, line: str, cell: str | None = None) -> None:
        """
        Talk with a model; the conversation stays in the kernel.

        %%ofox [MODEL] [options]     asks what stands below the line, and streams the answer into the cell
        %ofox COMMAND                everything else; `%ofox help` lists it

        %%ofox
        Why is the sky blue?

        %%ofox openai/gpt-4o -t 0.2 -s "Answer in one sentence." -o answer
        And at sunset?
        """
        self._kit.wiring.given.update(model=self.model or None, base_url=self.base_url or None)
        if cell is None:
            self._questions.run(line)
        else:
            self._questions.ask(line, cell)

    @cached_property
    def _questions(self) -> "Questions":
        from ofox_magic.jupyter.questions import Questions

        return Questions(self.shell, self._kit, self.cell, self._painter, self)
