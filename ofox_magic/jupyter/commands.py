"""What `%ofox COMMAND` does, each a few lines: it shows or changes the session, and prints."""

from collections.abc import Callable, Mapping

from IPython.core.error import UsageError

import ofox_magic
from ofox_magic.context.sharing import LEVELS
from ofox_magic.jupyter import options, report
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.screen import terminal_width

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
%ofox level [NAME] [LEVEL]    how much of tables is told: schema, stats, sample, full; --mask A,B hides columns
%ofox usage                   tokens so far, by model
%ofox version, help           this

The answer of the last cell is in _ofox: _ofox.text, _ofox.usage, _ofox.model, _ofox.status …
In Python: from ofox_magic import session; session().ask("…").result().text
"""


class Commands:
    """The commands over *kit*; *ask* is what asks a question on one line."""

    def __init__(self, kit: Kit, ask: Callable[[str], None]) -> None:
        self._session = kit.session
        self._wiring = kit.wiring
        self._sharing = kit.sharing
        self._commands: Mapping[str, Callable[[str], None]] = {
            "ask": ask,
            "history": self._history,
            "undo": self._undo,
            "redo": self._redo,
            "clear": self._clear,
            "model": self._model,
            "system": self._system,
            "models": self._models,
            "alias": self._alias,
            "dealias": self._dealias,
            "level": self._level,
            "usage": self._usage,
            "version": self._version,
            "help": self._help,
        }

    def run(self, line: str) -> None:
        """Do what *line* says. Raises UsageError, one line, for what it cannot mean."""
        name, _, rest = line.strip().partition(" ")
        if not name:
            print(report.status(self._session, self._wiring.settings(), terminal_width()))
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
        turns = self._session.turns
        if not rest:
            print(report.history(turns, terminal_width()))
        elif rest.isdigit() and 0 < int(rest) <= len(turns):
            print(report.whole_turn(turns[int(rest) - 1]))
        else:
            raise UsageError(f"%ofox history: expected the number of a turn, 1 to {len(turns)}, got {rest!r}")

    def _undo(self, _: str) -> None:
        self._stepped(self._session.undo(), "took the last step back", "there is nothing to undo")

    def _redo(self, _: str) -> None:
        self._stepped(self._session.redo(), "brought it again", "there is nothing to redo")

    def _clear(self, _: str) -> None:
        cleared = self._session.clear()
        self._stepped(cleared, "cleared; %ofox undo brings it again", "there is nothing to clear")

    def _stepped(self, stepped: bool, done: str, nothing: str) -> None:
        number = len(self._session.turns)
        print(f"{done} · {number} turn{'' if number == 1 else 's'}" if stepped else nothing)

    def _model(self, rest: str) -> None:
        session = self._session
        if rest:
            session.model = None if rest == "-" else _one_word(rest, "model MODEL")
        print(session.resolve(session.model or self._wiring.settings().model))

    def _system(self, rest: str) -> None:
        session = self._session
        if rest:
            session.system = None if rest == "-" else rest
        print(session.system or "no system message")

    def _models(self, rest: str) -> None:
        print(report.models(self._wiring.client.models(), rest, terminal_width()))

    def _alias(self, rest: str) -> None:
        names = self._session.aliases
        words = rest.split()
        if len(words) == 2:  # noqa: PLR2004 - a name and a model
            names[words[0]] = words[1]
        elif words:
            raise UsageError("%ofox alias: expected a NAME and a MODEL, or nothing to list them")
        print(report.aliases(names))

    def _dealias(self, rest: str) -> None:
        names = self._session.aliases
        if rest not in names:
            raise UsageError(f"%ofox dealias: expected one of {', '.join(names) or 'no aliases yet'}, got {rest!r}")
        del names[rest]
        print(report.aliases(names))

    def _usage(self, _: str) -> None:
        print(report.usage(self._session.ledger.lines, terminal_width()))

    def _level(self, rest: str) -> None:
        words, mask = _without_mask(rest)
        if len(words) > 2:  # noqa: PLR2004 - a name and a level
            raise UsageError("%ofox level: expected [NAME] [LEVEL] [--mask A,B], for example %ofox level df stats")
        level = words.pop() if words and words[-1] in LEVELS else None
        name = words.pop() if words else ""
        if words or (name and not name.isidentifier()) or (mask is not None and not name):
            raise UsageError(f"%ofox level: expected a table's name and one of {', '.join(LEVELS)}, got {rest!r}")
        if level:
            self._sharing.set_level(name, level)
        if mask is not None:
            self._sharing.set_mask(name, mask)
        print(report.sharing(self._sharing))

    def _version(self, _: str) -> None:
        print(f"ofox_magic {ofox_magic.__version__}")

    def _help(self, rest: str) -> None:
        print(options.help_text() if rest in ("ask", "%%ofox") else HELP)


def _one_word(text: str, usage: str) -> str:
    if len(text.split()) != 1:
        raise UsageError(f"%ofox {usage}: expected one word, got {text!r}")
    return text


def _without_mask(text: str) -> tuple[list[str], list[str] | None]:
    before, found, mask = text.partition("--mask")
    columns = mask.removeprefix("=").strip().strip("'\"")
    return before.split(), [name.strip() for name in columns.split(",") if name.strip()] if found else None
