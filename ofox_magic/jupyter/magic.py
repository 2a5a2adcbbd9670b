"""`%%ofox` and `%ofox`: take a line apart, ask, let a painter follow. Nothing else."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Int, Unicode

from ofox_magic.answer import Answer
from ofox_magic.chat.parts import Part
from ofox_magic.chat.transport import Request
from ofox_magic.context.convert import Choices
from ofox_magic.context.prompt import Prompt
from ofox_magic.errors import Interrupted
from ofox_magic.jupyter import options, remarks
from ofox_magic.jupyter.asking import Asking, MakePainter, Question
from ofox_magic.jupyter.commands import Commands
from ofox_magic.jupyter.commands.mend import MendCommands
from ofox_magic.jupyter.commands.showing import show_draft
from ofox_magic.jupyter.form import form_of
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.offering import offered
from ofox_magic.jupyter.running_cell import RunningCell
from ofox_magic.jupyter.shown_tools import ShownTools


@magics_class
class OfoxMagics(Magics):
    """The two magics. State is in *kit*; what `%config OfoxMagics` sets is read at each turn."""

    model = Unicode("", help="default model; empty: OFOX_MODEL, else the built-in one").tag(config=True)
    base_url = Unicode("", help="where the gateway is; empty: OFOX_BASE_URL, else the documented one").tag(config=True)
    see = Int(0, help="how many of the last displays go along with each question; 0: none").tag(config=True)
    max_history = Int(0, help="how many of the turns so far go along with each question; 0: all").tag(config=True)

    def __init__(self, shell: Any, kit: Kit, painter: MakePainter) -> None:
        super().__init__(shell)
        self._kit = kit
        self._asking = Asking(shell, kit, painter)
        self.cell = RunningCell(shell)
        self._commands = Commands(kit, self._ask_line, MendCommands(shell, kit, self._ask_prompt))
        self.stop_completing: Callable[[], None] = lambda: None

    @property
    def commands(self) -> tuple[str, ...]:
        """What can stand behind `%ofox`."""
        return self._commands.names

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

    # -- asking -------------------------------------------------------------------------------------------------------

    def _ask(self, chosen: options.Options, text: str) -> None:
        if chosen.help:
            print(options.help_text())
            return
        with _stoppable():
            prompt = self._kit.notebook.prompt(
                text.removesuffix("\n"),
                attach=chosen.attach,
                see=self.see if chosen.see is None else chosen.see,
                raw=chosen.raw,
                choices=Choices(chosen.detail, chosen.level),
            )
        self._ask_prompt(chosen, prompt)

    def _ask_prompt(self, chosen: options.Options, prompt: Prompt) -> Answer | None:
        """Ask *prompt* as was *chosen*, and return the answer; None where it is only shown what would go."""
        kit, key = self._kit, self._key(chosen)
        form = form_of(chosen.format, chosen.schema, self.shell.user_ns)
        given = form.added_to(self._given(chosen, key, prompt.parts), kit.session.system)
        with _stoppable():
            request = kit.session.draft(*prompt.parts, **given)
            said = (*prompt.remarks, *self._remarks(prompt.parts, request, chosen))
            if chosen.dry_run:
                show_draft(kit, request, said, chosen.output)
                return None
            # a cell that begins with our magic holds nothing of anyone else's, so its outputs are ours to replace
            whole_cell = self.cell.is_ours
            return self._asking.ask(Question(prompt.parts, given, form, said, chosen.output, whole_cell))

    def _key(self, chosen: options.Options) -> str | None:
        """What the turn is known by when it is asked again."""
        key = self.cell.next_key()  # always, so that the questions below it in the cell keep theirs
        if chosen.id:
            return f"id:{chosen.id}"
        return None if chosen.append else key

    def _given(self, chosen: options.Options, key: str | None, parts: Sequence[Part]) -> dict[str, Any]:
        return {
            "key": key,
            "model": chosen.model,
            "system": chosen.system,
            "name": chosen.name,
            "timeout": chosen.timeout,
            "stream": chosen.stream,
            "conversation": chosen.conversation,
            "max_history": 0 if chosen.fresh else self.max_history or None,
            "max_cost": chosen.max_cost,
            "tools": self._tools(chosen, parts),
            **chosen.params,
        }

    def _tools(self, chosen: options.Options, parts: Sequence[Part]) -> ShownTools | None:
        if not chosen.tools:
            return None
        choices = Choices(chosen.detail, chosen.level)
        return ShownTools(offered(chosen.tools, self._kit, self.shell.user_ns, parts, choices))

    def _remarks(self, parts: Sequence[Part], request: Request, chosen: options.Options) -> Iterator[str]:
        session = self._kit.session
        return remarks.of_question(
            parts,
            self._kit.wiring.card(request.model),
            tokens=session.estimate(request).prompt_tokens,
            turns=0 if chosen.fresh else len(session.conversations[session.name]),
            max_history=self.max_history or None,
        )

    def _ask_line(self, rest: str) -> None:
        chosen, question = options.parse_question(rest, self.shell.user_ns)
        self._ask(chosen, question)


@contextmanager
def _stoppable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("the answer was stopped; what came by then is kept") from None
