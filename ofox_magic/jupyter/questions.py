"""From what a line and a cell say to a turn: options, references, tools, remarks. Asking itself is done in `asking`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

from IPython.core.error import UsageError

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
from ofox_magic.jupyter.running_cell import RunningCell
from ofox_magic.jupyter.shown_tools import ShownTools


class Defaults(Protocol):
    """What `%config OfoxMagics` sets; read at each turn."""

    see: int
    max_history: int


class Questions:
    """What the two magics do. State is in *kit*; *cell* is the one that runs."""

    def __init__(self, shell: Any, kit: Kit, cell: RunningCell, painter: MakePainter, defaults: Defaults) -> None:
        self._shell = shell
        self._kit = kit
        self._cell = cell
        self._defaults = defaults
        self._asking = Asking(shell, kit, painter)
        self._commands = Commands(kit, self._ask_line, MendCommands(shell, kit, self._ask_prompt))

    @property
    def commands(self) -> Sequence[str]:
        """What can stand behind `%ofox`."""
        return self._commands.names

    def run(self, line: str) -> None:
        """Do what `%ofox LINE` says."""
        self._commands.run(line)

    def ask(self, line: str, text: str) -> None:
        """Ask *text* with the options of *line*: what a `%%ofox` cell does."""
        text = text.removesuffix("\n")
        if self._kit.is_terminal:
            text = text.removesuffix("\n")  # the empty line that ends a cell in a terminal
        chosen = options.parse(line, self._shell.user_ns)
        if chosen.model in self.commands and chosen.model not in self._kit.session.aliases:
            raise UsageError(f"%%ofox: {chosen.model} is no model but a command: %ofox {chosen.model}")
        self._ask(chosen, text)

    def _ask(self, chosen: options.Options, text: str) -> None:
        if chosen.help:
            print(options.help_text())
            return
        with _stoppable():
            unseen = remarks.of_sight(chosen.see, self._kit.notebook.shown(chosen.see or 0))
            prompt = self._kit.notebook.prompt(
                text,
                attach=chosen.attach,
                see=self._defaults.see if chosen.see is None else chosen.see,
                raw=chosen.raw,
                choices=Choices(chosen.detail, chosen.level),
            )
        self._ask_prompt(chosen, replace(prompt, remarks=(*prompt.remarks, *unseen)))

    def _ask_prompt(self, chosen: options.Options, prompt: Prompt) -> Answer | None:
        """Ask *prompt* as was *chosen*, and return the answer; None where it is only shown what would go."""
        kit, key = self._kit, self._key(chosen)
        form = form_of(chosen.format, chosen.schema, self._shell.user_ns)
        given = form.added_to(self._given(chosen, key, prompt.parts), kit.session.system)
        with _stoppable():
            request = kit.session.draft(*prompt.parts, **given)
            replaced = remarks.of_output(chosen.output, self._shell.user_ns)
            said = (*prompt.remarks, *replaced, *self._remarks(prompt.parts, request, chosen))
            if chosen.dry_run:
                show_draft(kit, request, said, chosen.output)
                return None
            # a cell that begins with our magic holds nothing of anyone else's, so its outputs are ours to replace
            whole_cell = self._cell.is_ours
            return self._asking.ask(Question(prompt.parts, given, form, said, chosen.output, whole_cell))

    def _key(self, chosen: options.Options) -> str | None:
        """What the turn is known by when it is asked again."""
        key = self._cell.next_key()  # always, so that the questions below it in the cell keep theirs
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
            "max_history": 0 if chosen.fresh else self._defaults.max_history or None,
            "max_cost": chosen.max_cost,
            "tools": self._tools(chosen, parts),
            **chosen.params,
        }

    def _tools(self, chosen: options.Options, parts: Sequence[Part]) -> ShownTools | None:
        if not chosen.tools:
            return None
        choices = Choices(chosen.detail, chosen.level)
        return ShownTools(self._kit.offering.offered(chosen.tools, parts, choices))

    def _remarks(self, parts: Sequence[Part], request: Request, chosen: options.Options) -> Iterator[str]:
        session = self._kit.session
        return remarks.of_question(
            parts,
            self._kit.wiring.card(request.model),
            tokens=session.estimate(request).prompt_tokens,
            turns=0 if chosen.fresh else len(session.conversations[session.name]),
            max_history=self._defaults.max_history or None,
        )

    def _ask_line(self, rest: str) -> None:
        chosen, question = options.parse_question(rest, self._shell.user_ns)
        self._ask(chosen, question)


@contextmanager
def _stoppable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("the answer was stopped; what came by then is kept") from None
