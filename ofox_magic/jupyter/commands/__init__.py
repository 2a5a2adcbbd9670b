"""What `%ofox COMMAND` does: each shows or changes the session, and prints."""

from collections.abc import Callable, Mapping

from IPython.core.error import UsageError

import ofox_magic
from ofox_magic.jupyter import options, report
from ofox_magic.jupyter.commands.conversations import ConversationCommands
from ofox_magic.jupyter.commands.keeping import KeepingCommands
from ofox_magic.jupyter.commands.mend import MendCommands
from ofox_magic.jupyter.commands.models import ModelCommands
from ofox_magic.jupyter.commands.sharing import SharingCommands
from ofox_magic.jupyter.commands.showing import ShowingCommands
from ofox_magic.jupyter.commands.tools import ToolCommands
from ofox_magic.jupyter.commands.words import alone, did_you_mean
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.screen import terminal_width

HELP = """\
%%ofox [MODEL] [options]      ask what stands below the line; %ofox ask --help shows the options
%ofox                         where things stand
%ofox ask [options] QUESTION  ask on one line; put the question in quotes where it ends in ?
%ofox fix, explain [N]        what went wrong in the last cell that failed, or cell N; fix shows a new one, unrun
%ofox history [N]             what was said, or the whole of turn N
%ofox sent [N]                what was sent for turn N (the last), to the byte; sent --help says more
%ofox undo, redo, clear       take the last step back, bring it again, take all turns away
%ofox versions [N [K]]        the versions of turn N (the last), or let version K count
%ofox fit [N]                 leave out the oldest N turns, or as many as the model's context needs
%ofox new, fork [NAME]        go on in an empty conversation, in a copy of this one; without NAME in chat2, chat3 …
%ofox switch [NAME]           go on in another conversation, or list them
%ofox model [MODEL]           show or set the model for the next turns; - goes back to the default
%ofox system [TEXT]           show or set the system message; - removes it
%ofox models [WORDS]          the models that the gateway has
%ofox alias [NAME MODEL]      show or set short names for models
%ofox dealias NAME            remove one
%ofox tools [NAME]            what @session().tool registered, or all that a model is told of NAME
%ofox level [NAME] [LEVEL]    how much of tables is told: schema, stats, sample, full; - forgets; --mask A,B hides
%ofox usage                   tokens and cost so far, by model
%ofox budget [USD]            show or set what may be spent; - lifts it
%ofox panel                   the conversation as a panel, live in both ways
%ofox save [FILE.json]        the conversations as a file; without FILE one named after the notebook
%ofox load FILE               read that file, or a saved notebook
%ofox transcript [--to FILE]  the conversation to be read, in this cell or as FILE.md or FILE.html
%ofox sessions, resume [N]    earlier sessions in the journal; go on where one of them was
%ofox version, help           the version; this page

The answer of the last cell is in _ofox: _ofox.text, .code, .json, .tables, .usage, .cost, .model, .status …
In Python: from ofox_magic import session; session().ask("…").result().text
"""
_WORDS = 30  # columns of a line of it that the command stands in
_WITH_OPTIONS = ("ask", "fix", "explain", "sent", "transcript")
"""Commands that teach their own options."""


class Commands:
    """The commands over *kit*; *ask* is what asks a question on one line, *mend* what asks about a failed cell."""

    def __init__(self, kit: Kit, ask: Callable[[str], None], mend: MendCommands) -> None:
        self._kit = kit
        self._commands: Mapping[str, Callable[[str], None]] = {
            "ask": ask,
            **mend.by_name,
            **ConversationCommands(kit).by_name,
            **ModelCommands(kit).by_name,
            **ToolCommands(kit).by_name,
            **SharingCommands(kit).by_name,
            **ShowingCommands(kit).by_name,
            **KeepingCommands(kit).by_name,
            "panel": self._show_panel,
            "version": self._version,
            "help": self._help,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """What can stand behind `%ofox`."""
        return tuple(self._commands)

    def run(self, line: str) -> None:
        """Do what *line* says. Raises UsageError, one line, for what it cannot mean."""
        name, _, rest = line.strip().partition(" ")
        if not name:
            print(report.status(self._kit.session, self._kit.wiring.settings(), terminal_width()))
        elif name in ("-h", "--help"):
            print(HELP)
        elif name not in self._commands:
            meant = did_you_mean(name, self._commands) or f"expected one of {', '.join(self._commands)}."
            raise UsageError(f"%ofox: there is no command {name!r}; {meant} To ask a question: %ofox ask …")
        elif rest.strip() in ("-h", "--help") and name not in _WITH_OPTIONS:
            print("\n".join(line for line in HELP.splitlines() if name in line[:_WORDS].replace(",", "").split()))
        else:
            self._commands[name](rest.strip())

    def _version(self, rest: str) -> None:
        alone(rest, "version")
        print(f"ofox_magic {ofox_magic.__version__}")

    def _show_panel(self, rest: str) -> None:
        alone(rest, "panel")
        from IPython.display import display

        if self._kit.is_terminal:
            raise UsageError(
                "%ofox panel: expected a notebook to show it in, and this is a terminal; here %ofox ask and %%ofox "
                "ask, %ofox history shows what was said"
            )
        display(self._kit.panel())

    def _help(self, rest: str) -> None:
        print(options.help_text() if rest in ("ask", "%%ofox") else HELP)
