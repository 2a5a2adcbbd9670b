"""Lines and columns of what is printed: cut to a width, numbers to the right. Pure."""

from textwrap import fill, shorten

from ofox_magic.untrusted import printable

WIDTH = 88
"""Columns of a line that is cut to fit, where nothing says how many there are."""


def table(rows: list[tuple[str, ...]], width: int | None) -> str:
    """Columns as wide as their widest cell, numbers to the right; a list where *width* is too narrow for it."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width and sum(widths) + 2 * len(widths) - 2 > width:
        return "\n".join(_listed(rows[0], row, width) for row in rows[1:])
    return "\n".join(
        "  ".join(_cell(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _listed(names: tuple[str, ...], row: tuple[str, ...], width: int) -> str:
    cells = " · ".join(f"{name} {cell}" for name, cell in zip(names[1:], row[1:], strict=True) if cell)
    return f"{row[0]}\n{fill(cells, width, initial_indent='  ', subsequent_indent='  ')}"


def _cell(cell: str, width: int) -> str:
    return cell.rjust(width) if cell[:1].isdigit() else cell.ljust(width)


def short(text: str, width: int) -> str:
    """Return *text* as one printable line of *width* characters."""
    return shorten(printable(text[: 20 * WIDTH]), max(width, 20), placeholder=" …")


def count(number: int, noun: str) -> str:
    """Return `1 turn`, `2 turns`."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def age(seconds: float) -> str:
    """Return how long ago something was, in its largest unit."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return f"{count(int(seconds // length), unit)} ago"
    return "just now"


def cut(line: str, width: int) -> str:
    """Return *line* as it is spaced, at most *width* characters of it."""
    line = printable(line)
    return line if len(line) <= width else f"{line[: width - 2]} …"
