"""What to do about a cell that failed: the model explains it, or mends it in a new cell that waits for its user."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from IPython.core.error import UsageError

from ofox_magic.answer import Answer
from ofox_magic.answer_frame import framed
from ofox_magic.context.failing_scope import profiles
from ofox_magic.context.failures import Failure
from ofox_magic.context.prompt import Prompt
from ofox_magic.jupyter import options
from ofox_magic.jupyter.kit import Kit
from ofox_magic.mending import Correction, Task, correction, question
from ofox_magic.untrusted import printable

Ask: TypeAlias = Callable[[options.Options, Prompt], Answer | None]
_NUMBER_FIRST = re.compile(r"(\d+)(?:\s+(.*))?$", re.DOTALL)
_NOT_HERE = {
    "attach": "-a",
    "see": "--see",
    "raw": "--raw",
    "detail": "--detail",
    "level": "--level",
    "format": "-f",
    "schema": "--schema",
}
"""What goes along is the failure, and what comes is a cell: options that say otherwise."""


class MendCommands:
    """Commands over the failures that *kit* knows of, in *shell*; *ask* shows an answer and returns it."""

    def __init__(self, shell: Any, kit: Kit, ask: Ask) -> None:
        self._shell = shell
        self._kit = kit
        self._ask = ask
        self.by_name: Mapping[str, Callable[[str], None]] = {
            "fix": partial(self._mend, "fix"),
            "explain": partial(self._mend, "explain"),
        }

    def _mend(self, task: Task, rest: str) -> None:
        chosen, number = _read(rest, f"%ofox {task}", self._shell.user_ns)
        if chosen.help:
            print(options.help_text(f"%ofox {task}"))
            return
        failure = self._failure(task, number)
        answer = self._ask(chosen, self._prompt(task, failure))
        if answer is not None and task == "fix":
            self._offer(correction(failure, answer, mask=self._kit.wiring.mask))

    def _failure(self, task: Task, number: int | None) -> Failure:
        failures = self._kit.displays.failures
        if failure := failures.last if number is None else failures.of_cell(number):
            return failure
        if number is None:
            raise UsageError(f"%ofox {task}: no cell failed yet, since ofox_magic was loaded")
        raise UsageError(f"%ofox {task} {number}: expected a cell that failed lately, and In[{number}] did not")

    def _prompt(self, task: Task, failure: Failure) -> Prompt:
        kit = self._kit
        tables = profiles(failure, self._shell.user_ns, kit.converter, kit.sharing)
        parts = question(task, failure, tables, mask=kit.wiring.mask, keep_back=kit.sharing.is_restricted)
        number = failure.execution_count
        return Prompt(parts, (f"about {'the cell that failed' if number is None else f'In[{number}]'}",))

    def _offer(self, made: Correction | None) -> None:
        """Show the difference, and have the front end make a new cell with the whole, where it can; nothing is run."""
        if made is None:
            print("There is no new cell to try: the answer holds no whole one, or the same.")
            return
        if not made.diff:
            print("The new cell differs from the old one in a secret, which is not shown.")
        elif self._kit.is_terminal:
            print(printable(made.diff))
        else:
            from ofox_magic.render import STYLE

            shown = {"text/html": STYLE + framed(made.html), "text/plain": printable(made.diff)}
            self._shell.display_pub.publish(shown, {"ofox": {"v": 1}})
        self._shell.set_next_input(made.source)


def _read(rest: str, prog: str, namespace: Mapping[str, Any]) -> tuple[options.Options, int | None]:
    """The options and the number of a cell, which stands before or behind them."""
    first = _NUMBER_FIRST.match(rest)
    chosen, behind = options.parse_question((first[2] or "") if first else rest, namespace, prog)
    words = [*([first[1]] if first else []), *behind.split()]
    if len(words) > 1 or not all(word.isdecimal() for word in words):
        raise UsageError(f"{prog}: expected the number of a cell that failed, or nothing for the last, got {rest!r}")
    plain = options.Options()
    for name, option in _NOT_HERE.items():
        if getattr(chosen, name) != getattr(plain, name):
            raise UsageError(f"{prog}: {option} is for questions of your own; this one is about the cell and its error")
    return chosen, int(words[0]) if words else None
