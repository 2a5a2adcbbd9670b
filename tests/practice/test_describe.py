"""What it says about a request."""

import io
import json

import hypothesis.strategies as st
import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from PIL import Image

from ofox_magic.practice.describe import as_data, describe
from ofox_magic.practice.quoting import cell, code, fenced
from ofox_magic.practice.request import read_request

from .conftest import as_url, picture, unhurried

HELLO = {"role": "user", "content": "Hello"}


def said(*content, **more):
    message = {"role": "user", "content": list(content)}
    return describe(read_request({"model": "practice/echo", "messages": [message], **more}))


def text(words):
    return {"type": "text", "text": words}


def image(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


def test_it_says_that_it_is_no_language_model():
    assert "Practice gateway" in said(text("Hi"))
    assert "no language model" in said(text("Hi"))


def test_it_says_so_in_the_first_answer_of_a_conversation_only():
    messages = [HELLO, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "And now?"}]
    answer = describe(read_request({"model": "m", "messages": messages}))
    assert answer.startswith("### Practice gateway\n\n- **Messages:** 3")
    assert "no language model" not in answer
    assert "OFOX_API_KEY" not in answer


def test_it_says_what_was_asked_and_how_long_that_is():
    answer = said(text("Why the dip in March?"))
    assert "**You wrote** 21 characters:\n\n```text\nWhy the dip in March?\n```" in answer


def test_a_question_of_one_character_is_not_one_characters():
    assert "**You wrote** 1 character:" in said(text("?"))


def test_a_long_question_is_shortened_and_its_true_length_told():
    answer = said(text("word " * 1000))
    assert "5,000 characters" in answer
    assert len(answer) < 1200
    assert "…" in answer


def test_a_question_of_many_lines_shows_the_first_of_them():
    answer = said(text("\n".join(f"line {number}" for number in range(50))))
    assert "line 7" in answer
    assert "line 8" not in answer


def test_the_messages_are_counted_by_role_and_the_newest_question_is_the_one_shown():
    messages = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "first question"},
        {"role": "assistant", "content": "first answer"},
        {"role": "user", "content": "second question"},
    ]
    answer = describe(read_request({"model": "m", "messages": messages}))
    assert "**Messages:** 4 (1 system, 2 user, 1 assistant)" in answer
    assert "**System message:** `Be brief`" in answer
    assert "second question" in answer
    assert "first question" not in answer


def test_a_table_is_known_by_its_heading_and_told_by_its_shape():
    answer = said(text("Why?"), text("Table `sales`: 1,200 rows × 3 columns\na,b,c\n1,2,3"))
    assert "- table `sales`: 1,200 rows × 3 columns" in answer
    assert "a,b,c" not in answer
    assert "**You wrote** 4 characters" in answer


def test_a_table_without_a_name_is_known_too():
    assert "- table: 1 row × 1 column" in said(text("Table: 1 row × 1 column\nx\n1"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_an_image_is_told_by_its_format_and_pixels(kind):
    assert f"- image 1: {kind}, 1,234 × 56 pixels, detail low" in said(
        text("?"), image(picture(kind, (1234, 56)), detail="low")
    )


def test_images_of_other_bytes_and_the_same_pixels_are_told_alike():
    buffer = io.BytesIO()
    Image.effect_noise((7, 5), 90).save(buffer, "PNG")
    other = as_url(buffer.getvalue(), "image/png")
    assert other != picture()
    assert said(image(other)) == said(image(picture()))


def test_a_picture_that_is_not_what_its_address_says_is_told():
    assert "JPEG, 7 × 5 pixels, sent as `image/png`" in said(image(picture("JPEG", mime="image/png")))
    assert "sent as" not in said(image(picture("JPEG", mime="image/jpg")))


def test_marks_stand_in_the_question_where_something_was_between():
    answer = said(text("Compare "), image(picture()), text(" with "), image(picture()), text("!"), image(picture()))
    assert "Compare [image 1] with [image 2]!\n```" in answer
    assert answer.count("- image") == 3


def test_texts_that_came_apart_stand_on_lines_of_their_own():
    assert "```text\none\ntwo[image 1]three\n```" in said(text("one"), text("two"), image(picture()), text("three"))


def test_an_image_at_an_address_is_named_by_its_host():
    answer = said(image("https://user:pass@example.com/secret.png?token=1"))
    assert "- image 1: at `example.com`, not fetched" in answer
    assert "token" not in answer
    assert "pass" not in answer


def test_an_address_that_is_none_is_no_crash():
    assert "not fetched" in said(image("https://[broken"))


def test_a_message_without_text_says_so():
    assert "You wrote no text." in said(image(picture()))


def test_a_request_without_a_question_says_so():
    request = read_request({"model": "m", "messages": [{"role": "system", "content": "x"}]})
    assert "You wrote no text." in describe(request)


def test_the_parameters_are_a_sorted_table_of_json():
    answer = said(text("?"), temperature=0.2, max_tokens=5, stop=["a|b"], stream=True, practice={"delay": 1})
    table = answer[answer.index("| parameter") :].split("\n\n")[0].splitlines()
    assert table[2:] == [
        "| `max_tokens` | `5` |",
        '| `model` | `"practice/echo"` |',
        '| `stop` | `["a\\|b"]` |',
        "| `temperature` | `0.2` |",
    ]


def test_tools_are_told_by_their_names():
    tools = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("one", "two")]
    assert '| `tools` | `["one", "two"]` |' in said(text("?"), tools=tools, tool_choice="none")


def test_what_the_tools_gave_back_is_told_with_the_tools_names():
    function = {"name": "weather", "arguments": "{}"}
    messages = [
        HELLO,
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "function": function}]},
        {"role": "tool", "tool_call_id": "a", "content": "sunny"},
    ]
    answer = describe(read_request({"model": "m", "messages": messages}))
    assert "**Your tools gave back:**\n\n- `weather`: `sunny`, 5 characters" in answer


def test_the_same_as_data_is_json():
    message = {"role": "user", "content": [text("Why?"), image(picture())]}
    data = as_data(read_request({"model": "m", "messages": [message], "temperature": 1}))
    assert json.loads(json.dumps(data)) == data
    assert data["text"] == "Why?"
    assert data["attached"] == ["image 1: PNG, 7 × 5 pixels"]
    assert data["parameters"] == {"model": "m", "temperature": 1}


SIGNS = ["```", "`", "~~~", "|", "\\", "\0", "\n", "\r", "\t", " ", "<", "*", "_", "](", "#", "- ", "> "]
ANY_TEXT = st.lists(st.one_of(st.sampled_from(SIGNS), st.characters()), max_size=40).map("".join)
MARKDOWN = MarkdownIt("commonmark").enable("table")


@unhurried
@given(ANY_TEXT)
def test_no_text_breaks_out_of_its_fence(words):
    tokens = MARKDOWN.parse(f"before\n\n{fenced(words)}\n\nafter")
    assert [token.type for token in tokens if token.nesting >= 0 and token.type != "inline"] == [
        "paragraph_open",
        "fence",
        "paragraph_open",
    ]


@unhurried
@given(ANY_TEXT)
def test_no_text_breaks_out_of_inline_code(words):
    inline = MARKDOWN.parse(f"- before {code(words)} after")[3]
    kinds = [(token.type, token.content) for token in inline.children]
    if words.split():
        flat = " ".join(words.replace("\0", "\ufffd").split())
        assert kinds == [("text", "before "), ("code_inline", flat), ("text", " after")]
    else:
        assert kinds == [("text", "before (empty) after")]


@unhurried
@given(ANY_TEXT)
def test_no_text_breaks_out_of_a_cell(words):
    tokens = MARKDOWN.parse(f"| a | b |\n| --- | --- |\n| {cell(words)} | last |\n")
    cells = [token.content for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    assert cells[3] == "last"
