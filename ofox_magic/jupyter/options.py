"""
The grammar of a question's options: a line of text to an Options value. Pure but for the namespace handed in.

argparse rather than IPython's magic_arguments, which keeps the quotes inside values and knows no --help.
"""

import argparse
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ofox_magic.chat.parts import Detail
from ofox_magic.context.sharing import Level
from ofox_magic.formats import Format
from ofox_magic.jupyter import shell_words
from ofox_magic.jupyter.grammar import (
    MAY_HAVE_A_NUMBER,
    TOOL_CHOICES,
    flags,
    option_strings,
    parser_for,
    usage_error,
    what_is_unknown,
)

_TEXTS = ("-s", "--system", "--option")
_NO_KEYS = re.compile(r"--(?:api[-_]?)?key\b|--token\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """What the line of a question says; *params* are keys of the request's body."""

    model: str | None = None
    system: str | None = None
    name: str | None = None
    output: str | None = None
    timeout: float | None = None
    format: Format | None = None
    schema: str | None = None
    stream: bool = True
    help: bool = False
    tools: tuple[str, ...] = ()
    attach: tuple[str, ...] = ()
    see: int | None = None
    detail: Detail | None = None
    level: Level | None = None
    raw: bool = False
    append: bool = False
    id: str | None = None
    fresh: bool = False
    conversation: str | None = None
    max_cost: Decimal | None = None
    dry_run: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)


def parse(line: str, namespace: Mapping[str, Any], prog: str = "%%ofox") -> Options:
    """Return what the whole *line* says. Raises UsageError, one line, for what it cannot mean."""
    try:
        return _options(shell_words.words(line), namespace, prog)
    except ValueError:
        raise usage_error(prog, "a quote is not closed: expected an even number of ' and \"") from None


def parse_question(line: str, namespace: Mapping[str, Any], prog: str = "%ofox ask") -> tuple[Options, str]:
    """Return the options at the start of *line*, and the question that follows them, as it was typed."""
    parser = parser_for(prog)
    try:
        options, question = shell_words.options_and_rest(line, flags(parser), MAY_HAVE_A_NUMBER)
    except ValueError:
        raise usage_error(prog, "a quote is not closed: expected an even number of ' and \"") from None
    if (behind := shell_words.behind_quoted(question)) in option_strings(parser):
        raise usage_error(prog, f"{behind} stands behind the question: options stand before it")
    return _options(options, namespace, prog), question


def help_text(prog: str = "%%ofox") -> str:
    """Return what --help prints."""
    return parser_for(prog).format_help()


def _options(words: list[str], namespace: Mapping[str, Any], prog: str) -> Options:
    for word in words:
        if _NO_KEYS.match(word):
            raise usage_error(
                prog, "there is no option for a key: it would stay in the notebook and its history. Set OFOX_API_KEY"
            )
    parser = parser_for(prog)
    given, unknown = parser.parse_known_args(shell_words.with_numbers(words, MAY_HAVE_A_NUMBER))
    if unknown:
        raise usage_error(prog, what_is_unknown(unknown, parser))
    if given.positional_model and (before := _unfinished_before(given.positional_model, words)):
        raise usage_error(
            prog,
            f"{given.positional_model!r} follows {before}: a value that holds spaces stands in quotes, and a model "
            f"stands first",
        )
    if given.append and given.id:
        raise usage_error(prog, "--append and --id contradict each other: one adds a turn, the other names it")
    if given.positional_model and given.model:
        raise usage_error(prog, f"two models are named, {given.positional_model!r} and {given.model!r}: expected one")
    if given.tools and any(option.partition("=")[0].strip() == "tools" for option in given.option):
        raise usage_error(prog, "-T and --option tools contradict each other: functions here, JSON there")
    return Options(
        model=given.positional_model or given.model,
        system=given.system,
        name=given.name,
        output=given.output,
        format=given.format,
        schema=given.schema,
        timeout=given.timeout,
        stream=given.stream,
        help=given.help,
        tools=tuple(given.tools),
        attach=tuple(given.attach),
        see=given.see,
        detail=given.detail,
        level=given.level,
        raw=given.raw,
        append=given.append,
        id=given.id,
        fresh=given.fresh,
        conversation=given.session,
        max_cost=given.max_cost,
        dry_run=given.dry_run,
        params=_params(given, namespace, prog),
    )


def _unfinished_before(model: str, words: list[str]) -> str | None:
    """The option and value that *model*, which names no vendor, stands behind as if it were the rest of a text."""
    if "/" in model:
        return None
    behind = zip(words, words[1:], words[2:], strict=False)
    before = ((option, value) for option, value, next_word in behind if next_word == model)
    return next((f"{option} {value}" for option, value in before if _may_go_on(option, value)), None)


def _may_go_on(option: str, value: str) -> bool:
    """Whether *value* is a text that may lack its rest: no quotes held it together, and it is no whole JSON."""
    if option not in _TEXTS or any(map(str.isspace, value)):
        return False
    return option != "--option" or not _is_json(value.partition("=")[2])


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _params(given: argparse.Namespace, namespace: Mapping[str, Any], prog: str) -> dict[str, Any]:
    stop = given.stop[0] if given.stop and len(given.stop) == 1 else given.stop
    provider = (given.provider or {}) | _set({"routing": given.routing, "fallback": given.fallback})
    params = _set(
        {
            "temperature": given.temperature,
            "max_tokens": given.max_tokens,
            "top_p": given.top_p,
            "frequency_penalty": given.frequency_penalty,
            "presence_penalty": given.presence_penalty,
            "stop": stop,
            "reasoning_effort": given.reasoning_effort,
            "tool_choice": _tool_choice(given.tool_choice, prog),
            "provider": provider if provider or given.provider is not None else None,
        }
    )
    return params | dict(_option(text, namespace, prog) for text in given.option)


def _set(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _option(text: str, namespace: Mapping[str, Any], prog: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise usage_error(prog, f"--option {text!r}: expected KEY=VALUE, for example --option seed=7")
    if key.strip() in ("messages", "model", "stream"):
        raise usage_error(prog, f"--option {key.strip()}: expected another key; this one is made of the cell itself")
    if value.startswith("@"):
        return key.strip(), _variable(value[1:], namespace, prog)
    try:
        return key.strip(), json.loads(value)
    except ValueError:
        return key.strip(), value


def _variable(name: str, namespace: Mapping[str, Any], prog: str) -> Any:
    if name not in namespace:
        raise usage_error(prog, f"there is no variable called {name!r}")
    try:
        return json.loads(json.dumps(namespace[name], allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise usage_error(prog, f"the variable {name!r} cannot be written as JSON: {error}") from None


def _tool_choice(text: str | None, prog: str) -> Any:
    if text is None or text in TOOL_CHOICES:
        return text
    if not text.startswith("{"):
        return {"type": "function", "function": {"name": text}}
    try:
        return json.loads(text)
    except ValueError:
        raise usage_error(
            prog, f"--tool-choice {text!r}: expected {', '.join(TOOL_CHOICES)}, a name, or JSON"
        ) from None
