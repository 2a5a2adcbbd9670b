"""`%%ofox` and `%ofox`: take a line apart, ask, let a painter follow. Nothing else."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Unicode

import ofox_magic
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import Interrupted
from ofox_magic.jupyter import options, report
from ofox_magic.jupyter.painter import Painter, follow
from ofox_magic.jupyter.screen import terminal_width
from ofox_magic.settings import Settings
from ofox_magic.wiring import Wiring


class MakePainter(Protocol):
    """Makes who shows a turn in the running cell."""

    def __call__(self, turn: Turn, settings: Settings, *, whole_cell: bool) -> Painter:
        """Return a painter for *turn*; *whole_cell*: nothing but the turn is in the cell."""
        ...


HELP = """\
%%ofox [MODEL] [options]      ask what stands below the line; --help shows the options
%ofox                         where things stand
%ofox ask [options] QUESTION  ask on one line; put the question in quotes where it ends in ?
%ofox history [N]             what was said, or the whole of turn N
%ofox undo, redo, clear       take the last step back, bring it again, take all turns away
%ofox model [MODEL]           show or set the model for the next turns; - goes back to the default
%ofox system [TEXT]           show or set the system message; - removes it
%ofox models [WORDS]          the models that the gateway has
%ofox alias [NAME MODEL]      show or set short names; dealias NAME removes one
%ofox usage                   tokens so far, by model
%ofox version, help           this

The answer of the last cell is in _ofox: _ofox.text, _ofox.usage, _ofox.model, _ofox.status …
In Python: from ofox_magic import session; session().ask("…").result().text
"""


@magics_class
class OfoxMagics(Magics):
    """The two magics. State is on *wiring*'s session; what `%config OfoxMagics` sets is read at each turn."""

    model = Unicode("", help="default model; empty: OFOX_MODEL, else the built-in one").tag(config=True)
    base_url = Unicode("", help="where the gateway is; empty: OFOX_BASE_URL, else the documented one").tag(config=True)

    def __init__(self, shell: Any, wiring: Wiring, painter: "MakePainter") -> None:
        super().__init__(shell)
        self._wiring = wiring
        self._cell = ""
        self._painter = painter
        self._commands: Mapping[str, Callable[[str], None]] = {
            "ask": self._ask_line,
            "history": self._history,
            "undo": self._undo,
            "redo": self._redo,
            "clear": self._clear,
            "model": self._model,
            "system": self._system,
            "models": self._models,
            "alias": self._alias,
            "dealias": self._dealias,
            "usage": self._usage,
            "version": self._version,
            "help": self._help,
        }

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
        self._wiring.given.update(model=self.model or None, base_url=self.base_url or None)
        if cell is None:
            self._command(line)
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
        settings = self._wiring.settings()
        try:
            turn = self._wiring.session.ask(
                prompt.removesuffix("\n"),
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

    def _keep(self, reply: Reply, name: str | None) -> None:
        self.shell.push({"_ofox": reply}, interactive=False)
        if name:
            self.shell.push({name: reply})

    def _ask_line(self, rest: str) -> None:
        chosen, question = options.parse_question(rest, self.shell.user_ns)
        self._ask(chosen, question)

    # -- commands -----------------------------------------------------------------------------------------------------

    def _command(self, line: str) -> None:
        name, _, rest = line.strip().partition(" ")
        if not name:
            print(report.status(self._wiring.session, self._wiring.settings(), terminal_width()))
        elif name in ("-h", "--help"):
            print(HELP)
        elif command := self._commands.get(name):
            command(rest.strip())
        else:
            raise UsageError(
                f"%ofox: there is no command {name!r}; expected one of {', '.join(self._commands)}. "
                f"To ask a question: %ofox ask …"
            )

    def _history(self, rest: str) -> None:
        turns = self._wiring.session.turns
        if not rest:
            print(report.history(turns, terminal_width()))
        elif rest.isdigit() and 0 < int(rest) <= len(turns):
            print(report.whole_turn(turns[int(rest) - 1]))
        else:
            raise UsageError(f"%ofox history: expected the number of a turn, 1 to {len(turns)}, got {rest!r}")

    def _undo(self, _: str) -> None:
        self._stepped(self._wiring.session.undo(), "took the last step back", "there is nothing to undo")

    def _redo(self, _: str) -> None:
        self._stepped(self._wiring.session.redo(), "brought it again", "there is nothing to redo")

    def _clear(self, _: str) -> None:
        cleared = self._wiring.session.clear()
        self._stepped(cleared, "cleared; %ofox undo brings it again", "there is nothing to clear")

    def _stepped(self, stepped: bool, done: str, nothing: str) -> None:
        number = len(self._wiring.session.turns)
        print(f"{done} · {number} turn{'' if number == 1 else 's'}" if stepped else nothing)

    def _model(self, rest: str) -> None:
        session = self._wiring.session
        if rest:
            session.model = None if rest == "-" else _one_word(rest, "model MODEL")
        print(session.resolve(session.model or self._wiring.settings().model))

    def _system(self, rest: str) -> None:
        session = self._wiring.session
        if rest:
            session.system = None if rest == "-" else rest
        print(session.system or "no system message")

    def _models(self, rest: str) -> None:
        print(report.models(self._wiring.client.models(), rest, terminal_width()))

    def _alias(self, rest: str) -> None:
        names = self._wiring.session.aliases
        words = rest.split()
        if len(words) == 2:  # noqa: PLR2004 - a name and a model
            names[words[0]] = words[1]
        elif words:
            raise UsageError("%ofox alias: expected a NAME and a MODEL, or nothing to list them")
        print(report.aliases(names))

    def _dealias(self, rest: str) -> None:
        names = self._wiring.session.aliases
        if rest not in names:
            raise UsageError(f"%ofox dealias: expected one of {', '.join(names) or 'no aliases yet'}, got {rest!r}")
        del names[rest]
        print(report.aliases(names))

    def _usage(self, _: str) -> None:
        print(report.usage(self._wiring.session.ledger.lines, terminal_width()))

    def _version(self, _: str) -> None:
        print(f"ofox_magic {ofox_magic.__version__}")

    def _help(self, rest: str) -> None:
        print(options.help_text() if rest in ("ask", "%%ofox") else HELP)


def _one_word(text: str, usage: str) -> str:
    if len(text.split()) != 1:
        raise UsageError(f"%ofox {usage}: expected one word, got {text!r}")
    return text
