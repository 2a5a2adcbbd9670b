"""How cells failed is remembered: the user's own steps, and which tables the code used; no value of a variable."""

import gc
import re
import sys
import weakref
from textwrap import dedent

import pytest

from ofox_magic.context.convert import Converter
from ofox_magic.context.displays import Displays
from ofox_magic.context.failing_scope import profiles
from ofox_magic.context.failures import failure_of
from ofox_magic.context.own_frames import Place
from ofox_magic.context.sharing import Sharing
from ofox_magic.errors import ConfigError
from tests.shells import real_shell

pandas = pytest.importorskip("pandas")

SECRET = "hunter2-in-a-variable"


class Notebook:
    """A real shell that is watched as the extension watches it."""

    def __init__(self, shell):
        self.shell = shell
        self.displays = Displays(shell)
        self.displays.install()
        self.namespace = shell.user_ns

    def run(self, source, **options):
        return self.shell.run_cell(dedent(source).strip(), **{"store_history": True} | options)

    def failure(self, *cells):
        for cell in cells:
            self.run(cell)
        return self.displays.failures.last


@pytest.fixture
def notebook(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    with real_shell() as shell:
        shell.InteractiveTB.set_mode("Minimal")  # its own tracebacks of many frames take seconds
        made = Notebook(shell)
        made.namespace["pd"] = pandas
        yield made
        made.displays.uninstall()


def told(failure):
    return [(raised.kind, raised.message) for raised in failure.raised]


def steps(failure):
    return failure.raised[-1].where.split("\n")


TABLES = """
df = pd.DataFrame({"price": [1, 2, 3], "name": ["a", "b", "c"]})
def mean(frame):
    large = frame[frame.price > 1]
    return large["prise"].mean()
"""


def test_a_missing_column_in_a_nested_call(notebook):
    failure = notebook.failure(TABLES, "total = mean(df)")
    assert failure.source == "total = mean(df)"
    assert failure.execution_count == 2
    assert told(failure) == [("KeyError", "'prise'")]
    lines = steps(failure)
    assert [line for line in lines if line.startswith("    ")] == [
        "    total = mean(df)",
        '    return large["prise"].mean()',
    ]
    assert lines[2].endswith("line 4, in mean")
    assert re.fullmatch(r"\(\d steps within pandas\)", lines[-1])


def test_the_tables_that_the_code_used_are_known_the_nearest_first(notebook):
    failure = notebook.failure(TABLES, "other = pd.DataFrame({'x': [1]})", "total = mean(df)")
    tables = failure.tables(notebook.namespace)
    assert [name for name, _ in tables] == ["frame", "large"]
    assert tables[0][1] is notebook.namespace["df"]
    assert len(tables[1][1]) == 2


def test_the_innermost_function_comes_first(notebook):
    outer = "def outer(whole):\n    part = whole.head(1)\n    return mean(part)"
    failure = notebook.failure(TABLES, outer, "outer(df)")
    assert [name for name, _ in failure.tables(notebook.namespace)] == ["frame", "large", "whole"]


def test_a_table_that_only_the_cell_names_is_known(notebook):
    failure = notebook.failure(TABLES, "df['prise']")
    assert [name for name, _ in failure.tables(notebook.namespace)] == ["df"]


def test_records_and_arrays_count_as_tables(notebook):
    failure = notebook.failure(
        "rows = [{'a': 1}]\nimport numpy\narray = numpy.zeros((2, 2))\nrows[0]['b'] + array.nope"
    )
    assert {name for name, _ in failure.tables(notebook.namespace)} == {"rows", "array"}


@pytest.mark.parametrize(
    ("source", "where", "message"),
    [
        ("x = = 1", ["line 1", "    x = = 1", "        ^"], "invalid syntax"),
        ("a = 1\nif a:\nb = df", ["line 3", "    b = df", "    ^"], "expected an indented block"),
        ("print('a)", ["line 1", "    print('a)", "          ^"], "unterminated string literal"),
    ],
)
def test_a_syntax_error_tells_its_line(notebook, source, where, message):
    failure = notebook.failure(TABLES, source)
    assert failure.source == source
    assert failure.raised[-1].kind in ("SyntaxError", "IndentationError")
    assert message in failure.raised[-1].message
    lines = steps(failure)
    assert lines[0].endswith(where[0])
    assert lines[1:] == where[1:]


def test_after_a_syntax_error_the_tables_that_the_cell_names_are_known(notebook):
    failure = notebook.failure(TABLES, "df.groupby('name'")
    assert [name for name, _ in failure.tables(notebook.namespace)] == ["df"]


def test_causes_come_first_and_nothing_is_said_twice(notebook):
    failure = notebook.failure("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('bad') from e")
    assert told(failure) == [("ZeroDivisionError", "division by zero"), ("ValueError", "bad")]
    failure = notebook.failure("try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('bad') from None")
    assert told(failure) == [("ValueError", "bad")]


def test_a_recursion_is_told_in_a_few_lines(notebook):
    failure = notebook.failure("def f(n):\n    return f(n + 1) if n < 80 else 1 / 0\nf(0)")
    assert len(steps(failure)) < 60
    assert any("more steps" in line for line in steps(failure))


def test_a_group_of_errors_names_some(notebook):
    failure = notebook.failure("raise ExceptionGroup('two', [ValueError('a'), KeyError('b')])")
    assert failure.raised[-1].message == "two (2 sub-exceptions)\n- ValueError: a\n- KeyError: 'b'"


def test_notes_are_part_of_what_is_said(notebook):
    failure = notebook.failure("e = ValueError('a')\ne.add_note('b')\nraise e")
    assert failure.raised[-1].message == "a\nb"


def test_an_error_whose_message_fails_is_an_error_all_the_same():
    class OddError(Exception):
        def __str__(self):
            raise OSError

    failure = failure_of(OddError(), "raise Odd", {}, Place())
    assert failure.raised[-1].message == "(its message cannot be shown)"


def test_the_users_own_files_are_told_and_libraries_only_counted(notebook, tmp_path, monkeypatch):
    (tmp_path / "helpers.py").write_text("import json\n\ndef read(text):\n    return json.loads(text)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    failure = notebook.failure("import helpers\nhelpers.read('{')")
    sys.modules.pop("helpers")
    assert steps(failure)[2:] == [
        "helpers.py, line 4, in read",
        "    return json.loads(text)",
        "(3 steps within json)",
    ]
    assert failure.raised[-1].kind == "json.decoder.JSONDecodeError"


def test_sources_that_a_compiled_library_names_are_not_the_users(notebook):
    notebook.failure(TABLES, "df['prise']")
    assert all(".pyx" not in raised.where for raised in notebook.displays.failures.last.raised)


def test_no_value_of_a_variable_is_kept_in_any_mode(notebook):
    for mode in ("Verbose", "Context", "Plain", "Minimal"):
        notebook.shell.run_line_magic("xmode", mode)
        failure = notebook.failure(f"password = '{SECRET}'\ndef f(secret):\n    return secret.nope", "f(password)")
        assert SECRET not in repr((failure.raised, failure.names, failure.source))


def test_a_cell_that_is_not_counted_is_remembered_as_the_last(notebook):
    notebook.run("1 / 0", store_history=False)
    failure = notebook.displays.failures.last
    assert (failure.source, failure.execution_count) == ("1 / 0", None)


def test_failures_are_found_by_the_number_of_their_cell(notebook):
    notebook.failure("1 / 0", "x = 1", "nope")
    failures = notebook.displays.failures
    assert told(failures.of_cell(1))[0][0] == "ZeroDivisionError"
    assert failures.of_cell(2) is None
    assert told(failures.of_cell(3))[0][0] == "NameError"
    assert notebook.displays.error(3).splitlines()[-1] == "NameError: name 'nope' is not defined"


def test_only_the_last_failures_are_kept(notebook):
    for _ in range(25):
        notebook.run("1 / 0")
    assert notebook.displays.failures.of_cell(5) is None
    assert notebook.displays.failures.of_cell(6) is not None


@pytest.mark.parametrize("source", ["raise KeyboardInterrupt", "raise SystemExit", "%ofox nope", "  %%ofox --nope\nx"])
def test_a_stop_and_our_own_magics_are_no_failure_of_the_users_code(notebook, source):
    assert notebook.failure("1 / 0", source).source == "1 / 0"


def test_our_own_errors_are_none_either(notebook):
    notebook.namespace["ConfigError"] = ConfigError
    assert notebook.failure("1 / 0", "raise ConfigError('no key')").source == "1 / 0"


def test_a_table_is_not_kept_alive(notebook):
    failure = notebook.failure(TABLES, "total = mean(df)")
    df = weakref.ref(notebook.namespace["df"])
    notebook.run("1 / 0")  # IPython itself holds the last error
    notebook.run("del df")
    notebook.run("1 / 0")
    sys.last_value = sys.last_traceback = sys.last_exc = None
    gc.collect()
    assert df() is None
    assert failure.tables(notebook.namespace) == ()


# -- at which level the tables go -------------------------------------------------------------------------------------


class Rules:
    """A converter by rules, over the names of a notebook."""

    def __init__(self, notebook):
        self.sharing = Sharing()
        namespace = notebook.namespace
        self.converter = Converter(
            self.sharing, lambda value: [name for name, bound in namespace.items() if bound is value and name[0] != "_"]
        )
        self.notebook = notebook

    def tables(self):
        failure = self.notebook.displays.failures.last
        return {table.name: table for table in profiles(failure, self.notebook.namespace, self.converter, self.sharing)}


def test_tables_go_at_the_level_of_their_names(notebook):
    notebook.failure(TABLES, "total = mean(df)")
    rules = Rules(notebook)
    assert {name: table.level for name, table in rules.tables().items()} == {"frame": "sample", "large": "sample"}
    rules.sharing.set_level("df", "stats")
    assert rules.tables()["frame"].level == "stats"


def test_a_table_that_only_a_function_knows_obeys_the_strictest_rule(notebook):
    notebook.failure(TABLES, "other = 1", "total = mean(df)")
    rules = Rules(notebook)
    rules.sharing.set_level("other", "schema")
    assert rules.tables()["large"].level == "schema"
    assert rules.tables()["frame"].level == "sample"
    rules.sharing.default = "stats"
    rules.sharing.set_level("other", "sample")
    assert rules.tables()["large"].level == "stats"


def test_with_a_masked_column_no_value_of_what_may_be_made_of_it_goes(notebook):
    notebook.failure(TABLES, "total = mean(df)")
    rules = Rules(notebook)
    rules.sharing.set_mask("df", ["name"])
    assert rules.tables()["large"].level == "schema"
    assert "masked" in rules.tables()["frame"].text


def test_a_table_that_cannot_be_read_is_left_out(notebook):
    polars = pytest.importorskip("polars")
    notebook.namespace["lazy"] = polars.LazyFrame({"a": [1]}).select(polars.col("nope"))
    notebook.failure(TABLES, "lazy.collect(); df")
    assert set(Rules(notebook).tables()) == {"df"}
