"""
The practice gateway's models: records in the shape of `GET /v1/models`.

Pure; must not know requests or answers. Prices and limits are samples, to be read, never charged.
"""

from typing import Any

from ofox_magic.practice.refusals import Refusal

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
DEFAULT = "practice/echo"
_USUAL = ("temperature", "top_p", "max_tokens", "stop", "tools", "tool_choice", "response_format")
_CREATED = 1_767_225_600  # 2026-01-01, so that the list is the same every time


def _record(model: str, name: str, prices: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a full record; *more* may say inputs, context, longest, owner, aliases, parameters, endpoints."""
    inputs = more.get("inputs", ["text", "image"])
    context = more.get("context", 128_000)
    return {
        "id": model,
        "object": "model",
        "created": _CREATED,
        "owned_by": more.get("owner", model.partition("/")[0]),
        "canonical_slug": model.partition("/")[2],
        "name": name,
        "description": more.get("description", f"{name}, as the practice gateway lists it: it answers as an echo."),
        "context_length": context,
        "architecture": {
            "modality": f"{'+'.join(inputs)}->text",
            "input_modalities": inputs,
            "output_modalities": ["text"],
            "tokenizer": more.get("tokenizer", "other"),
            "instruct_type": None,
        },
        "pricing": prices,
        "top_provider": {
            "context_length": context,
            "max_completion_tokens": more.get("longest", 16_384),
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": [*_USUAL, *more.get("parameters", ())],
        "default_parameters": None,
        "expiration_date": None,
        "is_deprecated": more.get("deprecated", False),
        "supported_endpoints": more.get("endpoints", [CHAT, RESPONSES]),
        "aliases": more.get("aliases", [model.partition("/")[2]]),
    }


MODELS: tuple[dict[str, Any], ...] = (
    _record(
        DEFAULT,
        "Practice echo",
        {"prompt": "0", "completion": "0"},
        description="No language model: it answers with what it received, for free.",
        aliases=["echo", "practice"],
        endpoints=[CHAT],
    ),
    _record(
        "openai/gpt-4o-mini",
        "GPT-4o mini",
        {"prompt": "0.00000015", "completion": "0.0000006", "input_cache_read": "0.000000075"},
        owner="azure",
        tokenizer="gpt",
    ),
    _record(
        "openai/gpt-4o",
        "GPT-4o",
        {"prompt": "0.0000025", "completion": "0.00001", "input_cache_read": "0.00000125", "web_search": "0.01"},
        owner="azure",
        tokenizer="gpt",
    ),
    _record(
        "anthropic/claude-sonnet-4.5",
        "Claude Sonnet 4.5",
        {
            "prompt": "0.000003",
            "completion": "0.000015",
            "input_cache_read": "0.0000003",
            "input_cache_write_5m": "0.00000375",
            "input_cache_write_1h": "0.000006",
            "web_search": "0.015",
        },
        inputs=["text", "image", "file"],
        context=1_000_000,
        longest=64_000,
        owner="bedrock",
        tokenizer="claude",
        parameters=["reasoning"],
        aliases=["claude-sonnet-4.5", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929"],
    ),
    _record(
        "deepseek/deepseek-v3.2",
        "DeepSeek V3.2",
        {"prompt": "0.00000028", "completion": "0.00000042", "input_cache_read": "0.000000028"},
        inputs=["text"],
        longest=8_192,
        tokenizer="deepseek",
        parameters=["reasoning"],
    ),
    _record(
        "google/gemini-2.5-flash",
        "Gemini 2.5 Flash",
        {
            "prompt": "0.0000003",
            "completion": "0.0000025",
            "input_cache_read": "0.00000003",
            "input_cache_write": "0.00000038",
            "audio": "0.000001",
            "web_search": "0.035",
        },
        inputs=["text", "image", "file", "audio", "video"],
        context=1_048_576,
        longest=65_535,
        tokenizer="gemini",
        parameters=["reasoning"],
    ),
    _record(
        "openai/gpt-5.2-codex",
        "GPT-5.2 Codex",
        {"prompt": "0.00000175", "completion": "0.000014", "input_cache_read": "0.000000175"},
        context=400_000,
        longest=128_000,
        owner="azure",
        tokenizer="gpt",
        parameters=["reasoning"],
        endpoints=[RESPONSES],
    ),
    {"id": "moonshotai/kimi-k2.6", "object": "model", "owned_by": "MoonshotAI", "context_length": 0, "pricing": {}},
)


def listing() -> dict[str, Any]:
    """Return the answer to `GET /v1/models`."""
    return {"object": "list", "data": list(MODELS)}


def find(name: str) -> dict[str, Any]:
    """Return the record whose id or alias is *name*; refuse an unknown one with 404."""
    for record in MODELS:
        if name == record["id"] or name in record.get("aliases", ()):
            return record
    known = ", ".join(record["id"] for record in MODELS)
    raise Refusal(f"the model `{name:.100}` does not exist; there are: {known}", status=404, code="model_not_found")


def find_for_chat(name: str, routing: Any = None) -> str:
    """Return the id of the model that answers when *name* is asked for; `auto` takes the first of *routing*."""
    if name == "auto":
        names = routing.get("models") if isinstance(routing, dict) else None
        name = str(names[0]) if isinstance(names, list) and names else DEFAULT
    record = find(name)
    if CHAT not in record.get("supported_endpoints", [CHAT]):
        raise Refusal(f"the model `{record['id']}` is served by {RESPONSES} only, not by {CHAT}")
    return str(record["id"])
