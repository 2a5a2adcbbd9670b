"""Conversations as a JSON file that a person can keep, send and read: pictures in it, in base64, each once."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ofox_magic.chat.conversation import Conversation
from ofox_magic.chat.records import VERSION, from_dict, masked, messages_in, pictures, to_dict
from ofox_magic.errors import ConfigError
from ofox_magic.json_file import read_json
from ofox_magic.whole_file import write_whole

_KIND = "ofox_magic conversations"


def save(
    conversations: Mapping[str, Conversation],
    current: str,
    path: Path,
    *,
    mask: Callable[[str], str] = lambda text: text,
) -> str:
    """
    Write what has ended of *conversations* (by name, one of them the *current*) to *path*, all of it or nothing.

    The file is readable by its owner alone; *mask* goes over all text. Returns `wrote` or `replaced`. Raises
    ConfigError where it cannot be written.
    """
    ended = {name: conversation.at_rest() for name, conversation in conversations.items()}
    images = {digest: b64encode(data).decode() for c in ended.values() for digest, data in pictures(messages_in(c))}
    talks = masked({mask(name): to_dict(conversation) for name, conversation in ended.items()}, mask)
    record = {"kind": _KIND, "v": VERSION, "current": mask(current), "conversations": talks, "images": images}
    return write_whole(path, json.dumps(record, indent=1).encode())


def load(path: Path) -> tuple[dict[str, Conversation], str]:
    """Return the conversations in the file at *path*, and the name of the current one. Raises ConfigError, one line."""
    record = _read(path)
    if record.get("kind") != _KIND:
        raise ConfigError(f"{path} was not written by %ofox save: expected its JSON, or a notebook (.ipynb)")
    talks, images = record.get("conversations"), record.get("images")
    if not isinstance(talks, dict) or not isinstance(images, dict) or not talks:
        raise ConfigError(f"{path} is damaged: it holds no conversations")
    try:
        conversations = {name: from_dict(talk, _finder(images)) for name, talk in talks.items()}
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    current = str(record.get("current"))
    return conversations, current if current in conversations else next(iter(conversations))


def _read(path: Path) -> dict[str, Any]:
    record = read_json(path, "is no JSON, or was cut: expected a file of %ofox save, or a notebook")
    return record if isinstance(record, dict) else {}


def _finder(images: Mapping[str, Any]) -> Callable[[str], bytes | None]:
    @cache
    def find(digest: str) -> bytes | None:
        with suppress(NotBase64, TypeError, ValueError):
            data = b64decode(images.get(digest, ""), validate=True)
            return data if sha256(data).hexdigest() == digest else None
        return None

    return find
