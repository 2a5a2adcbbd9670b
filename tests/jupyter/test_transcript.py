"""The conversation as something to be read: in a cell, as markdown, as a page. Safe, whole, without the key."""

import os
import re

import pytest

from ofox_magic import Image, session
from ofox_magic.jupyter.transcript import closed
from ofox_magic.practice import Script

from .test_sent import NAMES, shown, words
from .test_shell import ok, run

EVIL = '<img src=x onerror=alert(1)><script>1</script> ![p](https://x.example/p.png) [a](javascript:1) " onload="1'


@pytest.fixture
def page(shell, tmp_path):
    """Writes the transcript as a page, and returns that."""

    def write():
        ok(shell, f"%ofox transcript --to {tmp_path}/talk.html")
        return (tmp_path / "talk.html").read_text("utf-8")

    return write


def test_it_has_what_was_said_by_whom_and_how_it_ended(shell, gateway):
    gateway.play(Script(text="**Forty-two**"), Script(text="never the end", cut_after=600), Script(status=400))
    ok(shell, "%%ofox practice/echo\nWhat is it?")
    run(shell, "%%ofox\nand then?")
    run(shell, "%%ofox\nrefused")
    bundle = shown(shell, "%ofox transcript")
    markdown = bundle["text/plain"]
    assert markdown.startswith("# main · 3 turns\n\n## 1\n\n> What is it?\n\n### practice/echo · ")
    assert "\n**Forty-two**\n" in markdown
    assert re.search(r"### openai/gpt-4o-mini · broke off\n\nnever", markdown)
    assert re.search(r"> refused\n\n### openai/gpt-4o-mini · failed\n\n.*400", markdown)
    assert "<strong>Forty-two</strong>" in bundle["text/html"]
    assert "openai/gpt-4o-mini · failed" in words(bundle["text/html"])


def test_only_the_version_that_counts_is_in_it(shell, gateway):
    gateway.play(Script(text="one"), Script(text="two"))
    ok(shell, "%%ofox --id a\nfirst")
    ok(shell, "%%ofox --id a\nsecond")
    assert "first" not in shown(shell, "%ofox transcript")["text/plain"]
    ok(shell, "%ofox versions 1 1")
    text = shown(shell, "%ofox transcript")["text/plain"]
    assert ("first" in text, "second" in text) == (True, False)


def test_what_went_along_is_a_chip_and_a_small_picture(shell):
    ok(shell, f"from ofox_magic import session\n{NAMES}")
    ok(shell, "%%ofox\nlook at {large} and {df}")
    bundle = shown(shell, "%ofox transcript")
    assert "> look at [picture large] and [table df]\n" in bundle["text/plain"]
    assert "- df · table · 3 rows × 3 columns" in bundle["text/plain"]
    [picture] = re.findall(r'<img src="([^"]*)"', bundle["text/html"])
    assert len(picture) < 64 << 10


def test_a_page_has_its_pictures_as_they_were_sent_and_loads_nothing(shell, page, gateway):
    ok(shell, f"from ofox_magic import session\n{NAMES}")
    gateway.play(Script(text=f"{EVIL} ![q](https://x.example/q.png)"))
    ok(shell, "%%ofox -a https://x.example/a.png\nlook at {noise}")
    html = page()
    sent = re.search(r"data:image/png;base64,[A-Za-z0-9+/=]+", gateway.received[0].body.decode())[0]
    assert f'<img src="{sent}"' in html
    assert html.count("<img") == 1
    assert set(re.findall(r' (?:src|href)="([a-z]+:)', html)) <= {"data:", "https:"}
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html


def test_nothing_that_was_said_is_markup(shell, page, gateway):
    gateway.play(Script(text=EVIL))
    ok(shell, f"%%ofox --raw\n{EVIL}")
    session().ask(Image(b"GIF89a" + b"x" * 20, media_type="image/gif", name=EVIL), EVIL).wait()
    for html in (shown(shell, "%ofox transcript")["text/html"], page()):
        body = html.rpartition("</style>")[2]
        tags = re.findall(r"<([a-z0-9]+)((?:\s[^>]*)?)>", body)
        assert "script" not in {tag for tag, _ in tags}
        attributes = {
            name for _, text in tags for name in re.findall(r'\s([\w-]+)(?==")', re.sub('"[^"]*"', '""', text))
        }
        assert attributes <= {"class", "src", "alt", "href", "rel", "target", "title", "open"}
        assert "onerror" in words(body)


def test_calls_and_what_they_gave_are_in_it(shell, gateway):
    ok(shell, f"from ofox_magic import session\n{NAMES}\n_ = session().tool(safe=True)(add)")
    gateway.play(Script(tool_calls=(("c1", "add", '{"a": 1, "b": 2}'),)), Script(text="three"))
    ok(shell, "%%ofox -T add\none and two")
    bundle = shown(shell, "%ofox transcript")
    assert '```\nadd({"a": 1, "b": 2})\n```\n\n```\n3\n```\n\nthree' in bundle["text/plain"]
    assert "result · 3" in words(bundle["text/html"])


def test_a_file_is_written_whole_and_an_old_one_is_said_to_be_replaced(shell, tmp_path):
    ok(shell, "%%ofox\nGrüße")
    for name in ("talk.md", "talk.html"):
        assert ok(shell, f"%ofox transcript --to {tmp_path}/{name}") == f"wrote {tmp_path}/{name}: main · 1 turn\n"
        assert ok(shell, f"%ofox transcript --to {tmp_path}/{name}") == f"replaced {tmp_path}/{name}: main · 1 turn\n"
        assert "Grüße" in (tmp_path / name).read_text("utf-8")
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["--to talk.pdf", "--to talk", "--to", "x", "--ot a.md", "'"])
def test_what_it_cannot_be_is_one_line(shell, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ok(shell, "%%ofox\nhello")
    printed, error = run(shell, f"%ofox transcript {line}")
    assert type(error).__name__ == "UsageError"
    assert "%ofox transcript" in printed
    assert not list(tmp_path.glob("talk*"))


def test_a_key_that_was_said_is_in_none_of_it(shell, page, gateway, monkeypatch, tmp_path):
    key = "of-" + os.urandom(16).hex()
    monkeypatch.setenv("OFOX_API_KEY", key)
    gateway.play(Script(text=f"your key is `{key}`\n\n```python\nkey = '{key}'\n```"))
    ok(shell, f"%%ofox\nmy key is {key}")
    ok(shell, f"%ofox transcript --to {tmp_path}/talk.md")
    bundle = shown(shell, "%ofox transcript")
    for text in (bundle["text/html"], bundle["text/plain"], page(), (tmp_path / "talk.md").read_text("utf-8")):
        assert "[key]" in words(text)
        assert not [at for at in range(len(key) - 11) if key[at : at + 12] in text]


def test_an_empty_conversation_is_said_to_be_empty(shell):
    assert shown(shell, "%ofox transcript")["text/plain"] == "# main · 0 turns\n"


@pytest.mark.parametrize(
    ("cut", "end"),
    [
        ("text", ""),
        ("```\ncode", "\n```"),
        ("````python\n```\ncode", "\n````"),
        ("~~~\n```\nx", "\n~~~"),
        ("```\nx\n```\ntext", ""),
        ("```\nx\n``", "\n```"),
        ("```a`b\ntext", ""),
        ("1. x\n   ```\n   y", "\n   ```"),
    ],
)
def test_a_fence_that_was_cut_open_is_closed(cut, end):
    assert closed(cut) == cut + end
