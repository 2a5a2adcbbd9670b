"""How cells fail in a real kernel, and how the source of a new cell gets to the front end."""

import json
import re

import pytest

LAST = "get_ipython()._ofox_kit.displays.failures.last"
TOLD = f"import json; f = {LAST}; print(json.dumps([f.source, [[r.kind, r.message, r.where] for r in f.raised]]))"


def told(kernel):
    cell = kernel.run(TOLD, store_history=False)
    assert cell.status == "ok", cell.error
    return json.loads(cell.printed)


def test_a_failure_in_nested_calls_is_told_by_the_names_of_the_cells(kernel):
    first = kernel.run("def inner(x):\n    return 1 / x\ndef outer(x):\n    return inner(x)")
    kernel.run("outer(0)", stop_on_error=False)
    source, ((kind, message, where),) = told(kernel)
    assert (source, kind, message) == ("outer(0)", "ZeroDivisionError", "division by zero")
    lines = where.split("\n")
    assert lines[1::2] == ["    outer(0)", "    return inner(x)", "    return 1 / x"]
    number = first.reply["content"]["execution_count"]
    place = rf"(In\[{number}\]|a cell)"  # IPython 7 does not tell which
    assert re.fullmatch(f"{place}, line 4, in outer", lines[2])
    assert re.fullmatch(f"{place}, line 2, in inner", lines[4])
    assert "/" not in where.replace("1 / x", "")


def test_a_syntax_error_is_told_with_its_line_and_without_the_kernels_file(kernel):
    kernel.run("x = 1\ny = = 2", stop_on_error=False)
    source, ((kind, _, where),) = told(kernel)
    assert (source, kind) == ("x = 1\ny = = 2", "SyntaxError")
    assert where.split("\n")[0].endswith(", line 2")
    assert where.split("\n")[1:] == ["    y = = 2", "        ^"]
    assert "ipykernel" not in where


def test_our_own_magics_failing_is_no_failure_of_the_users(kernel):
    kernel.run("1 / 0", stop_on_error=False)
    kernel.run("%ofox no-such-command", stop_on_error=False)
    assert told(kernel)[0] == "1 / 0"


@pytest.mark.parametrize("code", ["import os\nos.getpid()", "x = 1"])
def test_the_code_of_an_answer_goes_to_the_front_end_as_one_new_cell_and_is_not_run(kernel, code):
    """`set_next_input`, as a magic calls it."""
    cell = kernel.run(
        "from ofox_magic.answer import Answer\n"
        "from ofox_magic.chat.events import Finished, TextDelta\n"
        "from ofox_magic.chat.reply import Reply\n"
        "from ofox_magic.formats import next_cell\n"
        "reply = Reply()\n"
        f"reply.feed(TextDelta({f'```python{chr(10)}{code}{chr(10)}```'!r}))\n"
        "reply.feed(Finished())\n"
        "get_ipython().set_next_input(next_cell(Answer(reply)))"
    )
    payloads = [each for each in cell.reply["content"]["payload"] if each["source"] == "set_next_input"]
    assert payloads == [{"source": "set_next_input", "text": code, "replace": False}]
    assert cell.outputs == []
