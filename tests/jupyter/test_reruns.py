"""A cell that is run again asks its own turn again: in real kernels, with the ids that front ends give their cells."""

import pytest

from ofox_magic.practice import Script

from .kernel import Kernel
from .test_kernel import sent


def asked(gateway, number=-1):
    """What the request carried, a word for each message."""
    return [message["content"] for message in sent(gateway, number).json["messages"]]


@pytest.fixture
def say(kernel, kernel_gateway):
    """Runs a cell that asks, with a scripted answer; the cell's id is that of the front end."""

    def ask(question, answer, cell_id=None, line="%%ofox"):
        kernel_gateway.play(answer if isinstance(answer, Script) else Script(text=answer))
        return kernel.run(f"{line}\n{question}", cell_id=cell_id)

    return ask


def test_a_cell_run_again_replaces_its_turn_and_the_request_carries_the_turns_above_it(kernel, kernel_gateway, say):
    for name in "abc":
        say(f"q-{name}", f"a-{name}", cell_id=name)
    say("q-b, anew", "a-b, anew", cell_id="b")
    assert asked(kernel_gateway) == ["q-a", "a-a", "q-b, anew"]
    say("q-d", "a-d", cell_id="d")
    assert asked(kernel_gateway) == ["q-a", "a-a", "q-b, anew", "a-b, anew", "q-c", "a-c", "q-d"]
    history = kernel.run("%ofox history").printed
    assert [history.index(f"you: q-{name}") for name in "abcd"] == sorted(history.index(f"you: q-{n}") for n in "abcd")
    assert "2 versions: a-b, anew" in history
    assert "a-b\n" not in history


def test_several_questions_of_one_cell_keep_their_own_turns(kernel, kernel_gateway):
    cell = "for word in ('one', 'two'):\n    get_ipython().run_cell_magic('ofox', '', word)"
    for round_ in "12":
        kernel_gateway.play(Script(text=f"first {round_}"), Script(text=f"second {round_}"))
        assert kernel.run(cell, cell_id="loop").status == "ok"
    assert asked(kernel_gateway) == ["one", "first 2", "two"]
    assert kernel.run("from ofox_magic import session; print(len(session().turns))").printed == "2\n"


def test_a_cell_that_runs_a_cell_goes_on_counting(kernel, kernel_gateway):
    inner = "get_ipython().run_cell('%%ofox\\ninner')"
    cell = f"get_ipython().run_cell_magic('ofox', '', 'outer')\n{inner}\n{inner}"
    kernel_gateway.play(*(Script(text=text) for text in "xyz"))
    kernel.run(cell, cell_id="nested")
    assert kernel.run("from ofox_magic import session; print(len(session().turns))").printed == "3\n"


def test_what_a_cell_showed_before_it_runs_one_of_ours_is_not_cleared(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="the answer"))
    cell = kernel.run("print('before')\nget_ipython().run_cell('%%ofox\\ninner')")
    assert cell.outputs[0].get("text") == "before\n"
    assert "the answer" in cell.shown


def test_a_rerun_that_fails_before_any_text_leaves_the_old_answer_active(kernel, kernel_gateway, say):
    say("why", "because", cell_id="a")
    assert say("why not", Script(status=400), cell_id="a").status == "error"
    say("and", "so", cell_id="b")
    assert asked(kernel_gateway) == ["why", "because", "and"]


def test_an_older_version_can_be_made_the_one_that_counts_and_that_can_be_undone(kernel, kernel_gateway, say):
    say("q", "old", cell_id="a")
    say("q", "new", cell_id="a")
    listed = kernel.run("%ofox versions 1 1").printed.splitlines()
    assert [line[0] for line in listed] == ["*", " "]
    say("next", "x", cell_id="b")
    assert asked(kernel_gateway) == ["q", "old", "next"]
    kernel.run("%ofox undo")
    kernel.run("%ofox undo")
    say("next", "x", cell_id="b")
    assert asked(kernel_gateway) == ["q", "new", "next"]


def test_append_adds_a_turn_and_leaves_the_cells_own_as_it_is(kernel, kernel_gateway, say):
    say("q", "1", cell_id="a")
    say("q", "2", cell_id="a", line="%%ofox --append")
    assert asked(kernel_gateway) == ["q", "1", "q"]
    say("q", "3", cell_id="a")
    assert asked(kernel_gateway) == ["q"]


def test_an_id_names_a_turn_wherever_it_is_asked_from(kernel, kernel_gateway, say):
    say("q", "1", line="%%ofox --id intro")
    say("between", "2")
    say("q, again", "3", line="%%ofox --id intro")
    assert asked(kernel_gateway) == ["q, again"]
    assert kernel.run("%ofox history").printed.count("you:") == 2


def test_cells_without_an_id_append(kernel, kernel_gateway, say):
    say("q", "1")
    say("q", "2")
    assert asked(kernel_gateway) == ["q", "1", "q"]


def test_fresh_asks_without_the_turns_so_far_but_with_the_system_message(kernel, kernel_gateway, say):
    say("q", "1")
    kernel.run("%ofox system Be brief.")
    say("alone", "2", line="%%ofox --fresh")
    assert asked(kernel_gateway) == ["Be brief.", "alone"]
    say("then", "3")
    assert asked(kernel_gateway) == ["Be brief.", "q", "1", "alone", "2", "then"]


def test_max_history_sends_the_last_turns_only_and_says_so(kernel, kernel_gateway, say):
    kernel.run("%config OfoxMagics.max_history = 2")
    try:
        for number in range(3):
            say(f"q{number}", f"a{number}")
        cell = say("q3", "a3")
    finally:
        kernel.run("%config OfoxMagics.max_history = 0")
    assert asked(kernel_gateway) == ["q1", "a1", "q2", "a2", "q3"]
    assert "the last 2 of 3 turns go along" in cell.shown


def test_a_question_can_go_into_another_conversation_which_is_made_for_it(kernel, kernel_gateway, say):
    say("q", "1")
    say("elsewhere", "2", line="%%ofox --session aside")
    assert asked(kernel_gateway) == ["elsewhere"]
    assert kernel.run("%ofox switch").printed.split() == ["*", "main", "1", "turn", "aside", "1", "turn"]
    kernel.run("from ofox_magic import session; session().switch('main')")


def test_a_conversation_is_forked_and_both_go_on_alone(kernel, kernel_gateway, say):
    say("q", "1")
    kernel.run("%ofox fork try-out")
    say("there", "2")
    assert asked(kernel_gateway) == ["q", "1", "there"]
    kernel.run("%ofox switch main")
    say("here", "3")
    assert asked(kernel_gateway) == ["q", "1", "here"]
    assert "already" in kernel.run("%ofox fork try-out").error[0]
    assert "no conversation is called 'nowhere'" in kernel.run("%ofox switch nowhere").error[0]


def test_fit_leaves_the_oldest_turns_out_until_it_is_undone(kernel, kernel_gateway, say):
    for number in range(3):
        say(f"q{number}", f"a{number}")
    assert kernel.run("%ofox fit 2").printed.startswith("left out the oldest 2 turns · 1 turn left")
    say("q3", "a3")
    assert asked(kernel_gateway) == ["q2", "a2", "q3"]
    kernel.run("%ofox undo")
    kernel.run("%ofox undo")
    assert kernel.run("%ofox history").printed.count("you:") == 3
    assert "expected a number from 1 to 3, got '4'" in kernel.run("%ofox fit 4").printed


def test_a_table_that_changed_since_it_was_sent_is_said_once_with_its_rows(kernel, say):
    kernel.run("rows = [{'a': 1}, {'a': 2}, {'a': 3}]")
    say("look at {rows}", "yes")
    kernel.run("rows = rows[:2]")
    assert "rows had 3 rows and has 2 since it was sent" in say("and now?", "hm").shown
    assert "since it was sent" not in say("and now?", "hm").shown


def test_a_table_that_is_sent_again_or_is_as_it_was_is_not_said(kernel, say):
    kernel.run("rows = [{'a': 1}]")
    say("look at {rows}", "yes")
    assert "since it was sent" not in say("go on", "yes").shown
    kernel.run("rows = [{'a': 1}, {'a': 2}]")
    assert "since it was sent" not in say("look at {rows}", "yes").shown


def test_a_conversation_comes_back_after_the_kernel_and_its_cells_still_replace_their_turns(kernel_gateway, tmp_path):
    home = {name: str(tmp_path) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME")}
    here = {**home, "OFOX_BASE_URL": kernel_gateway.base_url, "OFOX_JOURNAL": "1", "JPY_SESSION_NAME": "/x/tour.ipynb"}
    for first in (True, False):
        kernel = Kernel(tmp_path, **here)
        try:
            kernel.run("%load_ext ofox_magic")
            kernel_gateway.play(*(Script(text=text) for text in (("one", "two") if first else ("three",))))
            if first:
                kernel.run("%%ofox\nq1", cell_id="a")
                kernel.run("%%ofox\nq2", cell_id="b")
            else:
                head, line, *_, hint = kernel.run("%ofox sessions").printed.splitlines()
                assert head == "N  last change  length   notebook    first question"
                assert line == "1  just now     2 turns  tour.ipynb  q1"
                assert hint == "%ofox resume N goes on in one of them"
                assert kernel.run("%ofox resume").printed == "went on where tour.ipynb was: main (2 turns)\n"
                kernel.run("%%ofox\nq2, again", cell_id="b")
                assert asked(kernel_gateway) == ["q1", "one", "q2, again"]
        finally:
            kernel.close()


def test_without_a_journal_resume_says_why_there_is_none(kernel):
    assert "OFOX_JOURNAL=1" in kernel.run("%ofox resume").error[0]


def test_nothing_is_written_while_the_journal_is_off(kernel_gateway, tmp_path):
    home = {"XDG_DATA_HOME": str(tmp_path / "data"), "OFOX_BASE_URL": kernel_gateway.base_url, "OFOX_JOURNAL": "0"}
    kernel = Kernel(tmp_path, **home)
    try:
        kernel.run("%load_ext ofox_magic")
        kernel.run("%%ofox\nq1")
        assert not list(tmp_path.glob("data/**/*.sqlite3*"))
        kernel.run("import os; os.environ['OFOX_JOURNAL'] = '1'")
        kernel.run("%%ofox\nq2")
        assert list(tmp_path.glob("data/**/*.sqlite3"))
    finally:
        kernel.close()


def test_conversations_go_into_a_file_and_come_back(kernel, kernel_gateway, say, tmp_path):
    say("q", "1")
    file = tmp_path / "talk.json"
    assert kernel.run(f"%ofox save {file}").printed.startswith(f"wrote {file}: main (1 turn)")
    assert kernel.run(f"%ofox save {file}").printed.startswith(f"replaced {file}")
    kernel.run("%ofox clear")
    assert kernel.run(f"%ofox load {file}").printed.startswith(f"read {file}: main (1 turn)")
    say("next", "2")
    assert asked(kernel_gateway) == ["q", "1", "next"]
    assert ".json" in kernel.run("%ofox save talk.txt").printed
