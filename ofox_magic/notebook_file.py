"""
A conversation out of a saved notebook: what its %%ofox cells asked, and what their outputs say that was answered.

The outputs' metadata `ofox` never holds a prompt, so questions come from the cells' sources. What a name or a file in
them brought along is not in the notebook.
"""

import html
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from uuid import uuid4

from ofox_magic.chat.conversation import Conversation, Exchange
from ofox_magic.chat.messages import Message
from ofox_magic.chat.part_records import not_stored
from ofox_magic.chat.parts import Text
from ofox_magic.chat.records import question_record, version_of
from ofox_magic.errors import ConfigError
from ofox_magic.json_file import read_json

_MAGIC = "%%ofox"


class Line(Protocol):
    """What the line of a cell says, as far as it is of use here."""

    @property
    def model(self) -> str | None:
        """The model that was asked for."""
        ...

    @property
    def system(self) -> str | None:
        """The system message of that turn."""
        ...

    @property
    def name(self) -> str | None:
        """The user's name on the message."""
        ...

    @property
    def attach(self) -> tuple[str, ...]:
        """Names, files and addresses that went along."""
        ...


ReadLine: TypeAlias = Callable[[str], Line]
"""What stands behind `%%ofox`, taken apart; whatever it raises means that the line says nothing."""


@dataclass(frozen=True, slots=True)
class FromNotebook:
    """The *conversation*, and the *systems*: the system messages that held for single turns, by their id."""

    conversation: Conversation
    systems: Mapping[str, str]


def load_notebook(path: Path, read_line: ReadLine) -> FromNotebook:
    """
    Return the conversation that the notebook at *path* shows.

    A cell that was never answered is passed over. Attachments become parts that are shown as not stored, and not sent.
    Raises ConfigError, one line, for what is no notebook or holds no answers of ours.
    """
    exchanges: list[Exchange] = []
    systems: dict[str, str] = {}
    taken: set[str | None] = set()
    for cell in _cells(path):
        found = _exchange(cell, read_line, taken)
        if found is not None:
            exchange, system = found
            exchanges.append(exchange)
            taken |= {exchange.id, exchange.key}
            systems |= {exchange.id: system} if system else {}
    if not exchanges:
        raise ConfigError(f"{path} holds no answered %%ofox cell: expected a notebook saved with its outputs")
    return FromNotebook(Conversation(tuple(exchanges)), systems)


def _cells(path: Path) -> list[Any]:
    notebook = read_json(path, "is no notebook: it is no JSON, or was cut")
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ConfigError(f"{path} is no notebook of format 4: expected `cells` in it")
    return [cell for cell in cells if isinstance(cell, dict)]


def _exchange(cell: dict[str, Any], read_line: ReadLine, taken: set[str | None]) -> tuple[Exchange, str | None] | None:
    first, _, prompt = _joined(cell.get("source")).lstrip().partition("\n")
    magic, _, line = first.partition(" ")
    outputs = [output for output in _items(cell.get("outputs")) if _of_ours(output)]
    if magic.rstrip() != _MAGIC or not outputs:
        return None
    said = _read(read_line, line)
    attached = said.attach if said else ()
    question = Message(
        "user", (Text(prompt.rstrip("\n")), *(not_stored(name) for name in attached)), said.name if said else None
    )
    last = outputs[-1]["metadata"]["ofox"]
    if last.get("repairs"):  # what stands above is the answer in whose place it is
        outputs = [output for output in outputs if output["metadata"]["ofox"].get("repairs")]
    record = question_record((question,)) | _answer(outputs, last, said.model if said else None)
    try:
        version = version_of(record, lambda _: None)
    except (ValueError, TypeError):
        return None  # metadata that is not as we write it
    turn_id, key = (_untaken(last.get(name), taken) for name in ("turn", "key"))
    exchange = Exchange(turn_id or uuid4().hex[:12], key, (version,))
    return exchange, said.system if said else None


def _untaken(name: Any, taken: set[str | None]) -> str | None:
    """Return *name*, unless another has it: a cell that was copied has the turn of the other."""
    return name if isinstance(name, str) and name not in taken else None


def _answer(outputs: list[dict[str, Any]], last: dict[str, Any], model: str | None) -> dict[str, Any]:
    text = "".join(_said(output["data"]) for output in outputs)
    parts = [{"type": "text", "text": text}] if text else []
    answer = {"role": "assistant", "parts": parts} if parts else None
    kept = {name: last.get(name) for name in ("status", "finish_reason", "usage")}
    return kept | {"answer": answer, "model": last.get("model") or last.get("asked_model") or model}


def _said(data: Mapping[str, Any]) -> str:
    """Return the answer in an output; where nothing was answered, its text is the note that stands below answers."""
    text = _joined(data.get("text/plain"))
    is_note = f'<p class="ofox-note">{html.escape(text)}</p>' in _joined(data.get("text/html"))
    return "" if is_note else text


def _of_ours(output: Any) -> bool:
    metadata = output.get("metadata") if isinstance(output, dict) else None
    ours = metadata.get("ofox") if isinstance(metadata, dict) else None
    is_answer = isinstance(ours, dict) and not ours.get("live") and not {"tool", "view"} & ours.keys()
    return is_answer and isinstance(output.get("data"), dict)


def _read(read_line: ReadLine, line: str) -> Line | None:
    try:
        return read_line(line)
    except Exception:  # noqa: BLE001 - of another version, or with names that are not here: the answer counts
        return None


def _joined(text: Any) -> str:
    """Return what a notebook has as a text or as a list of its lines."""
    return text if isinstance(text, str) else "".join(line for line in _items(text) if isinstance(line, str))


def _items(value: Any) -> Iterator[Any]:
    return iter(value if isinstance(value, list) else ())
