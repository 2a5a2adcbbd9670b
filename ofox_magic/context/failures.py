"""
How cells failed: their source, the errors with the user's own frames, and which tables the failing code used.

Learned when a cell ends, from its result; no handler of exceptions is installed. Of variables only tables are kept
in mind, by weak reference: no value of any other is read.
"""

import re
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

from ofox_magic.context.own_frames import Place, is_users
from ofox_magic.context.recognise import is_table
from ofox_magic.errors import OfoxError

_MOST_FAILURES = 20
_MOST_CAUSES = 5
_MOST_FRAMES = 10  # of the user's own; a recursion has a thousand
_MOST_SAID = 2_000  # characters of an error's message
_MOST_TABLES = 4
_LONGEST_LINE = 300
_OURS = re.compile(r"\s*%%?ofox\b")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Raised:
    """An error: its *kind* (the type's name), its *message*, and *where* it came through, in lines of text."""

    kind: str
    message: str
    where: str


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """
    How a cell failed.

    *source* is the cell as it was typed, *raised* the error behind what caused it, and *execution_count* the cell's
    number, None where it has none. *names* are those that the failing code mentions.
    """

    source: str = field(repr=False)
    raised: tuple[Raised, ...] = field(repr=False)
    execution_count: int | None = None
    names: tuple[str, ...] = field(default=(), repr=False)
    _in_functions: tuple[tuple[str, Callable[[], Any]], ...] = field(default=(), repr=False)

    def tables(self, namespace: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        """Return the tables that the failing code used and that still exist, the nearest first, with their names."""
        found: dict[str, Any] = {}
        for name, value in (*self._alive(), *((name, namespace.get(name)) for name in self.names)):
            if name not in found and is_table(value) and not any(value is known for known in found.values()):
                found[name] = value
        return tuple(found.items())[:_MOST_TABLES]

    def _alive(self) -> Iterator[tuple[str, Any]]:
        return ((name, reference()) for name, reference in self._in_functions)


class Failures:
    """The last failures of *shell*'s cells."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._kept: list[Failure] = []

    @property
    def last(self) -> Failure | None:
        """The last failure, None where no cell failed yet."""
        return self._kept[-1] if self._kept else None

    def of_cell(self, execution_count: int) -> Failure | None:
        """Return how the cell with that number failed; None where it did not, or that is too long ago."""
        return next((failure for failure in self._kept if failure.execution_count == execution_count), None)

    def note(self, error: BaseException, source: str, execution_count: int | None) -> None:
        """Remember *error* of the cell *source*; one of our own, or a Stop, is nothing that its code did."""
        if isinstance(error, OfoxError) or not isinstance(error, Exception) or _OURS.match(source):
            return
        place = Place(self._shell)
        self._kept.append(failure_of(error, source, self._shell.user_ns, place, execution_count))
        del self._kept[:-_MOST_FAILURES]


def failure_of(
    error: BaseException, source: str, namespace: Mapping[str, Any], place: Place, execution_count: int | None = None
) -> Failure:
    """Return what there is to say of *error*, by which the cell *source* failed; *namespace* is that of its globals."""
    raised: list[Raised] = []
    frames: list[FrameType] = []
    for each in _chain(error):
        own = [frame for frame, _ in _own(each.__traceback__, namespace)][-_MOST_FRAMES:]
        said = Raised(_kind(each), _message(each), _where(each, namespace, place))
        if each is error or own or said.message not in {other.message for other in raised}:
            raised.append(said)
        frames += own
    last = raised[-1]
    raised = [other for other in raised if other is last or other.where or other.message != last.message]
    frames.reverse()
    return Failure(source, tuple(raised), execution_count, _names(frames, source), tuple(_tables_in(frames)))


# -- errors -----------------------------------------------------------------------------------------------------------


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, the first cause first."""
    chain: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and not any(each is known for known in chain) and len(chain) < _MOST_CAUSES:
        chain.append(each)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return chain[::-1]


def _kind(error: BaseException) -> str:
    kind = type(error)
    module = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        said = [str(error.msg if isinstance(error, SyntaxError) else error), *getattr(error, "__notes__", ())]
    except Exception:  # noqa: BLE001 - an error whose message cannot be made is an error all the same
        said = ["(its message cannot be shown)"]
    if isinstance(error, BaseExceptionGroup):
        said += [f"- {_kind(each)}: {_message(each)}" for each in error.exceptions[:_MOST_CAUSES]]
    return "\n".join(map(str, said))[:_MOST_SAID]


# -- frames -----------------------------------------------------------------------------------------------------------


def _own(trace: TracebackType | None, namespace: Mapping[str, Any]) -> Iterator[tuple[FrameType, int]]:
    return ((frame, line) for frame, line in traceback.walk_tb(trace) if is_users(frame, namespace))


def _where(error: BaseException, namespace: Mapping[str, Any], place: Place) -> str:
    """The user's frames, and how many of whom lay between them; of a syntax error the line that is meant."""
    lines = list(_steps(error.__traceback__, namespace, place))
    left_out = len(lines) - 2 * _MOST_FRAMES
    if left_out > 0:
        lines[_MOST_FRAMES:-_MOST_FRAMES] = [f"({left_out} more steps)"]
    if isinstance(error, SyntaxError) and error.filename:
        meant = "".join(traceback.format_exception_only(error)[1:-1]).rstrip("\n")
        lines.append(f"{place.of(error.filename)}, line {error.lineno}\n{meant}")
    return "\n".join(lines)


def _steps(trace: TracebackType | None, namespace: Mapping[str, Any], place: Place) -> Iterator[str]:
    """Who ran the cell is left out."""
    between: list[str] = []
    begun = False
    for summary, (frame, _) in zip(traceback.extract_tb(trace), traceback.walk_tb(trace), strict=True):
        if not is_users(frame, namespace):
            between.append(str(frame.f_globals.get("__name__", "?")).partition(".")[0])
            continue
        if begun and between:
            yield _foreign(between)
        between, begun = [], True
        function = "" if summary.name == "<module>" else f", in {summary.name}"
        line = f"\n    {summary.line[:_LONGEST_LINE]}" if summary.line else ""
        yield f"{place.of(summary.filename)}, line {summary.lineno}{function}{line}"
    if begun and between:
        yield _foreign(between)


def _foreign(modules: Sequence[str]) -> str:
    return f"({len(modules)} step{'s' if len(modules) > 1 else ''} within {', '.join(dict.fromkeys(modules))})"


# -- what the failing code used ---------------------------------------------------------------------------------------


def _names(frames: Iterable[FrameType], source: str) -> tuple[str, ...]:
    mentioned = [name for frame in frames for name in frame.f_code.co_names]
    return tuple(dict.fromkeys((*mentioned, *_NAME.findall(source))))


def _tables_in(frames: Iterable[FrameType]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The tables among the variables of functions, the innermost first."""
    for frame in frames:
        variables = frame.f_locals
        if variables is frame.f_globals:
            continue
        for name, value in variables.items():
            if is_table(value):
                try:
                    yield name, weakref.ref(value)
                except TypeError:  # a list of records
                    continue
