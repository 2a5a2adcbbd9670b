"""The searcher itself: a leak that it cannot see is one that no test can."""

import base64
import gzip
import io
import json
import re
import sqlite3
import zipfile
from html import escape
from urllib.parse import quote

import pytest

from .search import FORMS, PIECE, Needle

KEY = 'Ab3/x+9&Zk"qP7_vW2<m-C8d%Rt5'
NEEDLE = Needle(KEY)


def zipped(data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", data)
    return buffer.getvalue()


def in_sqlite(text, tmp_path):
    path = tmp_path / "some.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("create table said (text)")
        database.execute("insert into said values (?)", ("before" * 100 + text,))
    database.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "hidden",
    [
        KEY,
        f"Authorization: Bearer {KEY}\r\n",
        KEY.lower(),
        KEY.upper(),
        json.dumps({"headers": {"authorization": KEY}}),
        json.dumps({"body": json.dumps({"key": KEY})}),
        json.dumps(KEY).replace("/", "\\/"),
        "".join(f"\\u{ord(char):04x}" for char in KEY),
        "".join(f"\\u{ord(char):04X}" for char in KEY),
        quote(KEY, safe=""),
        re.sub("%..", lambda found: found[0].lower(), quote(KEY, safe="")),
        "".join(f"%{ord(char):02X}" for char in KEY),
        "".join(f"%{ord(char):02x}" for char in KEY),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        escape(KEY),
        "".join(f"&#{ord(char)};" for char in KEY),
        KEY.encode("utf-16"),
        KEY.encode("utf-16-le"),
        KEY.encode("utf-16-be"),
        repr({"key": KEY}),
        repr(KEY.encode()),
        gzip.compress(f"deep inside: {KEY}".encode(), mtime=0),
        gzip.compress(zipped(KEY)),
    ],
)
def test_a_key_is_found_in_every_form(hidden):
    assert NEEDLE.find(hidden)
    before, after = ("x" * 5000, "y" * 5000) if isinstance(hidden, str) else (b"", b"y" * 5000)
    assert NEEDLE.find(before + hidden + after)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode], ids=lambda f: f.__name__)
@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(3))
def test_a_key_is_found_in_base64_wherever_it_begins(encode, before, after):
    encoded = encode(b"\xff" * before + KEY.encode() + b"\xff" * after)
    assert NEEDLE.find(encoded).form in FORMS
    assert NEEDLE.find(b"data:image/png;base64," + encoded.rstrip(b"="))


def test_a_key_is_found_in_a_database(tmp_path):
    assert NEEDLE.find(in_sqlite(KEY, tmp_path))


@pytest.mark.parametrize("start", range(len(KEY) - PIECE + 1))
def test_every_piece_of_12_characters_is_found(start):
    piece = KEY[start : start + PIECE]
    assert NEEDLE.find(f"cut {piece} cut")
    assert NEEDLE.find(base64.b64encode(f"?{piece}?".encode()))


def test_what_is_no_leak_is_none():
    assert NEEDLE.find("Secret(set) [key] sk-…") is None
    assert NEEDLE.find(KEY[: PIECE - 1]) is None
    assert NEEDLE.find(KEY[: PIECE - 1] + " " + KEY[PIECE - 1 :][: PIECE - 1]) is None
    assert NEEDLE.find(b"\x1f\x8b no gzip") is None
    assert NEEDLE.leaks([("a", "nothing"), ("b", b"\0\1")]) == []


def test_a_leak_says_where_and_how_it_looks():
    things = [("a page", "nothing"), ("a log", f"… Bearer {KEY} …"), ("a dump", KEY.encode().hex())]
    leaks = NEEDLE.leaks([*things, ("an export", gzip.compress(KEY.encode()))])
    assert [(leak.where, leak.form) for leak in leaks] == [
        ("a log", "as it is"),
        ("a dump", "hex"),
        ("an export", "as it is"),
    ]
    assert "Bearer " in str(leaks[0])


def test_things_beside_each_other_do_not_make_a_key_together():
    assert NEEDLE.leaks([("a", KEY[:8]), ("b", KEY[8:16])]) == []
