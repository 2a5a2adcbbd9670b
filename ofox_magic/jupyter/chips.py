"""What went along with a question, a few words each: name, kind, size, tokens. Pure."""

from collections.abc import Iterable, Iterator

from ofox_magic.chat.estimate import tokens
from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, Inserted, Opaque, Part, Table, Text
from ofox_magic.untrusted import one_line

_KILO = 1000


def chips(question: Iterable[Message], *, sizes: bool = True) -> tuple[str, ...]:
    """
    Return a chip for each reference, table and picture of *question*, in order.

    Without *sizes*, what differs from machine to machine is left out: the bytes of a picture and what follows of them.
    """
    return tuple(
        " · ".join(item for item in words if item)
        for message in question
        for part in message.parts
        for words in _words(part, sizes)
    )


def _words(part: Part, sizes: bool) -> Iterator[tuple[str, ...]]:
    match part:
        case Table():
            level = part.level if part.level != "sample" else ""
            cost = _cost(len(part.text.encode()), tokens(part)) if sizes else ()
            yield _name(part.name), "table", part.shape, level, *cost
        case Image():
            shape = f"{part.width:,} × {part.height:,} px" if part.width and part.height else "by its address"
            kind = part.media_type.removeprefix("image/").upper() if part.data else "picture"
            yield _name(part.name), kind, shape, *(_cost(len(part.data), tokens(part)) if sizes else ())
        case Text(inserted=inserted):
            for each in inserted:
                yield _of_inserted(each, sizes)
        case Opaque(label=label):
            yield (one_line(label, 80),)
        case _:
            return


def _of_inserted(inserted: Inserted, sizes: bool) -> tuple[str, ...]:
    return _name(inserted.name), inserted.kind, *((size(inserted.size),) if sizes else ())


def _name(name: str) -> str:
    return one_line(name, 40)


def _cost(size_in_bytes: int, estimate: int) -> tuple[str, str]:
    return size(size_in_bytes) if size_in_bytes else "", f"≈{estimate:,} tokens"


def size(count: int) -> str:
    """Return *count* bytes in words: 12 B, 3.4 kB, 1.2 MB."""
    if count < _KILO:
        return f"{count} B"
    return f"{count / _KILO:.1f} kB" if count < _KILO**2 else f"{count / _KILO**2:.1f} MB"
