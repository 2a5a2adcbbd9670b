"""
The grammar of a question's options: a line of text to an Options value. Pure but for the namespace handed in.

argparse rather than IPython's magic_arguments, which keeps the quotes inside values and knows no --help.
"""

import argparse
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NoReturn

from IPython.core.error import UsageError

from ofox_magic.jupyter import shell_words

EXAMPLES = """\
examples:
  %%ofox
  Why is the sky blue?

  %%ofox openai/gpt-4o -s "You are a statistician." -t 0.2 -o answer
  When is a median better than a mean?

  %%ofox --option response_format='{"type": "json_object"}' --option seed=7
  Three fruits with their colours, as JSON.

  %%ofox --option tools=@my_tools --tool-choice auto
  What is the weather in Seoul?

What you do not set is not sent. `%ofox` shows where things stand, `%ofox help` what else there is.
"""
_NO_KEYS = re.compile(r"--(?:api[-_]?)?key\b|--token\b", re.IGNORECASE)
_TOOL_CHOICES = ("auto", "none", "required")


@dataclass(frozen=True, slots=True)
class Options:
    """What the line of a question says; *params* are keys of the request's body."""

    model: str | None = None
    system: str | None = None
    name: str | None = None
    output: str | None = None
    timeout: float | None = None
    stream: bool = True
    help: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)


def parse(line: str, namespace: Mapping[str, Any], prog: str = "%%ofox") -> Options:
    """Return what the whole *line* says. Raises UsageError, one line, for what it cannot mean."""
    try:
        return _options(shell_words.words(line), namespace, prog)
    except ValueError:
        raise _usage(prog, "a quote is not closed: expected an even number of ' and \"") from None


def parse_question(line: str, namespace: Mapping[str, Any], prog: str = "%ofox ask") -> tuple[Options, str]:
    """Return the options at the start of *line*, and the question that follows them, as it was typed."""
    try:
        options, question = shell_words.options_and_rest(line, {"--no-stream", "-h", "--help"})
    except ValueError:
        raise _usage(prog, "a quote is not closed: expected an even number of ' and \"") from None
    return _options(options, namespace, prog), question


def help_text(prog: str = "%%ofox") -> str:
    """Return what --help prints."""
    return _parser(prog).format_help()


def _options(words: list[str], namespace: Mapping[str, Any], prog: str) -> Options:
    for word in words:
        if _NO_KEYS.match(word):
            raise _usage(
                prog, "there is no option for a key: it would stay in the notebook and its history. Set OFOX_API_KEY"
            )
    parser = _parser(prog)
    given, unknown = parser.parse_known_args(words)
    if unknown:
        raise _usage(prog, _what_is_unknown(unknown, parser))
    if given.positional_model and given.model:
        raise _usage(prog, f"two models are named, {given.positional_model!r} and {given.model!r}: expected one")
    return Options(
        model=given.positional_model or given.model,
        system=given.system,
        name=given.name,
        output=given.output,
        timeout=given.timeout,
        stream=given.stream,
        help=given.help,
        params=_params(given, namespace, prog),
    )


# -- the parser ---------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _usage(self.prog, message)


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=prog,
        usage=f"{prog} [MODEL] [options]",
        description="Ask the model, with the conversation so far; the answer streams into this cell.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument(
        "positional_model", nargs="?", metavar="MODEL", help="model id or alias; default: see %%ofox model"
    )
    _add_turn_options(parser.add_argument_group("the turn"))
    _add_request_options(parser.add_argument_group("the request"))
    _add_gateway_options(parser.add_argument_group("the gateway's own"))
    return parser


def _add_turn_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("-m", "--model", help="the same as MODEL")
    add("-s", "--system", metavar="TEXT", help="system message of this turn")
    add("-o", "--output", metavar="NAME", type=_identifier, help="put the answer into the variable NAME")
    add("--name", help="name of the user who asks, on the message")
    add("--no-stream", dest="stream", action="store_false", help="wait for the whole answer")
    add("--timeout", metavar="SECONDS", type=_positive_number, help="how long the whole request may take")
    add("-h", "--help", action="store_true", help="show this")


def _add_request_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("-t", "--temperature", metavar="N", type=_number, help="0 to 2; how freely words are chosen")
    add("--max-tokens", metavar="N", type=_positive_integer, help="the longest answer, in tokens")
    add("--top-p", metavar="N", type=_number, help="choose among the likeliest words of this total probability")
    add("--frequency-penalty", metavar="N", type=_number, help="-2 to 2; against words that came often")
    add("--presence-penalty", metavar="N", type=_number, help="-2 to 2; against words that came at all")
    add("--stop", metavar="TEXT", action="append", help="end the answer before TEXT; repeatable")
    add("--reasoning-effort", metavar="LEVEL", help="low, medium, high, or what else the model knows")
    add("--tool-choice", metavar="WHICH", help="auto, none, required, a function's name, or JSON")
    add(
        *("--option",),
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="any other key of the body: VALUE is JSON, else text; KEY=@NAME takes a variable; repeatable",
    )


def _add_gateway_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("--routing", metavar="HOW", help="provider.routing: priority, cost, latency or balanced")
    add("--fallback", metavar="A,B", type=_names, help="provider.fallback: models that step in, in this order")
    add("--provider", metavar="JSON", type=_json_object, help='the provider object itself, e.g. \'{"type": "azure"}\'')


# -- values -------------------------------------------------------------------------------------------------------


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
        raise _usage(prog, f"--option {text!r}: expected KEY=VALUE, for example --option seed=7")
    if key.strip() in ("messages", "model", "stream"):
        raise _usage(prog, f"--option {key.strip()}: expected another key; this one is made of the cell itself")
    if value.startswith("@"):
        return key.strip(), _variable(value[1:], namespace, prog)
    try:
        return key.strip(), json.loads(value)
    except ValueError:
        return key.strip(), value


def _variable(name: str, namespace: Mapping[str, Any], prog: str) -> Any:
    if name not in namespace:
        raise _usage(prog, f"there is no variable called {name!r}")
    try:
        return json.loads(json.dumps(namespace[name], allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise _usage(prog, f"the variable {name!r} cannot be written as JSON: {error}") from None


def _tool_choice(text: str | None, prog: str) -> Any:
    if text is None or text in _TOOL_CHOICES:
        return text
    if not text.startswith("{"):
        return {"type": "function", "function": {"name": text}}
    try:
        return json.loads(text)
    except ValueError:
        raise _usage(prog, f"--tool-choice {text!r}: expected {', '.join(_TOOL_CHOICES)}, a name, or JSON") from None


def _number(text: str) -> int | float:
    """As it was typed, since it is sent so: 1 stays 1, 0.7 stays 0.7."""
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?", text):
        return float(text)
    raise argparse.ArgumentTypeError(f"expected a number, got {text!r}")


def _positive_number(text: str) -> float:
    number = _number(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return float(number)


def _positive_integer(text: str) -> int:
    number = _number(text)
    if not isinstance(number, int) or number <= 0:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return number


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"expected a variable's name, got {text!r}")
    return text


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"expected a JSON object in single quotes, got {text!r}")
    return value


# -- what is said -------------------------------------------------------------------------------------------------


def _usage(prog: str, message: str) -> UsageError:
    return UsageError(f"{prog}: {message} ({prog} --help shows all)")


def _what_is_unknown(words: list[str], parser: argparse.ArgumentParser) -> str:
    option = next((word.partition("=")[0] for word in words if word.startswith("-")), None)
    if option is None:
        return f"expected one model and then options, got {' '.join(words)!r} too: the prompt goes below this line"
    known = [text for action in parser._actions for text in action.option_strings]  # noqa: SLF001 - no other way
    close = get_close_matches(option, known, n=1)
    return f"there is no option {option}" + (f"; did you mean {close[0]}?" if close else "")
