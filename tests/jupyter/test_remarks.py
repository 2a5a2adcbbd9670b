"""What is said of a question before it is answered."""

import pytest

from ofox_magic.chat.parts import Image, Inserted, Text
from ofox_magic.chat.transport import ModelCard
from ofox_magic.jupyter.remarks import of_output, of_question

PICTURE = Image(b"x")


def said(*parts, card=None, tokens=10, turns=0, max_history=None):
    return list(of_question(parts, card, tokens=tokens, turns=turns, max_history=max_history))


def test_pictures_for_a_model_that_takes_none_are_remarked():
    blind = ModelCard("m/blind", inputs=frozenset({"text"}))
    assert said(PICTURE, card=blind) == ["m/blind is listed as taking text and no pictures: see %ofox models"]
    assert said(Text("a"), card=blind) == []


@pytest.mark.parametrize("card", [None, ModelCard("m/unknown"), ModelCard("m/sees", inputs=frozenset({"image"}))])
def test_pictures_for_a_model_that_takes_them_or_of_which_nothing_is_known_are_not(card):
    assert said(PICTURE, card=card) == []


def test_a_conversation_that_hardly_fits_the_model_is_remarked_with_what_to_do():
    card = ModelCard("m/small", context_length=1000)
    assert said(Text("a"), card=card, tokens=899) == []
    [remark] = said(Text("a"), card=card, tokens=1234)
    assert remark.startswith("this conversation is ≈1,234 tokens and m/small takes 1,000: %ofox fit")


def test_a_large_text_goes_along_with_its_size_said():
    text = "word " * 10_000
    assert said(Text("see " + text, (Inserted("log", "str", 40_000),))) == []
    assert said(Text(text)) == [], "what was typed is known to who typed it"
    [remark] = said(Text(f"see {text}, {text}", (Inserted("log", "str", 50_000), Inserted("short", "str", 50))))
    assert remark.startswith("log goes along whole: 50.0 kB of text, ≈10,0")
    assert "tokens" in remark


def test_turns_that_do_not_go_along_are_counted():
    assert said(Text("a"), turns=5, max_history=5) == []
    assert said(Text("a"), turns=6, max_history=5) == ["the last 5 of 6 turns go along (OfoxMagics.max_history)"]
    assert said(Text("a"), turns=6, max_history=0) == []


def test_an_answer_that_takes_the_place_of_a_table_is_remarked():
    pandas = pytest.importorskip("pandas")
    names = {"df": pandas.DataFrame({"a": [1]}), "answer": "old"}
    assert list(of_output("df", names)) == ["-o df puts the answer in the place of a DataFrame"]
    assert [list(of_output(name, names)) for name in ("answer", "new", None)] == [[], [], []]
