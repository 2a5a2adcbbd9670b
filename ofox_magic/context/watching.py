"""Tells a listener what an IPython shell shows, while it shows it: displays, results, clearings, cells."""

import logging
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol, TypeAlias

from ofox_magic.context.printing import NextText
from ofox_magic.context.wrapping import wrap_method

Kind: TypeAlias = Literal["result", "display"]
_log = logging.getLogger(__name__)


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Source:
    """The object that a mimebundle speaks for: its type's name and a weak reference, where its type has them."""

    type_name: str = ""
    ref: Callable[[], Any] = _nothing


@dataclass(frozen=True, slots=True)
class Shown:
    """A mimebundle as it went to the front end; with *update* it takes the place of what has the same *display_id*."""

    kind: Kind
    data: Mapping[str, Any]
    metadata: Mapping[str, Any]
    source: Source
    display_id: str | None = None
    update: bool = False


class Listener(Protocol):
    """Who is told. What it raises goes to the log, never into the user's cell."""

    def show(self, shown: Shown) -> None:
        """Something is on the screen."""

    def printed(self) -> None:
        """A text is on the screen, the first one after a clearing that waits."""

    def clear(self, *, wait: bool) -> None:
        """The outputs of the cell are gone; with *wait*, as soon as the next one comes."""

    def begin_cell(self, info: Any, cell_id: str | None) -> None:
        """A cell begins: IPython's ExecutionInfo, and the front end's name for the cell, if it has one."""

    def end_cell(self, result: Any) -> None:
        """A cell ended: IPython's ExecutionResult, or None where the kernel has none."""


class _Formatting(threading.local):
    """What this thread is making mimebundles of, and the last one it made."""

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.made: tuple[Any, Source] | None = None


class Watch:
    """Wraps four methods of *shell*'s display objects and two of its events, and tells *listener*."""

    def __init__(self, shell: Any, listener: Listener) -> None:
        self._shell = shell
        self._listener = listener
        self._formatting = _Formatting()
        self._next_text = NextText(partial(_quietly, listener.printed))
        self._undo = [
            self._next_text.stop,
            wrap_method(shell.display_formatter, "format", self._format),
            wrap_method(shell.display_pub, "publish", self._publish),
            wrap_method(shell.display_pub, "clear_output", self._clear_output),
            wrap_method(shell.displayhook, "write_format_data", self._write_format_data),
        ]
        for event, callback in (("pre_run_cell", self._begin_cell), ("post_run_cell", self._end_cell)):
            shell.events.register(event, callback)
            self._undo.append(partial(shell.events.unregister, event, callback))

    def stop(self) -> None:
        """Give everything back."""
        while self._undo:
            with suppress(ValueError):  # the event's callback is gone already
                self._undo.pop()()

    def _format(self, original: Callable[..., Any], obj: Any, *args: Any, **named: Any) -> Any:
        formatting = self._formatting
        formatting.objects.append(obj)
        try:
            made = original(obj, *args, **named)
        finally:
            formatting.objects.pop()
        _quietly(self._note, made, obj)
        return made

    def _publish(self, original: Callable[..., Any], *args: Any, **named: Any) -> Any:
        returned = original(*args, **named)
        _quietly(self._published, *args, **named)
        return returned

    def _write_format_data(self, original: Callable[..., Any], *args: Any, **named: Any) -> Any:
        returned = original(*args, **named)
        _quietly(self._written, *args, **named)
        return returned

    def _clear_output(self, original: Callable[..., Any], *args: Any, **named: Any) -> Any:
        returned = original(*args, **named)
        _quietly(self._cleared, *args, **named)
        return returned

    def _begin_cell(self, info: Any) -> None:
        _quietly(self._begun, info)

    def _end_cell(self, result: Any) -> None:
        self._formatting.made = None  # formatted and not shown, as in capture_output
        _quietly(self._listener.end_cell, result)

    def _begun(self, info: Any) -> None:
        self._listener.begin_cell(info, getattr(info, "cell_id", None) or cell_id_of(self._shell))

    def _note(self, made: tuple[Any, Any], obj: Any) -> None:
        self._formatting.made = made[0], _source(obj)

    def _published(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        *_: Any,
        transient: Mapping[str, Any] | None = None,
        update: bool = False,
        **__: Any,
    ) -> None:
        if not update:
            self._next_text.stop()  # a clearing that waited has come with this
        display_id = (transient or {}).get("display_id")
        self._listener.show(Shown("display", data, metadata or {}, self._source_of(data), display_id, update))

    def _written(self, format_dict: Mapping[str, Any], md_dict: Mapping[str, Any] | None = None) -> None:
        self._next_text.stop()
        self._listener.show(Shown("result", format_dict, md_dict or {}, self._source_of(format_dict)))

    def _cleared(self, wait: bool = False, *_: Any, **__: Any) -> None:
        self._listener.clear(wait=wait)
        if wait:
            self._next_text.expect()

    def _source_of(self, data: Mapping[str, Any]) -> Source:
        """Whose bundle *data* is: of what was formatted to that very dict, or of what publishes while formatted."""
        formatting = self._formatting
        if formatting.made is not None and formatting.made[0] is data:
            source = formatting.made[1]
            formatting.made = None
            return source
        return _source(formatting.objects[-1]) if formatting.objects else Source()


def cell_id_of(shell: Any) -> str | None:
    """The cell's id, from the request that runs it: IPython before 8 does not hand it on."""
    parent = getattr(shell, "parent_header", None)
    metadata = parent.get("metadata") if isinstance(parent, Mapping) else None
    cell_id = metadata.get("cellId") if isinstance(metadata, Mapping) else None
    return cell_id if isinstance(cell_id, str) else None


def _source(obj: Any) -> Source:
    name = type(obj).__name__
    try:
        return Source(name, weakref.ref(obj))
    except TypeError:  # int, list, tuple, dict and their like
        return Source(name)


def _quietly(tell: Callable[..., None], *args: Any, **named: Any) -> None:
    try:
        tell(*args, **named)
    except Exception:  # noqa: BLE001 - whatever it is, it must not reach the user's cell
        _log.debug("a display was not remembered", exc_info=True)
