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
            name, *shape = about_table(part)
            yield name, "table", *shape, *(_cost(len(part.text.encode()), tokens(part)) if sizes else ())
        case Image():
            yield *about_image(part), *(_cost(len(part.data), tokens(part)) if sizes else ())
        case Text(inserted=inserted):
            for each in inserted:
                yield _of_inserted(each, sizes)
        case Opaque(label=label):
            yield (one_line(label, 80),)
        case _:
            return


def about_table(table: Table) -> tuple[str, str, str]:
    """Return the name of *table*, its shape, and its level where that is not the usual one."""
    return _name(table.name), table.shape, table.level if table.level != "sample" else ""


def about_image(image: Image) -> tuple[str, str, str]:
    """Return the name of *image*, its format, and its size in pixels."""
    shape = f"{image.width:,} × {image.height:,} px" if image.width and image.height else "by its address"
    return _name(image.name), image.media_type.removeprefix("image/").upper() if image.data else "picture", shape


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
