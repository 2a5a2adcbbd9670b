"""
The only reader of attached paths. What a file is, its first bytes say, not its name.

Nothing is ever fetched: an address is recognised, and sent as an address.
"""

import codecs
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ofox_magic.context.containers import format_of
from ofox_magic.errors import ConfigError
from ofox_magic.untrusted import one_line

MIB = 1024 * 1024
_SUPPORTED = "a picture (PNG, JPEG, WebP, GIF, BMP, TIFF) or text"
_BYTE_ORDER_MARKS = (  # the longer first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FRAME = "read it into a frame and attach that by its name"
_OTHERS = (
    (b"%PDF-", "a PDF", "attach its text, or a picture of the page"),
    (b"PAR1", "a Parquet file", _FRAME),
    (b"ARROW1", "an Arrow file", _FRAME),
    (b"SQLite format 3\x00", "an SQLite database", _FRAME),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _FRAME),
    (b"PK\x03\x04", "a zip archive (xlsx and docx are such)", f"unpack it, or {_FRAME}"),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"\x80", "a pickle or another binary file", "attach the object by its name"),
)
_NO_PICTURES = frozenset(
    (
        *(".csv", ".tsv", ".json", ".jsonl", ".parquet", ".feather", ".xlsx", ".xls", ".ods", ".txt", ".md", ".html"),
        *(".htm", ".xml", ".yaml", ".yml", ".toml", ".pdf", ".docx", ".pptx", ".ipynb", ".py", ".sql", ".zip", ".gz"),
    )
)
_NO_FILES = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class FileContent:
    """
    What the file *name* holds.

    A picture's *data* are as they were. All else is text, SVG too: UTF-8 without a byte order mark, whatever the file
    was.
    """

    name: str
    is_picture: bool
    data: bytes = field(repr=False)


def is_address(word: str) -> bool:
    """Whether *word* is an http, https or data URL, and so no path."""
    start = word[:8].lower()
    return start.startswith(("http://", "https://")) or (start.startswith("data:") and "," in word)


def names_no_picture(url: str) -> bool:
    """Whether the path of *url* ends as data, documents and programs do, of which a model sees nothing by address."""
    path, *_ = re.split("[?#]", url, maxsplit=1)
    return not url.startswith("data:") and PurePosixPath(path).suffix.lower() in _NO_PICTURES


def read_file(path: str | Path, *, most_bytes: int = 20 * MIB) -> FileContent:
    """
    Return what the file at *path* (`~` is the home directory) holds.

    Raises ConfigError for what is no regular file, or is empty, larger than *most_bytes*, unreadable, or neither a
    picture nor text. Never waits: not for a pipe that nobody writes to either.
    """
    shown = one_line(str(path), 200)
    try:
        whole = Path(path).expanduser()
        data = _read(whole, shown, most_bytes)
    except OSError as error:
        raise ConfigError(f"cannot read {shown}: {error.strerror or type(error).__name__}") from None
    except (RuntimeError, ValueError):  # no such user after ~; a NUL or half a character in the path
        raise ConfigError(f"cannot read {shown!r}: that is no path") from None
    return _content(whole.name, data, shown)


def uploaded(name: str, data: bytes) -> FileContent:
    """Return what a file called *name* holds whose *data* came from elsewhere. Raises ConfigError, as `read_file`."""
    shown = one_line(name, 200)
    if not data:
        raise ConfigError(f"cannot attach {shown}: the file is empty")
    return _content(name, data, shown)


def _content(name: str, data: bytes, shown: str) -> FileContent:
    if _is_picture(data):
        return FileContent(name, is_picture=True, data=data)
    return FileContent(name, is_picture=False, data=_text(data, shown).encode())


def _read(path: Path, shown: str, most: int) -> bytes:
    _check(path.stat(), shown, most)  # before opening: to open a device may already do something
    flags = os.O_RDONLY
    for flag in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):  # each where the system has it
        flags |= getattr(os, flag, 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor, with flags of our own
        _check(os.fstat(file.fileno()), shown, most)  # what was opened: the path may have changed since
        data = file.read(most + 1)
    if len(data) > most:
        raise ConfigError(_too_large(shown, len(data), most))
    return data


def _check(status: os.stat_result, shown: str, most: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for is_kind, name in _NO_FILES if is_kind(status.st_mode)), "something else")
        raise ConfigError(f"cannot attach {shown}: expected a regular file, this is {kind}")
    if status.st_size == 0:  # so are the files of /proc, which are not what they seem
        raise ConfigError(f"cannot attach {shown}: the file is empty")
    if status.st_size > most:
        raise ConfigError(_too_large(shown, status.st_size, most))


def _too_large(shown: str, size: int, most: int) -> str:
    return f"cannot attach {shown}: expected at most {_size(most)}, it has {_size(size)}. Attach a part of it"


def _size(count: int) -> str:
    return f"{count / MIB:,.1f} MiB" if count >= MIB else f"{count:,} bytes"


def _is_picture(data: bytes) -> bool:
    form = format_of(data)
    if form == "BMP":
        return data[6:10] == bytes(4)  # reserved, always zero: a text may begin with BM
    return bool(form)


def _text(data: bytes, shown: str) -> str:
    for magic, name, advice in _OTHERS:
        if data.startswith(magic):
            raise ConfigError(f"cannot attach {shown}: expected {_SUPPORTED}, this is {name}. Instead, {advice}")
    mark, encoding = next((known for known in _BYTE_ORDER_MARKS if data.startswith(known[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        is_binary = b"\0" in data and not mark
        what = "binary data" if is_binary else "text in another encoding than UTF-8, or binary data. Save it as UTF-8"
        raise ConfigError(f"cannot attach {shown}: expected {_SUPPORTED}, this is {what}")
    return text
