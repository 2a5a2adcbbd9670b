"""
Completion in IPython: options, models, commands, and in a question the names that would count.

Knows what the kernel knows already: no gateway, no keyring and no display is asked. IPython has matchers from 8.6 on;
before that its completer is one method, which alone sees the whole cell and can keep jedi out.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ofox_magic.context.wrapping import wrap_method
from ofox_magic.jupyter.kit import Kit

if TYPE_CHECKING:
    from ofox_magic.jupyter.candidate_sources import Completion
    from ofox_magic.jupyter.kernel_names import KernelNames

_OURS_FIRST = 10_000


class _Completer:
    """What can be completed in *shell*; all that it takes is imported with the first Tab."""

    def __init__(self, shell: Any, kit: Kit, commands: Callable[[], Sequence[str]]) -> None:
        self._shell = shell
        self._kit = kit
        self._commands = commands

    def find(self, text: str, cursor: int) -> "Completion | None":
        """Return what may stand at *cursor*; None where that is not ours to say."""
        from ofox_magic.jupyter.candidates import complete

        return complete(text, cursor, self._known)

    @cached_property
    def _known(self) -> "KernelNames":
        from ofox_magic.jupyter.kernel_names import KernelNames

        return KernelNames(self._shell, self._kit, self._commands)


def offer(shell: Any, kit: Kit, commands: Callable[[], Sequence[str]]) -> Callable[[], None]:
    """Complete in *shell* what is ours, the names of *commands* too; return what ends that."""
    ours = _Completer(shell, kit, commands)
    try:
        from IPython.core.completer import context_matcher
    except ImportError:
        return _in_place_of_the_completer(shell.Completer, ours)
    matchers = shell.Completer.custom_matchers

    @context_matcher(identifier="ofox_magic", priority=_OURS_FIRST)  # type: ignore[misc]
    def matcher(context: Any) -> dict[str, Any]:
        cursor = _place(context.full_text, context.cursor_line, context.cursor_position)
        found = ours.find(context.full_text, cursor)
        return {"completions": []} if found is None else _matches(found)

    matchers.append(matcher)
    return lambda: matchers.remove(matcher) if matcher in matchers else None


class _Alone(list[Any]):
    """Completions that count as some even where there are none, since only then IPython leaves out all others."""

    def __len__(self) -> int:
        return max(super().__len__(), 1)


def _matches(found: "Completion") -> dict[str, Any]:
    from IPython.core.completer import SimpleCompletion

    return {
        "completions": _Alone(SimpleCompletion(each.text, type=each.kind) for each in found.candidates),
        "matched_fragment": found.fragment,
        "suppress": True,
        "do_not_suppress": {"IPCompleter.file_matcher"} if found.files else set(),
        "ordered": True,
    }


def _in_place_of_the_completer(completer: Any, ours: _Completer) -> Callable[[], None]:
    """Of IPython before 8.6."""

    def around(original: Callable[..., Any], **given: Any) -> Any:
        text = given.get("full_text") or given.get("line_buffer") or given.get("text") or ""
        column = given["cursor_pos"]
        cursor = len(text) if column is None else _place(text, given["cursor_line"], column)
        found = ours.find(text, cursor)
        if found is None:
            return original(**given)
        texts = [each.text for each in found.candidates]
        if found.files:
            completer.text_until_cursor = text[:cursor].rpartition("\n")[2]
            texts += completer.file_matches(found.fragment)
        return found.fragment, texts, ["ofox_magic"] * len(texts), ()

    return wrap_method(completer, "_complete", around)


def _place(text: str, line: int, column: int) -> int:
    """The offset of *column* of *line*."""
    return sum(len(each) + 1 for each in text.split("\n")[:line]) + column
