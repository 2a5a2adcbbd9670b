import codecs
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from ofox_magic.context import files
from ofox_magic.context.files import is_address, names_no_picture, read_file
from ofox_magic.errors import ConfigError

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
BMP = b"BM" + struct.pack("<IHH", 100, 0, 0) + b"\0" * 80


def written(folder, data, name="file"):
    path = folder / name
    path.write_bytes(data)
    return path


def refused(path, **options):
    with pytest.raises(ConfigError) as caught:
        read_file(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.__cause__ is None
    return message


@pytest.mark.parametrize(
    "data",
    [
        PNG,
        b"\xff\xd8\xff\xe0" + b"\0" * 20,
        b"GIF87a" + b"\0" * 20,
        b"GIF89a" + b"\0" * 20,
        b"RIFF\x10\0\0\0WEBPVP8 ",
        BMP,
        b"II*\x00" + b"\0" * 20,
        b"MM\x00*" + b"\0" * 20,
    ],
)
def test_a_picture_is_known_by_its_bytes_whatever_its_name(tmp_path, data):
    content = read_file(written(tmp_path, data, "picture.txt"))
    assert (content.is_picture, content.data) == (True, data)


@pytest.mark.parametrize("name", ["notes.png", "notes", "notes.jpeg"])
def test_a_text_with_the_name_of_a_picture_is_text(tmp_path, name):
    content = read_file(written(tmp_path, b"BM is no bitmap\n", name))
    assert (content.name, content.is_picture) == (name, False)


@pytest.mark.parametrize(
    "data",
    [
        "größer 好\r\n".encode(),
        codecs.BOM_UTF8 + "größer 好\r\n".encode(),
        "größer 好\r\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "größer 好\r\n".encode("utf-16-be"),
        "größer 好\r\n".encode("utf-32"),
        codecs.BOM_UTF32_BE + "größer 好\r\n".encode("utf-32-be"),
    ],
)
def test_text_arrives_as_utf_8_without_a_mark_and_otherwise_untouched(tmp_path, data):
    assert read_file(written(tmp_path, data)).data == "größer 好\r\n".encode()


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"<?xml version='1.0'?>\n<svg/>", b"print()"])
def test_tables_and_svg_are_text(tmp_path, data):
    content = read_file(written(tmp_path, data))
    assert (content.is_picture, content.data) == (False, data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7\nabc", "a PDF"),
        (b"PAR1\0\0", "a Parquet file"),
        (b"PK\x03\x04abc", "zip"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x80\x04\x95", "pickle"),
        (b"\x7fELF\x02\0\0", "binary"),
        (b"a\0b", "binary"),
        ("größer".encode("latin-1"), "Save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "another encoding"),
    ],
)
def test_anything_else_is_refused_with_what_it_is(tmp_path, data, said):
    message = refused(written(tmp_path, data, "thing.png"))
    assert said in message
    assert "expected a picture (PNG" in message


def test_a_file_above_the_limit_is_refused_with_both_sizes_and_one_at_the_limit_is_read(tmp_path):
    path = written(tmp_path, b"x" * 1001)
    assert "at most 1,000 bytes, it has 1,001 bytes" in refused(path, most_bytes=1000)
    assert len(read_file(path, most_bytes=1001).data) == 1001


def test_the_default_limit_is_20_mib_and_the_file_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(5 * 1024**4 if sys.platform == "linux" else 30 * 1024**2)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    assert "at most 20.0 MiB" in refused(path)


def test_a_file_that_grows_while_it_is_read_stays_under_the_limit(tmp_path, monkeypatch):
    path = written(tmp_path, b"x" * 10)
    monkeypatch.setattr(files, "_check", lambda *_: None)
    path.write_bytes(b"x" * 5000)
    assert "at most 1,000 bytes" in refused(path, most_bytes=1000)


def test_an_empty_file_a_missing_one_and_a_directory_are_refused(tmp_path):
    assert "empty" in refused(written(tmp_path, b""))
    assert "No such file" in refused(tmp_path / "nothing")
    assert "a directory" in refused(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_a_file_of_proc_is_refused():
    assert "empty" in refused("/proc/self/environ")


@pytest.mark.skipif(os.name != "posix", reason="no such files")
class TestWhatIsNoRegularFile:
    def test_a_pipe_is_refused_at_once(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        program = f"from ofox_magic.context.files import read_file; read_file({str(tmp_path / 'pipe')!r})"
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
        assert "this is a pipe" in ended.stderr

    def test_a_pipe_that_takes_the_place_of_a_file_is_refused_at_once_too(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        program = (
            "from ofox_magic.context import files; check, seen = files._check, []\n"
            "files._check = lambda *given: check(*given) if seen else seen.append(1)\n"
            f"files.read_file({str(tmp_path / 'pipe')!r})"
        )
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
        assert "this is a pipe" in ended.stderr

    def test_a_device_and_a_socket_are_refused(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # a socket's address is short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")
            assert "this is a socket" in refused("socket")
        assert "this is a device" in refused("/dev/zero")

    def test_a_link_is_followed_and_a_circle_of_links_refused(self, tmp_path):
        (tmp_path / "link").symlink_to(written(tmp_path, b"text"))
        assert read_file(tmp_path / "link").data == b"text"
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        assert "levels of symbolic links" in refused(tmp_path / "a")

    def test_no_descriptor_is_left_open(self, tmp_path, monkeypatch):
        opened = []
        really = os.open
        monkeypatch.setattr(os, "open", lambda *given: opened.append(really(*given)) or opened[-1])
        read_file(written(tmp_path, b"text"))
        monkeypatch.setattr(files, "_check", lambda *_: None)
        refused(written(tmp_path, b"x" * 99), most_bytes=9)
        assert len(opened) == 2
        for descriptor in opened:
            with pytest.raises(OSError, match="Bad file"):
                os.fstat(descriptor)


@pytest.mark.parametrize("path", ["a\0b", "~no-such-user-here/x", "\ud800"])
def test_what_is_no_path_is_refused_in_one_line(path):
    assert refused(path)


def test_a_name_of_several_lines_is_said_in_one(tmp_path):
    assert "cannot read" in refused(tmp_path / "a\nb\x1b[31m")


def test_the_home_directory_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    written(tmp_path, b"text", "notes.txt")
    assert read_file("~/notes.txt").name == "notes.txt"
    assert read_file(Path("~/notes.txt")).data == b"text"


@pytest.mark.parametrize("word", ["https://x.org/a.png", "HTTP://x", "data:image/png;base64,AAAA", "data:,hi"])
def test_addresses_are_known(word):
    assert is_address(word)


@pytest.mark.parametrize(
    "word", ["a.png", "/https://x", "https", "data", "data:set", "ftp://x", "file:///etc/passwd", ""]
)
def test_paths_and_names_are_no_addresses(word):
    assert not is_address(word)


@pytest.mark.parametrize(
    ("url", "is_none"),
    [
        ("https://a.example/data.csv", True),
        ("https://a.example/report.PDF?page=1#top", True),
        ("https://a.example/plot.png?from=data.csv", False),
        ("https://a.example/chart#data.csv", False),
        ("https://a.example/chart", False),
        ("https://a.example", False),
        ("data:image/png;base64,AAAA/x.csv", False),
    ],
)
def test_an_address_that_ends_as_data_do_names_no_picture(url, is_none):
    assert names_no_picture(url) is is_none
