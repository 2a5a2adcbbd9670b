"""What the measured answers say, and the bytes that carry them: one chunk for each token of four characters. Pure."""

import json
import re
from functools import cache

FIRST, LAST = "Okay", "The very last line."
PROMPT = "Say {tokens} tokens at {rate}/s."
"""What every side asks; *rate* 0 is full speed. The server answers the last such sentence of a request."""
_ASKED = re.compile(rb"Say (\d+) tokens at (\d+)/s")
SECTION = """
## Section {n}

Some **bold** words and `code` that explain section {n}, with a [link](https://docs.example.org/{n}) and a sum of $a_{n}^2$.

1. first item of the section, which is long enough to be a line
2. second item
   - nested

| name | value |
|------|------:|
| row {n} | {n}.5 |

```python
def section_{n}(x: float) -> float:
    return x * {n}  # a comment
```
"""


@cache
def text(tokens: int) -> str:
    """An answer in markdown of exactly *tokens*, which begins with FIRST and ends with LAST."""
    end, written, number = f"\n\n{LAST}", f"{FIRST}.\n", 0
    size = 4 * tokens - len(end)
    while len(written) < size:
        number += 1
        written += SECTION.replace("{n}", str(number))
    # cut after a whole section, so that LAST stands in no open table or fence; filled with a plain paragraph
    kept = written[: written.rfind("\n## ", 0, size)] if size > 1000 else f"{FIRST}.\n"
    return kept + "\n" + ("word " * size)[: size - len(kept) - 1] + end


@cache
def events(tokens: int) -> tuple[bytes, ...]:
    """The answer as server-sent events, a chunk for each token, and the three that end it."""
    said = text(tokens)
    deltas = [{"content": said[at : at + 4]} for at in range(0, len(said), 4)]
    chunks = [_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    chunks.append(_chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    chunks.append(_chunk([], usage=_usage(tokens)))
    return (*chunks, b"data: [DONE]\n\n")


def whole(tokens: int) -> bytes:
    """The answer for who does not want it streamed."""
    message = {"role": "assistant", "content": text(tokens)}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps(_base("chat.completion") | {"choices": choices, "usage": _usage(tokens)}).encode()


def asked(body: bytes) -> tuple[int, int]:
    """Return the tokens and the rate that a request asks for last."""
    tokens, rate = _ASKED.findall(body)[-1]
    return int(tokens), int(rate)


def _chunk(choices, **more) -> bytes:
    return b"data: " + json.dumps(_base("chat.completion.chunk") | {"choices": choices} | more).encode() + b"\n\n"


def _base(kind):
    return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": "gpt-4o-mini"}


def _usage(tokens):
    return {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": tokens + 10}
