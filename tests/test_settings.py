"""Settings: what wins over what, and that no key is ever shown."""

import copy
import json
import pickle

import pytest

from ofox_magic import ConfigError
from ofox_magic.settings import DEFAULT_BASE_URL, DEFAULT_MODEL, Secret, Settings

KEY = "sk-of-Abc0123456789xyz0123456789"


def read(given=None, **environment):
    return Settings.read(environment, **(given or {}))


def test_the_defaults_are_the_documented_ones():
    settings = read()
    assert (settings.base_url, settings.model, settings.live) == (DEFAULT_BASE_URL, DEFAULT_MODEL, True)
    assert settings.api_key is None
    deadlines = settings.deadlines
    assert (deadlines.connect, deadlines.first_token, deadlines.idle, deadlines.total) == (10, 300, 120, 900)


def test_an_argument_wins_over_the_environment():
    settings = read({"model": "a/b", "base_url": "https://x.example/v1"}, OFOX_MODEL="c/d", OFOX_BASE_URL="practice")
    assert (settings.model, settings.base_url) == ("a/b", "https://x.example/v1")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"OFOX_API_KEY": "one", "OFOXAI_API_KEY": "two"}, "one"),
        ({"OFOXAI_API_KEY": "two"}, "two"),
        ({"OFOX_API_KEY": "  ", "OFOXAI_API_KEY": "two"}, "two"),
        ({"OFOX_API_KEY": " padded\n"}, "padded"),
    ],
)
def test_the_key_is_found_in_the_documented_variables(environment, expected):
    assert read(**environment).api_key.reveal() == expected


def test_another_vendors_key_is_never_taken():
    assert read(OPENAI_API_KEY=KEY).api_key is None


def test_a_key_may_come_from_the_keyring(monkeypatch):
    class Keyring:
        @staticmethod
        def get_password(service, name):
            return KEY if (service, name) == ("ofox_magic", "api_key") else None

    monkeypatch.setitem(__import__("sys").modules, "keyring", Keyring)
    assert read().api_key.reveal() == KEY
    assert read(OFOX_API_KEY="env").api_key.reveal() == "env"


def test_a_keyring_that_fails_is_as_if_there_were_none(monkeypatch):
    class Locked:
        @staticmethod
        def get_password(service, name):
            raise RuntimeError("locked")

    monkeypatch.setitem(__import__("sys").modules, "keyring", Locked)
    assert read().api_key is None


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("sk-of-one\ntwo-secret", "a line break"),
        ("sk-of-one two-secret", "a space"),
        ("\u201csk-of-secret\u201d", "a typographic quote"),
        ("sk-of-secr\u00e9t", "a character that no key has"),
        ("sk-of-sec\x00ret", "a character that no key has"),
    ],
)
def test_a_malformed_key_is_refused_and_not_shown(key, what):
    with pytest.raises(ConfigError) as caught:
        read(OFOX_API_KEY=key)
    assert str(caught.value).startswith(f"OFOX_API_KEY is no key: it holds {what}")
    assert "sec" not in str(caught.value).lower().replace("secret(", "")


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("https://api.ofox.ai/v1", "https://api.ofox.ai/v1"),
        ("https://api.ofox.ai/v1/", "https://api.ofox.ai/v1"),
        ("https://api.ofox.ai", "https://api.ofox.ai/v1"),
        ("https://api.ofox.ai/", "https://api.ofox.ai/v1"),
        ("https://api.ofox.ai/v1/chat/completions", "https://api.ofox.ai/v1"),
        ("https://proxy.example:8443/ofox/v1", "https://proxy.example:8443/ofox/v1"),
        (" http://127.0.0.1:8000/v1 ", "http://127.0.0.1:8000/v1"),
        ("http://localhost:8088", "http://localhost:8088/v1"),
        ("http://[::1]:8088/v1", "http://[::1]:8088/v1"),
        ("practice", "practice"),
    ],
)
def test_an_address_is_taken_as_people_paste_it(typed, used):
    assert read(OFOX_BASE_URL=typed).base_url == used


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("http://api.ofox.ai/v1", "must be https"),
        ("http://192.168.0.7/v1", "must be https"),
        ("http://127.0.0.1.evil.example/v1", "must be https"),
        ("api.ofox.ai", "no address"),
        ("ftp://api.ofox.ai", "no address"),
        ("https://", "no address"),
        ("https://[::1", "no address"),
        ("https://a.example:port/v1", "no address"),
        ("https://user:secretword@a.example/v1", "leave out user"),
        ("https://a.example/v1?key=secretword", "leave out user"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_the_variable(typed, why):
    with pytest.raises(ConfigError, match=why) as caught:
        read(OFOX_BASE_URL=typed)
    assert "OFOX_BASE_URL" in str(caught.value)
    assert "secretword" not in str(caught.value)


def test_with_the_practice_gateway_no_key_is_read():
    settings = read(OFOX_BASE_URL="practice", OFOX_API_KEY=KEY)
    assert settings.practice
    assert settings.api_key is None


@pytest.mark.parametrize(("text", "live"), [("0", False), ("false", False), ("No", False), ("1", True), ("", True)])
def test_live_painting_can_be_switched_off(text, live):
    assert read(OFOX_LIVE=text).live is live


@pytest.mark.parametrize(("said", "on"), [("", False), ("0", False), ("1", True)])
def test_a_replay_is_live_and_journalled_only_where_that_is_asked_for(said, on):
    settings = read(OFOX_MODE="replay", OFOX_LIVE=said)
    assert (settings.live, settings.journal) == (on, on)


def test_deadlines_come_from_the_environment():
    assert read(OFOX_IDLE_TIMEOUT="2.5").deadlines.idle == 2.5


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf"])
def test_a_deadline_that_is_none_is_refused_with_the_variable(text):
    with pytest.raises(ConfigError, match="OFOX_TOTAL_TIMEOUT"):
        read(OFOX_TOTAL_TIMEOUT=text)


# -- the secret


def test_a_secret_does_not_show_itself():
    secret = Secret(KEY)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        "%s" % secret,
        repr([secret]),
        repr(read(OFOX_API_KEY=KEY)),
    ]
    assert not any(KEY[6:18] in text for text in shown)
    assert (repr(secret), f"{secret:>13}") == ("Secret(set)", "  Secret(set)")
    assert KEY not in repr([getattr(secret, name, None) for name in dir(secret) if not callable(getattr(secret, name))])


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars], ids=lambda f: f.__name__)
def test_a_secret_is_not_taken_along(take):
    with pytest.raises(TypeError):
        take(Secret(KEY))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"key {KEY} refused", "key [key] refused"),
        (f"{KEY}{KEY}", "[key]"),
        (f"cut: {KEY[3:20]}…", "cut: [key]…"),
        (f"two: {KEY[:14]} and {KEY[-12:]}", "two: [key] and [key]"),
        (f"thrice: {KEY[:12]} {KEY[:12]} {KEY[:12]}", "thrice: [key] [key] [key]"),
        ("nothing here", "nothing here"),
        (KEY[:11], KEY[:11]),
    ],
)
def test_a_secret_masks_itself_and_its_pieces(text, masked):
    assert Secret(KEY).mask(text) == masked


@pytest.mark.parametrize(
    ("key", "text", "masked"),
    [
        ("eight-ch", "an eight-ch one", "an [key] one"),
        ("x" * 20, f"a {'x' * 13} a", "a [key] a"),
    ],
)
def test_a_short_or_uniform_key_is_masked_whole(key, text, masked):
    assert Secret(key).mask(text) == masked


@pytest.mark.parametrize("key", ["none", "x", "test", "ollama"])
def test_what_a_local_server_takes_for_a_key_is_masked_in_no_text(key):
    text = f"return None, a {key} of text"
    assert Secret(key).mask(text) == text
