"""Conversations that outlive the kernel: files, notebooks, and the journal."""

import argparse
import time
from collections.abc import Callable, Mapping
from itertools import chain
from itertools import count as numbers_from
from pathlib import Path

from IPython.core.error import UsageError

from ofox_magic.chat.conversation import Conversation
from ofox_magic.jupyter import options, report
from ofox_magic.jupyter.columns import count
from ofox_magic.jupyter.commands.words import alone, number, parsed
from ofox_magic.jupyter.grammar import command_parser
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.screen import terminal_width
from ofox_magic.jupyter.transcript import Transcript

_LISTED = 20


class KeepingCommands:
    """Commands that write conversations, and bring them back."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._session = kit.session
        self.by_name: Mapping[str, Callable[[str], None]] = {
            "save": self._save,
            "load": self._load,
            "sessions": self._sessions,
            "resume": self._resume,
            "transcript": self._transcript,
        }

    def _save(self, rest: str) -> None:
        from ofox_magic import conversation_file

        path = _path(rest, "save FILE.json") if rest else self._unused_path()
        if path.suffix != ".json":
            raise UsageError(f"%ofox save: expected a file that ends in .json, got {rest!r}")
        conversations = self._session.conversations
        done = conversation_file.save(conversations, self._session.name, path, mask=self._kit.wiring.mask)
        print(f"{done} {path}: {_turns(conversations)}")

    def _unused_path(self) -> Path:
        """A file beside the notebook, named after it or the conversation, that is not there yet."""
        stem = Path(self._kit.keeping.name).stem or Path(self._session.name).name
        endings = chain([""], (f"-{number}" for number in numbers_from(2)))
        return next(path for ending in endings if not (path := Path(f"{stem}{ending}.ofox.json")).exists())

    def _load(self, rest: str) -> None:
        from ofox_magic import conversation_file, notebook_file

        path = _path(rest, "load FILE.json or FILE.ipynb")
        if path.suffix == ".ipynb":
            found = notebook_file.load_notebook(path, lambda line: options.parse(line, {}))
            conversations, current = {self._session.name: found.conversation}, self._session.name
        else:
            conversations, current = conversation_file.load(path)
        self._session.restore(conversations, current)
        print(f"read {path}: {_turns(conversations)}; %ofox undo takes it back")

    def _sessions(self, rest: str) -> None:
        alone(rest, "sessions")
        print(report.sessions(self._kit.keeping.sessions()[:_LISTED], time.time(), terminal_width()))

    def _resume(self, rest: str) -> None:
        keeping = self._kit.keeping
        sessions = keeping.sessions()
        if rest:
            chosen = sessions[number(rest, len(sessions), "resume", "session in the journal") - 1]
        else:
            same = [info for info in sessions if info.name == keeping.name]
            if not same:
                raise UsageError("%ofox resume: there is no earlier session of this notebook; %ofox sessions lists all")
            chosen = same[0]
        had_turns = any(len(conversation) for conversation in self._session.conversations.values())
        keeping.resume(chosen.id)
        back = "; %ofox undo brings back what was here" if had_turns else ""
        where = chosen.name or "that session"
        print(f"went on where {where} was: {_turns(self._session.conversations)}{back}")

    def _transcript(self, rest: str) -> None:
        from ofox_magic.context.picture_address import thumbnail, whole_picture
        from ofox_magic.jupyter.transcript_page import page
        from ofox_magic.whole_file import write_whole

        given = parsed(_transcript_parser(), rest)
        if given is None:
            return
        session, mask = self._session, self._kit.wiring.mask
        conversation = session.conversations[session.name].at_rest()
        if given.to is None:
            self._kit.show(Transcript(session.name, conversation, mask, thumbnail).bundle())
            return
        path = Path(given.to).expanduser()
        transcript = Transcript(session.name, conversation, mask, whole_picture)
        if path.suffix.lower() not in (".md", ".html"):
            raise UsageError(f"%ofox transcript --to: expected FILE.md or FILE.html, got {given.to!r}")
        text = transcript.markdown() if path.suffix.lower() == ".md" else page(transcript)
        print(f"{write_whole(path, text.encode(errors='replace'))} {path}: {transcript.title}")


def _transcript_parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "%ofox transcript", "The conversation as it stands, as an output of this cell that needs no kernel to be read."
    )
    parser.add_argument("--to", metavar="FILE", help="write it into FILE.md, or into FILE.html with its pictures")
    return parser


def _path(text: str, usage: str) -> Path:
    words = text.strip("'\"")
    if not words:
        raise UsageError(f"%ofox {usage.partition(' ')[0]}: expected {usage.partition(' ')[2]}")
    return Path(words).expanduser()


def _turns(conversations: Mapping[str, Conversation]) -> str:
    return ", ".join(f"{name} ({count(len(talk), 'turn')})" for name, talk in conversations.items())
