"""`%ofox fix` and `%ofox explain` in a real kernel: what goes out about a cell that failed, and what comes of it."""

import json

import pytest

from ofox_magic.practice import Script
from ofox_magic.render import blocks_of
from ofox_magic.untrusted import fenced

from .kernel import Kernel
from .test_forms import new_cells, played, printed

KEY = "a-very-unusual-key-0123456789"
FRAME = "import pandas as pd\ndf = pd.DataFrame({'price': [1.25, 2.5], 'name': ['Alice', 'Bob']})\nother = df.copy()"


@pytest.fixture(scope="module")
def keyed_kernel(kernel_gateway, tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("mend"), OFOX_BASE_URL=kernel_gateway.base_url, OFOX_API_KEY=KEY)
    assert kernel.run("%load_ext ofox_magic").status == "ok"
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(keyed_kernel):
    keyed_kernel.run(
        "from ofox_magic import session; session().clear(); "
        "get_ipython()._ofox_kit.displays.failures._kept.clear(); get_ipython()._ofox_kit.sharing._rules.clear()"
    )
    return keyed_kernel


def fail(kernel, source):
    cell = kernel.run(source, stop_on_error=False)
    assert cell.status == "error"
    return cell.reply["content"]["execution_count"]


def asked(body):
    """What the newest message says, its parts joined, and the bytes of the whole."""
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else "\n".join(part["text"] for part in content)
    return text, json.dumps(body, ensure_ascii=False)


def answered(source, *words):
    return "\n\n".join(("The cause is plain.", *words, fenced(source, "python")))


# -- three kinds of errors


def test_a_syntax_error_is_mended(kernel, kernel_gateway):
    fail(kernel, "x = [1, 2\nprint(x)")
    bodies = played(kernel_gateway, answered("x = [1, 2]\nprint(x)"))
    cell = kernel.run("%ofox fix")
    assert cell.status == "ok", cell.error
    text, _ = asked(bodies()[0])
    assert "```python\nx = [1, 2\nprint(x)\n```" in text
    assert "SyntaxError: " in text
    assert new_cells(cell) == ["x = [1, 2]\nprint(x)"]
    assert "-x = [1, 2\n+x = [1, 2]\n" in cell.shown
    assert "The cause is plain." in cell.shown


def test_an_error_in_nested_calls_is_told_with_the_users_frames(kernel, kernel_gateway):
    kernel.run(
        "def share(part, whole):\n    return part / whole\ndef shares(parts):\n    return [share(p, 0) for p in parts]"
    )
    fail(kernel, "shares([1, 2])")
    bodies = played(kernel_gateway, answered("shares([1, 2])[:1]"))
    assert new_cells(kernel.run("%ofox fix")) == ["shares([1, 2])[:1]"]
    text, _ = asked(bodies()[0])
    for line in ("ZeroDivisionError: division by zero", "in shares", "in share\n    return part / whole"):
        assert line in text
    assert "ipykernel" not in text


def test_a_missing_column_goes_with_the_profile_of_the_table_that_was_used_and_of_no_other(kernel, kernel_gateway):
    pytest.importorskip("pandas")
    kernel.run(f"{FRAME}\nunrelated = df[['name']].rename(columns={{'name': 'secretive'}})")
    fail(kernel, "df['prise'].mean()")
    bodies = played(kernel_gateway, answered("df['price'].mean()"))
    cell = kernel.run("%ofox fix")
    text, body = asked(bodies()[0])
    assert "KeyError: 'prise'" in text
    assert "`df`: 2 rows × 2 columns" in text
    assert "Alice" in text
    assert "secretive" not in body
    assert "within pandas" in text
    assert "/pandas/" not in text
    assert new_cells(cell) == ["df['price'].mean()"]
    assert "-df['prise'].mean()\n+df['price'].mean()" in cell.shown


@pytest.mark.parametrize("level", ["%ofox level df schema", "%ofox level df --mask name"])
def test_values_that_are_kept_here_stay_here(kernel, kernel_gateway, level):
    pytest.importorskip("pandas")
    kernel.run(FRAME)
    kernel.run(level)
    fail(kernel, "df['name'].astype(float)")
    bodies = played(kernel_gateway, "I see.")
    kernel.run("%ofox explain")
    text, body = asked(bodies()[0])
    assert "could not convert string to float" in text
    assert "`df`: 2 rows × 2 columns" in text
    assert "Alice" not in body
    assert "Bob" not in body


# -- secrets


def test_no_key_and_no_secret_is_in_the_request_or_in_an_output(kernel, kernel_gateway):
    cell = (
        f"token = 'hunter2hunter2'\nheaders = {{'Authorization': 'Bearer {KEY}'}}\n"
        f"url = 'postgresql://me:hunter3@db'\nraise OSError('cannot reach ' + url + ' with {KEY}', tokn)"
    )
    fail(kernel, cell)
    bodies = played(kernel_gateway)
    draft = kernel.run("%ofox fix --dry-run")
    dry = json.dumps([output["data"] for output in draft.outputs], ensure_ascii=False)
    assert bodies() == []
    sent_cell = blocks_of(json.loads(draft.text.splitlines()[-1])["messages"][-1]["content"])[0].code
    assert sent_cell.splitlines()[0] == "token = '[secret]'"
    bodies = played(kernel_gateway, answered(sent_cell.replace(", tokn)", ", token)")))
    mended = kernel.run("%ofox fix")
    for secret in (KEY, "hunter2", "hunter3"):
        assert secret not in dry
        assert secret not in json.dumps(bodies(), ensure_ascii=False)
        assert secret not in json.dumps([frame["data"] for frame in mended.frames])
    lines = new_cells(mended)[0].splitlines()
    assert lines[:3] == cell.splitlines()[:3]
    assert lines[3].endswith(", token)")


# -- which cell


def test_a_cell_is_named_by_its_number_before_or_behind_the_options(kernel, kernel_gateway):
    first = fail(kernel, "one_failed")
    second = fail(kernel, "two_failed")
    bodies = played(kernel_gateway, "a", "b", "c")
    for line in ("", f"{first}", f"-t 0 {first}", f"{first} --dry-run"):
        kernel.run(f"%ofox explain {line}")
    last, named, with_option = (asked(body)[0] for body in bodies())
    assert ("two_failed" in last, "one_failed" in named, "one_failed" in with_option) == (True, True, True)
    assert bodies()[2]["temperature"] == 0
    assert second == first + 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fix", "%ofox fix: no cell failed yet"),
        ("explain 9999", "%ofox explain 9999: expected a cell that failed lately, and In[9999] did not"),
        ("fix it, please", "%ofox fix: expected the number of a cell that failed, or nothing for the last, got 'it, "),
        ("fix -f json", "%ofox fix: -f is for questions of your own"),
        ("fix 3 4", "%ofox fix: expected the number"),
    ],
)
def test_what_cannot_be_asked_about_is_said_and_nothing_is_sent(kernel, kernel_gateway, line, said):
    bodies = played(kernel_gateway)
    assert said in kernel.run(f"%ofox {line}").printed
    assert bodies() == []


def test_the_chip_line_says_which_cell_it_was_about(kernel, kernel_gateway):
    number = fail(kernel, "nope")
    played(kernel_gateway, "I see.")
    assert f"about In[{number}]" in kernel.run("%ofox explain").shown


# -- what comes of it


def test_explaining_makes_no_new_cell_and_fixing_runs_none(kernel, kernel_gateway):
    fail(kernel, "ran = undefined")
    played(kernel_gateway, answered("ran = 1"), answered("ran = 1"))
    assert new_cells(kernel.run("%ofox explain")) == []
    assert new_cells(kernel.run("%ofox fix -o got")) == ["ran = 1"]
    assert printed(kernel, "print('ran' in globals(), type(got).__name__, got is _ofox)") == "False Answer True"


@pytest.mark.parametrize(
    "answer", ["I do not know.", answered("undefined_name"), Script(text=answered("x = 1"), finish_reason="length")]
)
def test_without_another_whole_cell_that_is_said(kernel, kernel_gateway, answer):
    fail(kernel, "undefined_name")
    played(kernel_gateway, answer)
    cell = kernel.run("%ofox fix")
    assert (cell.status, new_cells(cell)) == ("ok", [])
    assert "There is no new cell to try" in cell.printed


def test_the_conversation_goes_on_about_it(kernel, kernel_gateway):
    fail(kernel, "undefined_name")
    bodies = played(kernel_gateway, answered("x = 1"), "Because.")
    kernel.run("%ofox fix", cell_id="f")
    kernel.run("%%ofox\nWhy?")
    assert [message["role"] for message in bodies()[1]["messages"]] == ["user", "assistant", "user"]


def test_the_difference_is_not_taken_for_something_the_user_showed(kernel, kernel_gateway):
    fail(kernel, "undefined_name")
    played(kernel_gateway, answered("x = 1"))
    kernel.run("%ofox fix")
    assert printed(kernel, "print(get_ipython()._ofox_kit.displays.last())") == "()"


def test_no_handler_of_exceptions_is_installed(kernel):
    assert printed(kernel, "print(get_ipython().custom_exceptions)") == "()"


def test_a_model_that_says_to_run_something_gets_a_cell_that_waits(kernel, kernel_gateway):
    fail(kernel, "undefined_name")
    hostile = "import pathlib\npathlib.Path('hacked').touch()"
    played(kernel_gateway, answered(hostile, "<script>alert(1)</script>", "%run this at once"))
    cell = kernel.run("%ofox fix")
    assert new_cells(cell) == [hostile]
    assert printed(kernel, "import pathlib; print(pathlib.Path('hacked').exists())") == "False"
    assert not any("<script" in output["data"].get("text/html", "") for output in cell.answers)


# -- without a kernel


def test_in_a_terminal_the_difference_is_plain_lines_and_the_new_cell_waits_at_the_prompt(shell, gateway, capsys):
    shell.run_cell("x = = 1")
    gateway.play(Script(text=answered("x = 1\n# \x1b[31mred\u202e")))
    capsys.readouterr()
    assert shell.run_cell("%ofox fix").success
    shown = capsys.readouterr().out
    assert "@@ -1 +1,2 @@\n-x = = 1\n+x = 1\n" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shell.rl_next_input == "x = 1\n# [31mred"
    assert "x" not in shell.user_ns
