"""A conversation out of a saved notebook, as our own cells leave it."""

import json
from types import SimpleNamespace

import pytest

from ofox_magic.chat.parts import Opaque, Text
from ofox_magic.chat.session import Session
from ofox_magic.errors import ConfigError, ServerError
from ofox_magic.gateway.wire import request_body
from ofox_magic.jupyter import bundle, options
from ofox_magic.notebook_file import load_notebook
from ofox_magic.testing import ScriptedTransport


def read_line(line):
    return options.parse(line, {})


def output(data, metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def cell(source, *outputs):
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}, "execution_count": 1}


@pytest.fixture
def notebook(tmp_path):
    def write(*cells):
        path = tmp_path / "notebook.ipynb"
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}))
        return path

    return write


def answered(*answers, **given):
    """What our own code shows for *answers*, as saved outputs."""
    session = Session(ScriptedTransport(*answers), default_model=lambda: "m")
    outputs = []
    for number in range(len(answers)):
        turn = session.ask(f"q{number}", key=f"cell-{number}")
        turn.wait(5)
        outputs.append(output(*bundle.of_turn(turn, bundle.footer(turn, 1.0), **given)))
    return session, outputs


def test_questions_and_answers_come_back_as_they_were(notebook):
    session, (first, second) = answered("An *answer*.", "Another\n\nwith `code`.")
    found = load_notebook(notebook(cell("%%ofox\nq0", first), cell("%%ofox\nq1\n", second)), read_line)
    assert found.conversation.exchanges == tuple(session.conversations["main"].exchanges)


def test_the_line_gives_model_system_name_and_what_was_attached(notebook):
    _, (shown,) = answered("a")
    shown["metadata"]["ofox"] |= {"model": None, "asked_model": None}
    source = '%%ofox openai/gpt-4o -s "Be short." --name ada -a fig -a data.csv -t 0.2\nWhat is {df}?'
    found = load_notebook(notebook(cell(source, shown)), read_line)
    (exchange,) = found.conversation.exchanges
    question = exchange.version.question[0]
    assert question.parts[0] == Text("What is {df}?")
    assert [part.label for part in question.parts[1:]] == [
        "fig · attachment · not stored",
        "data.csv · attachment · not stored",
    ]
    assert (exchange.version.model, question.name) == ("openai/gpt-4o", "ada")
    assert found.systems == {exchange.id: "Be short."}


def test_what_is_not_stored_is_not_sent(notebook):
    _, (shown,) = answered("a")
    found = load_notebook(notebook(cell("%%ofox -a fig\nq", shown)), read_line)
    messages = found.conversation.messages()
    assert any(isinstance(part, Opaque) for part in messages[0].parts)
    request = SimpleNamespace(model="m", messages=messages, stream=False, params={})
    assert request_body(request)["messages"][0] == {"role": "user", "content": "q"}


def test_a_line_that_cannot_be_read_costs_only_what_it_says(notebook):
    _, (shown,) = answered("a")
    found = load_notebook(notebook(cell("%%ofox --option tools=@gone --later-option\nq", shown)), read_line)
    assert found.conversation.exchanges[0].version.question[0].text == "q"


def test_other_cells_and_cells_without_an_answer_are_passed_over(notebook):
    _, (shown,) = answered("a")
    other = output({"text/plain": "3"}, {})
    found = load_notebook(
        notebook(
            {"cell_type": "markdown", "source": "%%ofox\nnot code"},
            cell("1 + 2", other),
            cell("%%ofoxy\nq", shown),
            cell("%%ofox\nnever run"),
            cell("%%ofox\nq", other, shown),
            "no cell",
        ),
        read_line,
    )
    assert len(found.conversation) == 1


def test_text_as_lists_of_lines_is_joined(notebook):
    _, (shown,) = answered("one\ntwo")
    shown["data"]["text/plain"] = ["one\n", "two"]
    found = load_notebook(notebook(cell(["%%ofox\n", "a\n", "b"], shown)), read_line)
    version = found.conversation.exchanges[0].version
    assert (version.question[0].text, version.answer.text) == ("a\nb", "one\ntwo")


def test_a_failed_turn_has_no_answer_and_is_not_sent(notebook):
    _, (shown,) = answered(ServerError("down", status=500))
    found = load_notebook(notebook(cell("%%ofox\nq", shown)), read_line)
    version = found.conversation.exchanges[0].version
    assert (version.answer, version.status) == (None, "failed")
    assert found.conversation.messages() == ()


def test_the_stretches_of_an_answer_that_others_wrote_between_are_one(notebook):
    session = Session(ScriptedTransport("one two"), default_model=lambda: "m")
    turn = session.ask("q")
    turn.wait(5)
    first, second = (output(*bundle.of_text(turn, text)) for text in ("one ", "two"))
    live = output(*bundle.live("<p>gone</p>", turn.id))
    live["data"]["text/plain"] = "gone"
    found = load_notebook(
        notebook(cell("%%ofox\nq", first, output({"text/plain": "other"}, {}), live, second)), read_line
    )
    assert found.conversation.exchanges[0].version.answer.text == "one two"


def test_a_copied_cell_is_a_turn_of_its_own(notebook):
    _, (shown,) = answered("a")
    found = load_notebook(notebook(cell("%%ofox\nq", shown), cell("%%ofox\nq", shown)), read_line)
    first, second = found.conversation.exchanges
    assert first.id != second.id
    assert (first.key, second.key) == ("cell-0", None)


def test_outputs_that_are_the_same_every_time_name_no_turn_and_are_read_with_their_keys(notebook):
    _, (first, second) = answered("a", "b", stable=True)
    assert "turn" not in first["metadata"]["ofox"]
    cells = [cell("%%ofox\nq", shown) for shown in (first, second, second)]
    exchanges = load_notebook(notebook(*cells), read_line).conversation.exchanges
    assert [exchange.key for exchange in exchanges] == ["cell-0", "cell-1", None]
    assert len({exchange.id for exchange in exchanges}) == 3


def test_metadata_that_is_not_ours_to_read_is_passed_over(notebook):
    _, (shown, odd) = answered("a", "b")
    odd["metadata"]["ofox"] |= {"usage": {"prompt_tokens": "many"}}
    found = load_notebook(notebook(cell("%%ofox\nq", odd), cell("%%ofox\nq", shown)), read_line)
    assert len(found.conversation) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no notebook"),
        (b"{}", "format 4"),
        (b'{"worksheets": []}', "format 4"),
        (b'{"cells": [3, {"source": 7, "outputs": {}}]}', "no answered %%ofox cell"),
    ],
)
def test_a_file_that_is_no_notebook_gives_one_line(tmp_path, content, words):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        load_notebook(path, read_line)


def test_a_notebook_that_is_not_there_gives_one_line(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        load_notebook(tmp_path / "none.ipynb", read_line)
