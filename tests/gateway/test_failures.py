"""One error out of whatever a gateway says: its kind, its fields, and a line that says what to do."""

from datetime import UTC, datetime

import pytest

from ofox_magic.errors import (
    AuthError,
    BadRequest,
    ContextTooLong,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
)
from ofox_magic.gateway.failures import in_stream, refusal

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def refused(status, body=b"", **headers):
    return refusal(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, now=NOW)


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (400, BadRequest, ""),
        (401, AuthError, "Check the key in OFOX_API_KEY"),
        (402, PermissionDenied, "balance"),
        (403, PermissionDenied, "quota"),
        (404, NotFound, "%ofox models"),
        (408, BadRequest, ""),
        (413, BadRequest, "Send less"),
        (422, BadRequest, ""),
        (429, RateLimited, "Wait a little"),
        (500, ServerError, "try again later"),
        (502, ServerError, "overloaded or out of order: try again later"),
        (524, ServerError, "try again later"),
    ],
)
def test_the_status_decides_the_kind_and_the_hint(status, kind, hint):
    error = refused(status, b'{"error":{"message":"No.","type":"t","code":"c"}}', x_request_id="req-1")
    assert type(error) is kind
    assert (error.status, error.type, error.code, error.request_id) == (status, "t", "c", "req-1")
    assert f"({status} t c): No" in str(error)
    assert hint in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":{"message":"a","code":400}}', "(400): a"),
        (b'{"error":{"code":"x"}}', "(400 x): "),
        (b'{"error":"plain"}', "(400): plain"),
        (b'{"message":"flat","type":"BadRequestError"}', "(400 BadRequestError): flat"),
        (b'{"detail":"FastAPI"}', "(400): FastAPI"),
        (b'{"detail":[{"loc":["body"],"msg":"bad"}]}', '(400): [{"loc"'),
        (b'{"error":{"message":{"a":1}}}', '(400): {"a": 1}'),
        (b'{"error":{"type":"upstream_error","code":"upstream_error","message":"m"}}', "(400 upstream_error): m"),
        (b"", "it gave no reason"),
        (b"[]", "(400): []"),
        (b"Bad Gateway", "(400): Bad Gateway"),
        (b"<html><title>502 Bad Gateway</title>", "a web page titled “502 Bad Gateway” instead of JSON"),
        (b"\xff\xfe\x00\x81\x82garbage", "bytes that are no text"),
        (b"[" * 5000, "[["),
        (b'{"error":{"message":"esc \\u001b[31mred\\u202e"}}', "(400): esc [31mred"),
        (b'{"error":{"message":"' + b"x" * 9000 + b'"}}', "xxx…"),
    ],
)
def test_whatever_the_body_is_the_message_is_one_readable_line(body, said):
    message = str(refused(400, body))
    assert said in message
    assert len(message) < 700
    assert message.isprintable()


def test_a_rate_limit_tells_how_long_to_wait():
    assert refused(429, retry_after="7").retry_after == 7
    assert refused(429, x_ratelimit_reset_requests="1m").retry_after == 60
    assert refused(429).retry_after is None


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "Input is too long for requested model.",
        "Your input exceeds the context window of this model.",
        "Please reduce the length of the messages or completion.",
        "`inputs` tokens + `max_new_tokens` must be <= 4096",
        "Range of input length should be [1, 129024]",
        "request (9000 tokens) exceeds the available context size (8192 tokens)",
        "Requested token count exceeds the model's maximum context length of 65536 tokens.",
        "string too long. Expected a string with maximum length 10485760",
        "Too many input tokens",
        "max_model_len is 4096",
    ],
)
def test_the_wordings_of_a_conversation_that_is_too_long_are_known(message):
    error = refused(400, f'{{"error":{{"message":"{message}"}}}}'.encode())
    assert isinstance(error, ContextTooLong)
    assert "%ofox undo" in str(error)


def test_a_conversation_that_is_too_long_is_known_by_its_code():
    assert isinstance(refused(400, b'{"error":{"code":"context_length_exceeded"}}'), ContextTooLong)


@pytest.mark.parametrize(
    "message",
    ["temperature must be at most 2", "max_tokens must be a number", "Invalid image", "unknown parameter: context"],
)
def test_other_refusals_are_not_taken_for_it(message):
    assert type(refused(400, f'{{"error":{{"message":"{message}"}}}}'.encode())) is BadRequest


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ({"error": {"code": 401, "message": "m"}}, AuthError, 401),
        ({"error": {"type": "rate_limit_error"}}, RateLimited, 429),
        ({"error": {"code": "upstream_error"}}, ServerError, 502),
        ({"error": {"code": 7, "message": "m"}}, ServerError, None),
        ("out of memory", ServerError, None),
        (None, ServerError, None),
        ([], ServerError, None),
        ({"response": {"error": {"message": "m"}}}, ServerError, None),
    ],
)
def test_errors_in_a_stream_are_sorted_by_what_they_say(data, kind, status):
    error = in_stream(data)
    assert type(error) is kind
    assert error.status == status


def test_a_key_in_a_refusal_is_masked():
    assert "sk-of-1234" not in str(refused(401, b'{"error":{"message":"bad key sk-of-1234567890abc"}}'))
