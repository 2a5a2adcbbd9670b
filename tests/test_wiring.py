"""A session of a program's own, without a notebook."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ofox_magic import ConfigError, connect
from ofox_magic.practice import PracticeGateway
from ofox_magic.wiring import Wiring


def test_a_program_passes_tables_pictures_and_files_as_a_notebook_does(gateway, monkeypatch, tmp_path):
    from PIL import Image

    monkeypatch.setenv("OFOX_BASE_URL", gateway.base_url)
    (tmp_path / "notes.txt").write_text("some notes")
    connect().ask("look", [{"a": 1}, {"a": 2}], Image.new("RGB", (3, 2)), tmp_path / "notes.txt", 5).result()
    text, table, picture, file, number = gateway.received[0].json["messages"][0]["content"]
    assert (text["text"], file["text"], number["text"]) == ("look", "File `notes.txt`:\n```\nsome notes\n```", "5")
    assert table["text"].startswith("Table: 2 rows × 1 column")
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")


def test_what_no_part_can_be_made_of_is_refused_in_one_line(gateway, monkeypatch):
    monkeypatch.setenv("OFOX_BASE_URL", gateway.base_url)
    with pytest.raises(ConfigError, match=r"^cannot send a object: .*_repr_llm_\(\)$"):
        connect().ask("look", object())


def test_a_session_begins_in_a_folder_that_was_deleted(tmp_path, monkeypatch):
    here = tmp_path / "gone"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    monkeypatch.setenv("OFOX_MODE", "off")
    with pytest.raises(ConfigError, match="OFOX_MODE=off"):
        connect().ask("hello").result()


def test_a_keyring_is_asked_once_for_a_key_that_it_has(monkeypatch):
    asked, stored = [], [None, "sk-of-0123456789"]

    class Ring:
        @staticmethod
        def get_password(service, name):
            asked.append(name)
            return stored[min(len(asked), len(stored)) - 1]

    monkeypatch.setitem(sys.modules, "keyring", Ring)
    wiring = Wiring({})
    assert wiring.settings().api_key is None
    assert wiring.mask("the key 0123456789 sk-of-0123456789") == "the key 0123456789 [key]"
    assert wiring.settings().api_key.reveal() == "sk-of-0123456789"
    assert len(asked) == 2, "a keyring may ask its user each time"
    wiring.close()
    wiring.settings()
    assert len(asked) == 3


def test_two_threads_that_come_first_together_share_one_client_and_one_practice_gateway(monkeypatch):
    started, start = [], PracticeGateway.start

    def start_slowly(gateway):
        started.append(gateway)
        time.sleep(0.3)  # time for the other thread to come by
        start(gateway)

    monkeypatch.setattr(PracticeGateway, "start", start_slowly)
    wiring = Wiring({"OFOX_BASE_URL": "practice"})
    try:
        with ThreadPoolExecutor(2) as threads:
            one, other = (threads.submit(lambda: (wiring.client, wiring.models())) for _ in range(2))
            assert one.result(60) == other.result(60)
        assert len(started) == 1
    finally:
        wiring.close()
