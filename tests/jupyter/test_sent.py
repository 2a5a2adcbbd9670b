"""What is shown before and after sending is what the gateway received, to the byte; and nothing else is shown."""

import json
import os
import re
from html import unescape

import pytest
from IPython.utils.capture import capture_output

from ofox_magic import session
from ofox_magic.jupyter.shown_json import KEY_WITHIN, shown_json
from ofox_magic.practice import Script

from .test_shell import ok, run

NAMES = """
import matplotlib.pyplot as plt, numpy as np, pandas as pd
from PIL import Image as Pictures
df = pd.DataFrame({"month": ["May", "June", None], "visits": [120, 90, 3], "größe": [1.5, float("nan"), 2]})
wide = pd.DataFrame({f"c{n}": range(3) for n in range(60)})
array = np.arange(12).reshape(3, 4)
pic = Pictures.radial_gradient("L").resize((320, 200)).convert("RGB")
noise = Pictures.frombytes("RGB", (90, 60), bytes(n * n % 251 for n in range(90 * 60 * 3)))
large = Pictures.linear_gradient("L").resize((2400, 1200))
number, text, braces = 42, "grüße — 你好 🦊", "{df} and @pic"
fig, axes = plt.subplots(); axes.plot([1, 3, 2]); plt.close(fig)
my_tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object", "properties": {}}}}
def add(a: int, b: int) -> int:
    "Add two numbers."
    return a + b
_ = session().tool(add)
"""
TINY = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
CASES = [
    "%%ofox\nplain",
    "%%ofox practice/echo\nanother model",
    "%%ofox gpt-4o\nan alias",
    "%%ofox -s 'Be brief.'\nwith a system message",
    "%%ofox -s 'Grüße 🦊'\nwith another",
    "%%ofox -t 0.2\none option",
    "%%ofox -t 1\nan integer stays one",
    "%%ofox --top-p .5 --frequency-penalty -1 --presence-penalty 2\nthree options",
    "%%ofox --max-tokens 300\nhow long",
    "%%ofox --stop END\none end",
    "%%ofox --stop END --stop '\\n\\n'\ntwo ends",
    "%%ofox --option seed=7\na seed",
    '%%ofox --option response_format=\'{"type": "json_object"}\'\nas JSON',
    "%%ofox --option response_format=@schema\nby a schema",
    "%%ofox --option logit_bias='{\"50256\": -100}'\nan object",
    '%%ofox --option metadata=\'{"größe": "ü"}\'\nan umlaut as a key',
    "%%ofox --option user=anna --name Anna\na name",
    "%%ofox --option stream_options='{\"include_usage\": false}'\nwhat is set wins",
    "%%ofox --option tools=@my_tools --tool-choice auto\ntools by hand",
    "%%ofox --option tools=@my_tools --tool-choice weather\none of them",
    "%%ofox -T add\na tool of the session",
    "%%ofox --reasoning-effort low\nthink little",
    "%%ofox --routing cost --fallback practice/echo,openai/gpt-4o\nthe gateway's own",
    '%%ofox --provider \'{"type": "azure"}\'\nand its provider',
    "%%ofox --no-stream\nin one piece",
    "%%ofox --fresh\nwithout the turns so far",
    "%%ofox --session other\nin another conversation",
    "%%ofox --session other -s 'There.'\nand again there",
    "%%ofox --append\nappended",
    "%%ofox --id here\nby a name",
    "%%ofox --id here\nthe same anew",
    "%%ofox\na table: {df}",
    "%%ofox --level schema\nits schema: {df}",
    "%%ofox --level full\nall of @df",
    "%%ofox\nmany columns {wide}",
    "%%ofox\nan array {array}",
    "%%ofox\na picture {pic}",
    "%%ofox --detail low\nnot closely {pic}",
    "%%ofox\ntwice {pic} and @pic",
    "%%ofox\na noisy one {noise} and a large one {large}",
    "%%ofox\na figure {fig}",
    "%%ofox -a df -a pic\nattached",
    "%%ofox -a https://pictures.example.org/a.png\nan address",
    f"%%ofox -a {TINY}\na data address",
    "%%ofox -a note.txt\na file",
    "%%ofox --see\nwhat was shown",
    "%%ofox --see 1\nthe last display",
    "%%ofox\nnumber {number}, text {text}, @text",
    "%%ofox\nno second reference: {braces}",
    "%%ofox --raw\nas it is typed {df} @pic {{number}}",
    "%%ofox\n`{df}` in code, $x_{number}$ in math, {{number}} doubled",
    '%%ofox\n"quotes" \\ back \\n slash \t tab </script> & < > \u2028 \u00a0 end',
    "%%ofox\nשלום \u202e العربية e\u0301 👩‍👩‍👧 \U0001f98a \x7f",
    "%%ofox\n\n  leading blanks, trailing ones  \n\n",
    "%%ofox\n{In[1]} and {Out[2]}",
]


def body_of_draft(shell, cell):
    """The bytes that a dry run says would go, and what it shows."""
    line, _, prompt = cell.partition("\n")
    ok(shell, f"{line} --dry-run -o draft\n{prompt}")
    return shell.user_ns["draft"]


def test_a_dry_run_of_any_request_is_what_the_gateway_receives_then(shell, gateway, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("a note, größer", "utf-8")
    ok(shell, f"from ofox_magic import session\n{NAMES}")
    ok(shell, "df.head(2)")
    assert len(CASES) >= 50
    for cell in CASES:
        if "--see" in cell:
            ok(shell, "display(pic); df")
        before = len(asked(gateway))
        draft = body_of_draft(shell, cell)
        assert len(asked(gateway)) == before, "a dry run sends nothing"
        run(shell, cell)
        received = [entry.body for entry in asked(gateway)[before:]]
        assert received[0] == draft, cell
        if "--session" not in cell:
            assert gone(shell, cell) == received, cell


def asked(gateway):
    return [entry for entry in gateway.received if entry.path.endswith("/chat/completions")]


def gone(shell, cell):
    """The bytes of each request that was sent for the turn of *cell*."""
    turns = session().turns
    replaced = (n for n, turn in enumerate(turns, 1) if "--id" in cell and turn.key == "id:here")
    place = next(replaced, len(turns))
    bodies = []
    for number in range(1, 1 + sum(1 + len(trail.retries) for trail in turns[place - 1].sent)):
        ok(shell, f"%ofox sent {place} --request {number} -o gone")
        bodies.append(shell.user_ns["gone"])
    return bodies


# -- what is shown


def shown(shell, code):
    """The one bundle that *code* shows."""
    with capture_output() as captured:
        result = shell.run_cell(code)
    assert result.error_in_exec is None, captured.stdout
    [output] = captured.outputs
    assert set(output.metadata["ofox"]) == {"v", "view"}
    return output.data


def words(html):
    """What is to be read, without styles and tags."""
    return unescape(re.sub(r"(?s)<style>.*?</style>|<[^>]*>", " ", html))


def test_every_part_is_listed_with_its_size_and_tokens(shell, gateway):
    ok(shell, f"from ofox_magic import session\n{NAMES}")
    ok(shell, "%%ofox -s 'Be brief.' -t 0.2\nlook at {pic} and {df}")
    text = shown(shell, "%ofox sent")["text/plain"].splitlines()
    size = len(gateway.received[0].body)
    assert text[0].startswith(f"turn 1 · openai/gpt-4o-mini · {size:,} bytes · ≈")
    assert text[2] == "system     text · Be brief. · 9 B · ≈3 tokens"
    assert re.fullmatch(r"user       image · pic · PNG · 320 × 200 px · [\d.]+ kB · ≈255 tokens", text[4])
    assert re.fullmatch(r"user       table · df · 3 rows × 3 columns · \d+ B · ≈\d+ tokens", text[6])
    assert text[7] == "option     temperature · 0.2 · 3 B"
    html = words(shown(shell, "%ofox sent")["text/html"])
    assert "pic · PNG · 320 × 200 px" in html
    assert "pictures are shown shortened" in html


def test_a_picture_is_shown_small_and_the_rest_of_it_is_not(shell):
    ok(shell, f"from ofox_magic import session\n{NAMES}")
    html = shown(shell, "%%ofox --dry-run\n{large} {pic}")["text/html"]
    pictures = re.findall(r'<img src="data:image/(?:png|jpeg);base64,([^"]+)" alt="[^"]*">', html)
    assert len(pictures) == html.count("<img") == 2
    assert max(map(len, pictures)) < 64 << 10
    assert max(map(len, re.findall("[A-Za-z0-9+/]+", re.sub("<img[^>]*>", "", html)))) < 100


def test_a_picture_that_is_elsewhere_is_named_and_not_loaded(shell):
    html = shown(shell, "%%ofox --dry-run -a https://pictures.example.org/a.png\nhi")["text/html"]
    assert "<img" not in html
    assert "picture · by its address" in words(html)


def test_nothing_that_a_model_or_a_user_wrote_is_markup(shell, gateway):
    evil = "<img src=x onerror=alert(1)> </code></pre><script>1</script> ````\n````\n# x [a](javascript:1) $x$"
    gateway.play(Script(text=evil))
    ok(shell, f"%%ofox --raw --name e --option user='<b>'\n{evil}")
    ok(shell, "%%ofox\nnext")
    html = shown(shell, "%ofox sent")["text/html"].partition("</style>")[2]
    html = html.replace("<style>", "").partition("</style>")[2]
    tags = set(re.findall(r"<([a-z0-9]+)[\s>]", html))
    assert tags <= {
        *("div", "p", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
        "pre",
        "code",
        "span",
    }
    attributes = re.findall(r'([\w-]+)(?:="[^"]*")?', " ".join(re.findall(r"<[a-z0-9]+\s([^>]*)>", html)))
    assert set(attributes) <= {"class", "open"}
    assert evil.split("\n")[0] in words(html)


@pytest.mark.parametrize("hidden", ["\u202e", "\x7f", "\U000e0041", "\x9b"])
def test_what_is_not_seen_is_shown_as_an_escape_that_means_the_same(hidden):
    body = json.dumps({"a": f"x{hidden}y"}, ensure_ascii=False).encode()
    seen = shown_json(body, str)
    assert hidden not in seen.text
    assert json.loads(seen.text) == json.loads(body)
    assert seen.notes


def test_a_body_without_anything_special_is_shown_as_it_is():
    body = '{"a":"grüße 🦊 data:image/png;base64,AAAA"}'
    seen = shown_json(body.encode(), str)
    assert (seen.text, seen.notes) == (body, ())


def test_each_round_and_each_try_of_a_turn_is_shown(shell, gateway):
    call = ("c1", "add", '{"a": 1, "b": 2}')
    gateway.play(
        Script(status=503, headers={"retry-after-ms": "1"}),
        Script(tool_calls=(call,)),
        Script(text="three"),
    )
    ok(shell, f"from ofox_magic import session\n{NAMES}\n_ = session().tool(safe=True)(add)")
    ok(shell, "%%ofox -T add\none and two")
    bundle = shown(shell, "%ofox sent")
    first, second, third = re.findall(r"^round .*", bundle["text/plain"], re.MULTILINE)
    sizes = [len(entry.body) for entry in asked(gateway)]
    assert first.startswith(f"round 1 · {sizes[0]:,} bytes")
    assert re.match(rf"round 1 · sent again: .*503.* · {sizes[1]:,} bytes", second)
    assert third.startswith(f"round 2 · {sizes[2]:,} bytes")
    assert bundle["text/html"].count("<summary>round") == 3
    assert 'tool call · add({"a": 1, "b": 2})' in bundle["text/plain"]
    assert "tool result · 3" in bundle["text/plain"]
    assert bundle["text/plain"].count('{"model":') == 1, "the JSON of the last holds that of those before it"
    assert gone(shell, "") == [entry.body for entry in asked(gateway)]


def test_a_long_conversation_is_folded(shell):
    for number in range(14):
        ok(shell, f"%%ofox\nquestion {number}")
    bundle = shown(shell, "%ofox sent")
    html = bundle["text/html"]
    assert re.search(r"<summary>\d+ more parts · ", html)
    assert re.search(r"\n… 14 more parts · [\d.]+ k?B\n", bundle["text/plain"])
    assert all(f"question {number}" in html for number in range(14))


# -- bytes


def test_the_bytes_go_into_a_file_and_an_old_one_is_said_to_be_replaced(shell, gateway, tmp_path):
    path = tmp_path / "sent it.json"
    ok(shell, "%%ofox\nGrüße")
    size = len(gateway.received[0].body)
    assert ok(shell, f"%ofox sent --to '{path}'") == f"wrote {path}: {size} bytes\n"
    assert path.read_bytes() == gateway.received[0].body
    assert ok(shell, f"%ofox sent 1 --to '{path}'") == f"replaced {path}: {size} bytes\n"
    assert "cannot write" in run(shell, f"%ofox sent --to '{tmp_path}/none/x'")[0]


def test_a_key_that_was_typed_into_a_prompt_is_masked_and_that_is_said(shell, gateway, monkeypatch, tmp_path):
    key = "of-" + os.urandom(16).hex()
    monkeypatch.setenv("OFOX_API_KEY", key)
    ok(shell, f"%%ofox\nmy key is {key}, is it good?")
    assert key in gateway.received[0].body.decode()
    for code in ("%ofox sent", f"%%ofox --dry-run\n{key}"):
        bundle = shown(shell, code)
        assert key not in str(bundle)
        assert KEY_WITHIN in words(bundle["text/html"])
        assert KEY_WITHIN in bundle["text/plain"]
    said = ok(shell, f"%ofox sent --to {tmp_path}/x -o body")
    assert said.count("your key stood in it and is [key] now") == 2
    assert shell.user_ns["body"] == (tmp_path / "x").read_bytes() != gateway.received[0].body
    assert key.encode() not in shell.user_ns["body"]


# -- where it is not known


def test_a_turn_that_was_loaded_says_that_its_bytes_are_not_known(shell, tmp_path):
    ok(shell, "%%ofox -s 'Be brief.'\nhello")
    ok(shell, f"%ofox save {tmp_path}/talk.json")
    ok(shell, f"%ofox load {tmp_path}/talk.json")
    text = shown(shell, "%ofox sent")["text/plain"]
    assert "what was sent for this turn is not known any more" in text
    assert "hello" in text
    assert "Be brief." not in text


def test_a_turn_for_which_nothing_left_says_why(shell, monkeypatch):
    assert ok(shell, "%ofox sent") == "nothing was said yet\n"
    monkeypatch.setenv("OFOX_MODE", "off")
    run(shell, "%%ofox\nhello")
    assert ok(shell, "%ofox sent").startswith("nothing was sent for turn 1: OFOX_MODE=off: nothing is sent")


def test_a_run_that_was_replaced_can_still_be_looked_at(shell, gateway):
    ok(shell, "%%ofox --id a\nfirst")
    ok(shell, "%%ofox --id a\nsecond")
    assert "turn 1 · version 2 of 2" in shown(shell, "%ofox sent")["text/plain"]
    assert "first" in shown(shell, "%ofox sent 1 --version 1")["text/plain"]


@pytest.mark.parametrize("line", ["0", "2", "x", "1 --version 2", "1 --request 9", "--nonsense", "1 2", "'", "-o 1a"])
def test_what_sent_cannot_mean_is_one_line(shell, line):
    ok(shell, "%%ofox\nhello")
    printed, error = run(shell, f"%ofox sent {line}")
    assert type(error).__name__ == "UsageError"
    assert "%ofox sent" in printed
    assert printed.count("\n") <= 1


def test_help_for_sent_teaches_its_options(shell):
    assert "--to FILE" in ok(shell, "%ofox sent --help")
    assert "%ofox sent [N]" in ok(shell, "%ofox help")


def test_a_dry_run_shows_the_remarks_that_a_question_would(shell):
    ok(shell, f"from ofox_magic import session\n{NAMES}")
    assert "is df meant?" in words(shown(shell, "%%ofox --dry-run\nwhat of {dff}")["text/html"])
