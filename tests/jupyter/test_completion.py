"""Completion as IPython gives it: in a shell and over a kernel's `complete_request`."""

import json
import subprocess
import sys
import time

import pytest
from IPython import version_info

from ofox_magic.gateway.catalogue_file import CatalogueFile, Fetched, default_directory

FRAME = "df = [{'a': 1}]"
PROGRAM = """\
import sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.completer import provisionalcompleter
from traitlets.config import Config

shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
shell.run_line_magic("load_ext", "ofox_magic")
shell.user_ns["df"] = [{"a": 1}]
reached = []
watched = ("socket.", "subprocess.")
sys.addaudithook(lambda event, _: reached.append(event) if event.startswith(watched) else None)
before = set(sys.modules)
for text in CELLS:
    with provisionalcompleter():
        assert [each.text for each in shell.Completer.completions(text, len(text))], text
print(reached, sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
heavy = {"httpx", "narwhals", "PIL", "pandas", "pydantic", "keyring", "markdown_it", "jsonschema"}
assert not reached
assert not heavy & (set(sys.modules) - before)
assert not {"httpx", "narwhals", "PIL"} & set(sys.modules)
"""


def completed(shell, text, cursor=None):
    """What is put in for what, as a front end is told."""
    from IPython.core.completer import provisionalcompleter, rectify_completions

    with provisionalcompleter():
        cursor = len(text) if cursor is None else cursor
        found = list(rectify_completions(text, shell.Completer.completions(text, cursor)))
    return [(text[each.start : each.end], each.text) for each in found]


def test_options_models_commands_and_names(shell):
    shell.run_cell(FRAME)
    shell.run_line_magic("ofox", "model openai/gpt-5")
    assert completed(shell, "%%ofox --det") == [("--det", "--detail")]
    assert completed(shell, "%%ofox --detail ") == [("", "auto"), ("", "low"), ("", "high")]
    assert completed(shell, "%%ofox gpt") == [("gpt", "openai/gpt-5")]
    assert completed(shell, "%ofox sw") == [("sw", "switch")]
    assert completed(shell, "%%ofox\nwhat of {d") == [("{d", "{df}")]
    assert completed(shell, "%%ofox\nwhat of {d}?", 17) == [("{d", "{df")]


def test_a_question_is_prose_and_no_python_is_offered(shell):
    shell.run_cell(FRAME)
    assert completed(shell, "%%ofox\nwhat does pri") == []
    assert completed(shell, "%%ofox\nwhat does df.app") == []
    assert completed(shell, "%%ofox -s 'pri") == []
    assert ("pri", "print") in completed(shell, "pri")
    assert ("\\alph", "\\alpha") in completed(shell, "%%ofox\n\\alph")


def test_files_are_offered_where_one_may_stand(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    shell.run_cell("notice = 'x'")
    assert {text for _, text in completed(shell, "%%ofox -a not")} == {"notice", "notes.txt"}
    assert completed(shell, "%ofox load not") == [("not", "notes.txt")]


def test_the_older_way_in_gives_the_same(shell):
    assert shell.complete("--det", "%%ofox --det", 12) == ("--det", ["--detail"])


def test_results_and_what_was_shown_can_be_named(shell):
    shell.run_cell("'a result'", store_history=True)
    names = [text for _, text in completed(shell, "%%ofox\nwhat of {")]
    assert f"{{Out[{shell.execution_count - 1}]}}" in names
    assert "{last}" in names


def test_reloaded_it_completes_once_and_unloaded_never(shell):
    before = list(getattr(shell.Completer, "custom_matchers", []))
    shell.run_line_magic("reload_ext", "ofox_magic")
    shell.run_line_magic("load_ext", "ofox_magic")
    assert completed(shell, "%%ofox --det") == [("--det", "--detail")]
    assert len(getattr(shell.Completer, "custom_matchers", [])) == len(before)
    shell.run_line_magic("unload_ext", "ofox_magic")
    assert ("--det", "--detail") not in completed(shell, "%%ofox --det")
    assert "_complete" not in vars(shell.Completer)
    assert not [each for each in getattr(shell.Completer, "custom_matchers", []) if "ofox" in repr(each)]


def test_models_are_those_that_the_catalogue_on_disk_has(shell, monkeypatch, tmp_path, gateway):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    records = [{"id": "vendor/newest-model"}, {"id": "vendor/other"}]
    CatalogueFile(default_directory()).write(gateway.base_url, Fetched(records, time.time()))
    assert completed(shell, "%%ofox new") == [("new", "vendor/newest-model")]
    assert not gateway.received


def test_a_keyring_is_not_asked_for_a_password(shell, monkeypatch):
    class Keyring:
        def get_password(self, *_):
            pytest.fail("the keyring was asked")

    monkeypatch.setitem(sys.modules, "keyring", Keyring())
    assert "--detail" in [text for _, text in completed(shell, "%%ofox ")]


def test_it_waits_for_no_lock_of_the_session(shell):
    import threading

    from ofox_magic import session

    held, done = threading.Event(), threading.Event()

    def hold():
        with session()._changed:
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    answered = threading.Thread(
        target=lambda: [completed(shell, text) for text in ("%%ofox ", "%ofox switch ", "%%ofox\n{")]
    )
    answered.start()
    answered.join(10)
    is_waiting = answered.is_alive()
    done.set()
    thread.join()
    answered.join()
    assert not is_waiting


def test_no_socket_is_opened_and_nothing_heavy_imported():
    cells = ["%%ofox ", "%%ofox --detail ", "%%ofox -T ", "%ofox ", "%ofox level ", "%%ofox\nwhat of {", "%%ofox\n@d"]
    program = PROGRAM.replace("CELLS", repr(cells))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_kernel_says_so_over_its_protocol(kernel):
    kernel.run(FRAME)
    for text, cursor, expected in [
        ("%%ofox --det", 12, (["--detail"], 7, 12)),
        ("%%ofox\nwhat of {d then", 17, (["{df}"], 15, 17)),
        ("%%ofox\nwhat does pri", 20, ([], 20, 20)),
        ("%ofox sw", 8, (["switch"], 6, 8)),
    ]:
        reply = kernel.complete(text, cursor)
        assert (reply["matches"], reply["cursor_start"], reply["cursor_end"]) == expected, json.dumps(reply)
    [shown] = kernel.complete("%%ofox\nwhat of {d", 17)["metadata"]["_jupyter_types_experimental"]
    assert (shown["text"], shown["type"]) == ("{df}", "table" if version_info >= (8, 6) else "<unknown>")
