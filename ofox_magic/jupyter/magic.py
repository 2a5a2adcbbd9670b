"""`%%ofox` and `%ofox`: take a line apart, ask, let a painter follow. Nothing else."""

from collections.abc import Sequence
from typing import Any, Protocol

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Int, Unicode

from ofox_magic.chat.parts import Part
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.turn import Turn
from ofox_magic.context.convert import Choices
from ofox_magic.errors import Interrupted
from ofox_magic.jupyter import options
from ofox_magic.jupyter.chips import blindness
from ofox_magic.jupyter.commands import Commands
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.painter import Painter, follow
from ofox_magic.settings import Settings


class MakePainter(Protocol):
    """Makes who shows a turn in the running cell."""

    def __call__(self, turn: Turn, settings: Settings, *, whole_cell: bool) -> Painter:
        """Return a painter for *turn*; *whole_cell*: nothing but the turn is in the cell."""
        ...


@magics_class
class OfoxMagics(Magics):
    """The two magics. State is in *kit*; what `%config OfoxMagics` sets is read at each turn."""

    model = Unicode("", help="default model; empty: OFOX_MODEL, else the built-in one").tag(config=True)
    base_url = Unicode("", help="where the gateway is; empty: OFOX_BASE_URL, else the documented one").tag(config=True)
    see = Int(0, help="how many of the last displays go along with each question; 0: none").tag(config=True)

    def __init__(self, shell: Any, kit: Kit, painter: "MakePainter") -> None:
        super().__init__(shell)
        self._kit = kit
        self._painter = painter
        self._cell = ""
        self._commands = Commands(kit, self._ask_line)

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
            self._commands.run(line)
        else:
            self._ask(options.parse(line, self.shell.user_ns), cell)

    def begin_cell(self, info: Any) -> None:
        """IPython's event before a cell: remember its source."""
        self._cell = info.raw_cell or ""

    # -- asking -------------------------------------------------------------------------------------------------------

    def _ask(self, chosen: options.Options, prompt: str) -> None:
        if chosen.help:
            print(options.help_text())
            return
        settings = self._kit.wiring.settings()
        try:
            asked = self._kit.notebook.prompt(
                prompt.removesuffix("\n"),
                attach=chosen.attach,
                see=self.see if chosen.see is None else chosen.see,
                raw=chosen.raw,
                choices=Choices(chosen.detail, chosen.level),
            )
            turn = self._kit.session.ask(
                *asked.parts,
                remarks=(*asked.remarks, *self._blindness(asked.parts, chosen.model)),
                model=chosen.model,
                system=chosen.system,
                name=chosen.name,
                timeout=chosen.timeout,
                stream=chosen.stream,
                **chosen.params,
            )
            try:
                # a cell that begins with our magic holds nothing of anyone else's, so its outputs are ours to replace
                follow(turn, self._painter(turn, settings, whole_cell=self._cell.lstrip().startswith("%%ofox")))
            finally:
                self._keep(turn.reply, chosen.output)
        except KeyboardInterrupt:
            raise Interrupted("the answer was stopped; what came by then is kept") from None
        if turn.reply.error is not None:
            raise turn.reply.error

    def _blindness(self, parts: Sequence[Part], model: str | None) -> tuple[str, ...]:
        session, wiring = self._kit.session, self._kit.wiring
        return blindness(parts, wiring.card(session.resolve(model or session.model or wiring.settings().model)))

    def _keep(self, reply: Reply, name: str | None) -> None:
        self.shell.push({"_ofox": reply}, interactive=False)
        if name:
            self.shell.push({name: reply})

    def _ask_line(self, rest: str) -> None:
        chosen, question = options.parse_question(rest, self.shell.user_ns)
        self._ask(chosen, question)
