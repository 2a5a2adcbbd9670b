"""What cells show is remembered, in a real kernel; what they do not show is not."""

import importlib.util
import json
from textwrap import dedent

import pytest

from tests.jupyter.kernel import Kernel

LOAD = """
import contextlib, gc, json, threading, weakref
from IPython.display import *
from IPython.utils.capture import capture_output
from ofox_magic.context.displays import Displays
shell = get_ipython()
places = [(shell.display_formatter, "format"), (shell.display_pub, "publish"),
          (shell.display_pub, "clear_output"), (shell.displayhook, "write_format_data")]
untouched = [(vars(owner).get(name), getattr(owner, name)) for owner, name in places]
d = Displays(shell)
d.install()
PIXEL = b"\\x89PNG\\r\\n\\x1a\\n" + b"\\0" * 40

def told(displays):
    return [[x.number, x.kind, x.label, {k: len(v) for k, v in x.data.items()}, x.value is not None, x.execution_count,
             x.cell_id, x.display_id] for x in displays]
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("kernel"), MPLBACKEND="module://matplotlib_inline.backend_inline")
    cell = kernel.run(LOAD)
    assert cell.status == "ok", cell.error
    yield kernel
    kernel.close()


class Notebook:
    """Runs cells and asks what is remembered of them."""

    def __init__(self, kernel):
        self.kernel = kernel

    def run(self, source, **options):
        cell = self.kernel.run(dedent(source), **{"stop_on_error": False} | options)
        self.count = cell.reply["content"]["execution_count"]
        return cell

    def ask(self, expression):
        cell = self.kernel.run(f"print(json.dumps({expression}))", store_history=False)
        assert cell.status == "ok", cell.error
        return json.loads(cell.printed)

    def shown(self, source, **options):
        cell = self.run(source, **options)
        assert cell.status == "ok", cell.error
        return self.remembered(self.count)

    def remembered(self, count):
        return [Remembered(*each) for each in self.ask(f"told(d.of_cell({count}))")]


class Remembered:
    def __init__(self, number, kind, label, sizes, alive, execution_count, cell_id, display_id):
        self.number, self.kind, self.label, self.sizes, self.alive = number, kind, label, sizes, alive
        self.execution_count, self.cell_id, self.display_id = execution_count, cell_id, display_id


@pytest.fixture
def notebook(running):
    return Notebook(running)


def out(type_name, *kinds):
    return "result", "Out[{n}] (%s)" % type_name, kinds


def display(place, type_name, *kinds):
    return "display", "display %d of [{n}] (%s)" % (place, type_name), kinds


FRAME = "pd.DataFrame({'a': [1, 2]})"
PLOT = "import matplotlib.pyplot as plt; plt.figure(); plt.plot([1, 3, 2])"

CASES = {
    "a last expression": ("", "6 * 7", [out("int", "text/plain")]),
    "a display in the middle": ("", "display('a')\n6 * 7;", [display(1, "str", "text/plain")]),
    "several in one cell": (
        "",
        "display('a', [1])\ndisplay({})\n'last'",
        [display(1, "str"), display(2, "list"), display(3, "dict"), out("str")],
    ),
    "a display and a failure": (
        "",
        "display('a')\nwith contextlib.suppress(ZeroDivisionError):\n    1/0",
        [display(1, "str")],
    ),
    "an image of bytes": ("", "Image(PIXEL)", [out("Image", "image/png")]),
    "an image of a file": (
        "",
        "open('pixel.png', 'wb').write(PIXEL)\ndisplay(Image(filename='pixel.png'))",
        [display(1, "Image", "image/png")],
    ),
    "an SVG": ("", "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')", [out("SVG", "image/svg+xml")]),
    "LaTeX, Markdown, JSON": (
        "",
        "display(Latex('$x$'), Markdown('*x*'), JSON({'x': 1}))",
        [
            display(1, "Latex", "text/latex"),
            display(2, "Markdown", "text/markdown"),
            display(3, "JSON", "application/json"),
        ],
    ),
    "a raw bundle": ("", "display({'text/plain': 'x'}, raw=True)", [display(1, "text/plain", "text/plain")]),
    "an object that displays itself": (
        "",
        "class Own:\n def _ipython_display_(self): display({'text/plain': 'own'}, raw=True)\nOwn()",
        [display(1, "Own", "text/plain")],
    ),
    "a display inside a repr": (
        "",
        "class Loud:\n def __repr__(self):\n  display([1]); return 'loud'\nloud = Loud()\nloud",
        [display(1, "list", "text/plain"), out("Loud", "text/plain")],
    ),
    "a display from a thread": (
        "",
        "t = threading.Thread(target=lambda: display([1]))\nt.start(); t.join()",
        [display(1, "list", "text/plain")],
    ),
    "an update": (
        "",
        "display('a', display_id='u1'); display('b')\nupdate_display([1], display_id='u1')",
        [display(2, "str"), display(1, "list")],
    ),
    "an update of a place that was empty": (
        "",
        "h = display(display_id=True)\nh.update([1])",
        [display(1, "list", "text/plain")],
    ),
    "an update of nothing": ("", "update_display([1], display_id='never')", []),
    "a place that stays empty": ("", "display(display_id=True);", []),
    "a display with an id shown twice": (
        "",
        "display('a', display_id='u2')\ndisplay([1], display_id='u2');",
        [display(1, "list"), display(2, "list")],
    ),
    "what is captured": ("", "with capture_output() as captured:\n    display('a')", []),
    "%%capture": ("", "%%capture captured\ndisplay('a')\n6 * 7", []),
    "what was captured and is shown": ("", "captured.show()", [display(1, "text/plain"), display(2, "text/plain")]),
    "a semicolon": ("", "x = [1]\nx;", []),
    "what is cleared": ("", "display('a')\nclear_output()", []),
    "what is cleared by the next": ("", "display('a')\nclear_output(wait=True)\ndisplay([1])", [display(1, "list")]),
    "what is cleared by a print": ("", "display('a')\nclear_output(wait=True)\nprint('x')", []),
    "what is cleared by a print of a thread": (
        "",
        "display('a')\nclear_output(wait=True)\nt = threading.Thread(target=print, args=('x',)); t.start(); t.join()",
        [],
    ),
    "what is cleared by a warning": (
        "",
        "import sys\ndisplay('a')\nclear_output(wait=True)\nsys.stderr.write('x');",
        [],
    ),
    "what is cleared by a print, again and again": (
        "",
        "for i in range(3): display('a'); clear_output(wait=True); print(i)\ndisplay([1])",
        [display(1, "list")],
    ),
    "what is cleared by a print before the next display": (
        "",
        "display('a')\nclear_output(wait=True)\nprint('x'); display([1])\nprint('y')",
        [display(1, "list")],
    ),
    "what is cleared by no empty print": (
        "",
        "display('a')\nclear_output(wait=True)\nprint('', end='')",
        [display(1, "str")],
    ),
    "what is cleared by no captured print": (
        "",
        "display('a')\nclear_output(wait=True)\nwith capture_output(): print('x'), display('x')",
        [display(1, "str")],
    ),
    "what is cleared by no earlier print": (
        "",
        "display('a')\nprint('x')\nclear_output(wait=True)",
        [display(1, "str")],
    ),
    "what is cleared by nothing": ("", "display('a')\nclear_output(wait=True)", [display(1, "str")]),
    "display(clear=True)": ("", "display('a'); display([1], clear=True)", [display(1, "list")]),
    "our own answer": ("", "display({'text/html': 'x'}, raw=True, metadata={'ofox': {}})", []),
    "our own answer takes the place of what was": (
        "",
        "display('a'); clear_output(wait=True)\ndisplay({'text/html': 'x'}, raw=True, metadata={'ofox': {}})",
        [],
    ),
    "a cell that runs cells": (
        "",
        "display('a')\nshell.run_cell('display([1])')\nshell.run_cell('display({})')\ndisplay((1,))",
        [display(1, "str"), display(2, "list"), display(3, "dict"), display(4, "tuple")],
    ),
    "an async cell": ("", "import asyncio\nawait asyncio.sleep(0)\ndisplay([1])", [display(1, "list")]),
    "a script alone": ("", "display({'application/javascript': '1'}, raw=True)", []),
    "a figure at the end of the cell": ("matplotlib", f"{PLOT};", [display(1, "Figure", "image/png")]),
    "two figures": ("matplotlib", f"{PLOT}\n{PLOT};", [display(1, "Figure"), display(2, "Figure")]),
    "plt.show()": (
        "matplotlib",
        f"{PLOT}\nplt.show()\ndisplay('after')",
        [display(1, "Figure", "image/png"), display(2, "str")],
    ),
    "a figure as last expression": (
        "matplotlib",
        "from matplotlib.figure import Figure\nfig = Figure(); fig.subplots().plot([1, 2])\nfig",
        [out("Figure", "image/png")],
    ),
    "pandas": ("pandas", f"import pandas as pd\n{FRAME}", [out("DataFrame", "text/html", "text/plain")]),
    "a pandas Series": ("pandas", "import pandas as pd\npd.Series([1])", [out("Series", "text/plain")]),
    "a Styler": ("pandas jinja2", f"import pandas as pd\n{FRAME}.style", [out("Styler", "text/html")]),
    "polars": ("polars", "import polars\npolars.DataFrame({'a': [1]})", [out("DataFrame", "text/html", "text/plain")]),
    "pyarrow": ("pyarrow", "import pyarrow\npyarrow.table({'a': [1]})", [out("Table", "text/plain")]),
    "PIL": ("PIL", "import PIL.Image\nPIL.Image.new('RGB', (4, 4))", [out("Image", "image/png", "text/plain")]),
    "plotly": (
        "plotly",
        "import plotly.graph_objects as go\ngo.Figure(go.Bar(y=[1, 2]))",
        [display(1, "Figure", "application/vnd.plotly.v1+json")],
    ),
    "altair": (
        "altair pandas",
        "import altair, pandas as pd\naltair.renderers.enable('mimetype')\naltair.Chart(pd.DataFrame({'a': [1]})).mark_bar().encode(x='a')",
        [out("Chart", "application/vnd.vegalite", "text/plain")],
    ),
    # not among the extras, for it brings an extension for JupyterLab; seen with ipympl 0.10.0 and ipywidgets 8.1.9
    "ipympl": (
        "ipympl",
        "%matplotlib widget\nimport matplotlib.pyplot as plt\nfig = plt.figure(); fig.add_subplot().plot([1, 2])\ndisplay(fig.canvas)\n%matplotlib inline",
        [display(1, "Canvas", "image/png")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_remembers_what_a_cell_shows_and_nothing_else(notebook, case):
    needs, source, expected = CASES[case]
    for module in needs.split():
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    shown = notebook.shown(source)
    assert [(x.kind, x.label) for x in shown] == [(kind, label.format(n=notebook.count)) for kind, label, _ in expected]
    for remembered, (_, _, kinds) in zip(shown, expected, strict=True):
        assert all(any(have.startswith(kind) for have in remembered.sizes) for kind in kinds), remembered.sizes


def test_what_waits_to_be_cleared_is_cleared_by_the_traceback_and_by_no_later_cell(notebook):
    notebook.run("display('a')\nclear_output(wait=True)\n1/0")
    assert notebook.remembered(notebook.count) == []
    notebook.run("display('a')\nclear_output(wait=True)")
    waiting = notebook.count
    notebook.run("print('x')")
    assert [x.label for x in notebook.remembered(waiting)] == [f"display 1 of [{waiting}] (str)"]


def test_a_display_is_known_by_the_running_cell_until_that_has_a_number(notebook):
    cell = notebook.run("display('a')\nprint(d.last()[0].label, d.last()[0].execution_count)")
    assert cell.printed == "display 1 of [*] (str) None\n"
    assert notebook.remembered(notebook.count)[0].execution_count == notebook.count


def test_displays_come_oldest_first_by_number_since_a_mark_and_by_cell(notebook):
    notebook.run("mark = d.mark\ndisplay('a', display_id='first');")
    notebook.run("display([1])")
    assert notebook.ask("[x.type_name for x in d.last(2)]") == ["str", "list"]
    assert notebook.ask("[x.type_name for x in d.since(mark)]") == ["str", "list"]
    assert notebook.ask("[x.type_name for x in d.all][-2:]") == ["str", "list"]
    assert notebook.ask("[len(d.last(0)), len(d.since(d.mark)), d.all[-1].number == d.mark]") == [0, 0, True]


def test_an_update_is_new_and_stays_in_its_cell(notebook):
    [before] = notebook.shown("display('a', display_id='later');")
    cell = notebook.count
    notebook.run("mark = d.mark\nupdate_display([1], display_id='later')")
    [after] = notebook.remembered(cell)
    assert (after.label, after.number > before.number) == (f"display 1 of [{cell}] (list)", True)
    assert notebook.ask("[x.display_id for x in d.since(mark)]") == ["later"]


def test_a_cell_that_runs_anew_forgets_what_it_showed_before(notebook):
    metadata = {"metadata": {"cellId": "abc"}}
    for text in ("one", "two"):
        message = notebook.kernel.client.session.msg("execute_request", {"code": f"display({text!r})", "silent": False})
        message["metadata"] = metadata["metadata"]
        notebook.kernel.client.shell_channel.send(message)
        notebook.kernel.client.get_shell_msg(timeout=20)
    assert notebook.ask("[[x.cell_id, x.data['text/plain']] for x in d.all if x.cell_id]") == [["abc", "'two'"]]


def test_an_object_lives_only_as_long_as_the_user_keeps_it(notebook):
    source = """
        class Big: pass
        a, b, c = Big(), Big(), Big()
        gone = [weakref.ref(x) for x in (a, b, c)]
        display(a)
        with capture_output(): display(b)
        c
    """
    notebook.run(source)
    assert notebook.ask("[x.value is not None for x in d.last(2)]") == [True, True]
    notebook.run(
        """
        del a, b
        shell.displayhook._ = shell.displayhook.__ = shell.displayhook.___ = shell.last_execution_result = None
        for space in (Out, shell.user_ns_hidden, shell.user_ns):
            for name in [name for name, value in space.items() if value is gone[2]()]:
                del space[name]
        gc.collect();
        """
    )
    assert notebook.ask("[ref() is None for ref in gone]") == [True, True, True]
    assert (
        notebook.ask("[[x.value, x.type_name, 'Big' in x.data['text/plain']] for x in d.last(2)]")
        == [[None, "Big", True]] * 2
    )


def test_a_frame_is_freed_and_what_it_showed_stays(notebook):
    pytest.importorskip("pandas")
    notebook.run(f"import pandas as pd\ndf = {FRAME}\ngone = weakref.ref(df)\ndisplay(df)")
    notebook.run("del df; gc.collect();")
    assert notebook.ask("[gone() is None, d.last()[0].value, 'a' in d.last()[0].data['text/plain']]") == [
        True,
        None,
        True,
    ]


def test_a_shown_object_changes_and_what_was_shown_does_not(notebook):
    notebook.run(
        "shared = {'x': 1}\nnote = {'y': [1]}\ndisplay({'application/json': shared}, raw=True, metadata=note)\nshared['x'] = 2; note['y'].append(2)"
    )
    assert notebook.ask("[d.last()[0].data, d.last()[0].metadata]") == [{"application/json": '{"x":1}'}, {"y": [1]}]


def test_a_figure_is_remembered_as_the_very_figure(notebook):
    pytest.importorskip("matplotlib")
    notebook.run("import matplotlib.pyplot as plt\nfig, ax = plt.subplots(); ax.plot([1, 2]);")
    assert notebook.ask("d.last()[0].value is fig") is True


def test_displays_are_bounded_in_count_and_in_bytes(notebook):
    notebook.run(
        """
        small = Displays(shell, most=5, most_bytes=100_000)
        small.install()
        for i in range(8): display(i)
        counted = [x.data['text/plain'] for x in small.all]
        for i in range(8): display({'image/png': b'x' * 20_000, 'text/plain': str(i)}, raw=True)
        weighed = [sum(map(len, x.data.values())) for x in small.all]
        display({'image/png': b'x' * 30_000}, raw=True)
        display({'image/png': b'x' * 30_000, 'text/plain': 'a picture'}, raw=True)
        large = [x.data for x in small.all[-2:]]
        display({'text/plain': 'x' * 90_000}, raw=True)
        display('x' * 24_000)
        small.uninstall()
        """
    )
    assert notebook.ask("counted") == ["3", "4", "5", "6", "7"]
    weighed = notebook.ask("weighed")
    assert len(weighed) == 4
    assert sum(weighed) < 100_000
    assert notebook.ask("large") == [
        {"text/plain": "[image/png, 30,033 bytes: too large to be kept]"},
        {"text/plain": "a picture"},
    ]


def test_a_failing_recorder_does_not_touch_the_cell(notebook):
    cell = notebook.run(
        """
        def broken(*args, **named): raise RuntimeError("odd")
        for name in ("show", "clear", "begin_cell", "end_cell"): setattr(d, name, broken)
        display('fine'); clear_output(wait=True)
        'last'
        """
    )
    after = notebook.run("'still'")
    notebook.run("for name in ('show', 'clear', 'begin_cell', 'end_cell'): delattr(d, name)")
    assert [cell.status, cell.printed, after.status, after.printed] == ["ok", "", "ok", ""]
    assert [output["data"]["text/plain"] for output in cell.outputs + after.outputs] == ["'last'", "'still'"]
    assert notebook.remembered(notebook.count - 2) == []


def test_a_failing_display_fails_as_ever(notebook):
    cell = notebook.run("display('not a bundle', raw=True)")
    assert cell.status == "error"
    assert "TypeError" in cell.error[-1]
    assert notebook.remembered(notebook.count) == []


@pytest.mark.parametrize("kept", ["as the kernel showed it", "rendered anew"])
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f():\n    return 1/0\nf()", ("ZeroDivisionError", "return 1/0", "division by zero")),
        ("x = )", ("SyntaxError", "x = )")),
        ("%no_such_magic", ("UsageError: Line magic function",)),
        ("from ofox_magic.errors import ConfigError\nraise ConfigError('one line')", ("ConfigError: one line",)),
        ("raise KeyboardInterrupt", ("KeyboardInterrupt",)),
        ("class Bad(Exception):\n def _render_traceback_(self): raise ValueError\nraise Bad('still')", ("Bad: still",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_is_remembered_as_the_plain_text_of_its_traceback(notebook, source, said, kept):
    forget = "def forget(): shell._last_traceback = None\nshell.events.register('post_execute', forget)"
    if kept == "rendered anew":  # as in a terminal
        notebook.run(forget)
    notebook.run(source)
    count = notebook.count
    if kept == "rendered anew":
        notebook.run("shell.events.unregister('post_execute', forget)")
    text = notebook.ask(f"d.error({count})")
    assert all(each in text for each in said)
    assert "\x1b" not in text


def test_errors_are_bounded(notebook):
    notebook.run("raise ValueError('x' * 50_000 + 'the end')")
    text = notebook.ask(f"d.error({notebook.count})")
    first = notebook.count
    assert len(text) == 16_000
    assert text.endswith("the end")
    for _ in range(20):
        notebook.run("1/0")
    assert notebook.ask(f"[d.error({first}), d.error({first + 1}) is None, d.error(10**6)]") == [None, False, None]


def test_an_error_keeps_nothing_of_the_cell_alive(notebook):
    notebook.run(
        """
        from types import SimpleNamespace
        class Big: pass
        def fail(refs):
            big = Big()
            refs.append(weakref.ref(big))
            1/0
        def failed():
            refs, info = [], SimpleNamespace(store_history=True)
            try: fail(refs)
            except ZeroDivisionError as error:
                d.begin_cell(info, None)
                d.end_cell(SimpleNamespace(info=info, execution_count=10**6, error_before_exec=None, error_in_exec=error))
            return refs
        [ref] = failed()
        shell.InteractiveTB.tb = None
        gc.collect();
        """
    )
    assert notebook.ask("[ref() is None, 'fail(refs)' in d.error(10**6)]") == [True, True]


def test_unloading_restores_every_method(notebook):
    before = notebook.ask("d.mark")
    notebook.run(
        """
        d.uninstall()
        restored = [(vars(owner).get(name), getattr(owner, name)) for owner, name in places] == untouched
        quiet = not any("ofox_magic" in str(f) for functions in shell.events.callbacks.values() for f in functions)
        display('unseen')
        d.uninstall()
        """
    )
    assert notebook.ask("[restored, quiet, d.mark]") == [True, True, before]
    notebook.run("d.install(); d.install()")
    assert len(notebook.shown("display('a')")) == 1


def test_the_streams_are_watched_only_while_a_clearing_waits(notebook):
    notebook.run(
        """
        import sys
        def writing(): return [vars(stream).get("write") for stream in (sys.stdout, sys.stderr)]
        before = writing()
        clear_output(wait=True); waiting = writing()
        print('x'); after = writing()
        clear_output(wait=True); display('a'); replaced = writing()
        clear_output(wait=True); d.uninstall(); unloaded = writing(); d.install()
        watched = [waiting != before, after == before, replaced == before, unloaded == before]
        """
    )
    assert notebook.ask("watched") == [True, True, True, True]


@pytest.mark.parametrize("order", ["ours first", "theirs first"])
def test_others_may_wrap_the_same_methods_and_unwrap_in_any_order(notebook, order):
    notebook.run(
        f"""
        from ofox_magic.jupyter.writes import ForeignWrites
        d.uninstall()
        d.install()
        theirs = ForeignWrites(shell)
        display('a'); both = [d.last()[0].data, theirs.count]
        first, second = (d.uninstall, theirs.stop) if {order!r} == 'ours first' else (theirs.stop, d.uninstall)
        mark = d.mark
        first(); display('b'); counted = theirs.count; second(); display('c'); seen = d.mark - mark
        restored = [(vars(owner).get(name), getattr(owner, name)) for owner, name in places] == untouched
        d.install()
        """
    )
    assert notebook.ask("both") == [{"text/plain": "'a'"}, 1]
    assert notebook.ask("[seen, counted]") == ([0, 2] if order == "ours first" else [1, 1])
    assert notebook.ask("restored") is True
    assert len(notebook.shown("display('a')")) == 1


def test_what_the_loading_cell_shows_gets_its_number_too(notebook):
    notebook.run("late = Displays(shell); late.install(); display('a')")
    assert notebook.ask("[x.execution_count for x in late.all]") == [notebook.count]
    notebook.run("late.uninstall()")


def test_many_threads_may_display_at_once(notebook):
    shown = notebook.shown(
        """
        def work(): [display([1]) for _ in range(50)]
        threads = [threading.Thread(target=work) for _ in range(6)]
        many = Displays(shell, most=1000); many.install()
        for t in threads: t.start()
        for t in threads: t.join()
        many.uninstall()
        """
    )
    assert len(shown) == 24
    assert notebook.ask("[x.number for x in many.all] == list(range(1, 301))") is True
    assert notebook.ask("{x.type_name for x in many.all} == {'list'}") is True


def test_nothing_heavy_is_imported_to_remember(tmp_path):
    kernel = Kernel(tmp_path)
    try:
        kernel.run("import sys; before = set(sys.modules)\n" + LOAD)
        cell = kernel.run(
            "display([1])\nprint({m.split('.')[0] for m in set(sys.modules) - before} & {'pandas', 'polars', 'matplotlib', 'PIL', 'plotly', 'narwhals', 'httpx'})"
        )
        assert cell.printed == "set()\n"
    finally:
        kernel.close()
