"""The options of a question, as argparse knows them, and what --help says."""

import argparse
from difflib import get_close_matches
from typing import NoReturn, get_args

from IPython.core.error import UsageError

from ofox_magic.chat.parts import Detail
from ofox_magic.context.sharing import LEVELS
from ofox_magic.formats import FORMATS
from ofox_magic.jupyter.option_values import (
    amount,
    count_or_new,
    identifier,
    json_object,
    names,
    number,
    one_word,
    output_name,
    positive_integer,
    positive_number,
)

DETAILS = get_args(Detail)
ROUTINGS = ("priority", "cost", "latency", "balanced")
EFFORTS = ("low", "medium", "high")
TOOL_CHOICES = ("auto", "none", "required")
MAY_HAVE_A_NUMBER = {"--see": "new"}
"""Options that take a number where one follows, and what they mean alone."""

EXAMPLES = """\
examples:
  %%ofox
  Why is the sky blue?

  %%ofox openai/gpt-4o -s "You are a statistician." -t 0.2 -o answer
  When is a median better than a mean?

  %%ofox -f json --option seed=7 -o fruits
  Three fruits with their colours.

  %%ofox --schema Fruit -o fruit
  Which fruit is the sourest?

  %%ofox -a plot.png --level stats
  What does {df} have to do with @fig?

  %%ofox -T weather
  What is the weather in Seoul?

What you do not set is not sent. `%ofox` shows where things stand, `%ofox help` what else there is.
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and never ends the kernel."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise usage_error(self.prog, message)


def command_parser(prog: str, description: str) -> Parser:
    """Return a parser for the command *prog*, which takes --help and says with it what it does: *description*."""
    parser = Parser(prog=prog, description=description, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true", help="show this")
    return parser


def parser_for(prog: str) -> argparse.ArgumentParser:
    """Return a parser for *prog*, the name in its messages."""
    parser = Parser(
        prog=prog,
        usage=prog.replace("%", "%%") + " [MODEL] [options]",
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
    _add_tool_options(parser.add_argument_group("what the model may call; it asks you before each call"))
    _add_context_options(parser.add_argument_group("what goes along (in the prompt: {name} or @name)"))
    _add_request_options(parser.add_argument_group("the request"))
    _add_gateway_options(parser.add_argument_group("the gateway's own"))
    return parser


def _add_turn_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("-m", "--model", help="the same as MODEL")
    add("-s", "--system", metavar="TEXT", help="system message of this turn")
    add(
        "-o",
        "--output",
        metavar="NAME",
        type=output_name,
        help="put the answer into NAME; of JSON its value, of a dry run the bytes",
    )
    add("-f", "--format", choices=FORMATS, help="how it is to be answered; code goes into a new cell too, unrun")
    add("--schema", metavar="NAME", type=identifier, help="JSON by the pydantic model or JSON Schema in NAME")
    add("--name", help="name of the user who asks, on the message")
    add("--no-stream", dest="stream", action="store_false", help="wait for the whole answer")
    add("--timeout", metavar="SECONDS", type=positive_number, help="how long the whole request may take")
    add("--append", action="store_true", help="add a turn, where running the cell again would replace its own")
    add("--id", metavar="NAME", type=one_word, help="replace the turn that was asked with this NAME before")
    add("--fresh", action="store_true", help="ask without the turns so far")
    add("--session", metavar="NAME", type=one_word, help="ask in the conversation NAME, which is made if need be")
    add("--max-cost", metavar="USD", type=amount, help="refuse before sending where the estimate is above")
    add("--dry-run", action="store_true", help="send nothing; show exactly what would go")
    add("-h", "--help", action="store_true", help="show this")


def _add_context_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("-a", "--attach", metavar="WHAT", action="append", default=[], help="a name, file or address; repeatable")
    add(
        "--see",
        metavar="[N]",
        type=count_or_new,
        help="the last N displays; alone: those since the last question",
    )
    add("--detail", choices=DETAILS, help="how closely pictures are looked at")
    add("--level", choices=LEVELS, help="how much of tables is told; see %%ofox level")
    add("--raw", action="store_true", help="take {name} and @name as they are typed")


def _add_tool_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add(
        "-T",
        "--tool",
        dest="tools",
        metavar="NAME",
        action="append",
        default=[],
        help="a registered tool, a function of the notebook, or frames: exact questions about the tables in the prompt "
        "(frames:df is about others); repeatable",
    )
    add("--tool-choice", metavar="WHICH", help=f"{', '.join(TOOL_CHOICES)}, a function's name, or JSON")


def _add_request_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("-t", "--temperature", metavar="N", type=number, help="0 to 2; how freely words are chosen")
    add("--max-tokens", metavar="N", type=positive_integer, help="the longest answer, in tokens")
    add("--top-p", metavar="N", type=number, help="choose among the likeliest words of this total probability")
    add("--frequency-penalty", metavar="N", type=number, help="-2 to 2; against words that came often")
    add("--presence-penalty", metavar="N", type=number, help="-2 to 2; against words that came at all")
    add("--stop", metavar="TEXT", action="append", help="end the answer before TEXT; repeatable")
    add("--reasoning-effort", metavar="LEVEL", help=f"{', '.join(EFFORTS)}, or what else the model knows")
    add(
        "--option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="any other key of the body: VALUE is JSON, else text; KEY=@NAME takes a variable; repeatable",
    )


def _add_gateway_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("--routing", metavar="HOW", help=f"provider.routing: {', '.join(ROUTINGS[:-1])} or {ROUTINGS[-1]}")
    add("--fallback", metavar="A,B", type=names, help="provider.fallback: models that step in, in this order")
    add("--provider", metavar="JSON", type=json_object, help='the provider object itself, e.g. \'{"type": "azure"}\'')


def flags(parser: argparse.ArgumentParser) -> frozenset[str]:
    """Return the options of *parser* that take no value."""
    return frozenset(text for action in actions(parser) if action.nargs == 0 for text in action.option_strings)


def usage_error(prog: str, message: str) -> UsageError:
    """Return *message* as the one line that IPython shows."""
    # IPython runs no cell magic without a cell, so `%%ofox --help` by itself is none
    helps = "%ofox ask" if prog.startswith("%%") else prog
    return UsageError(f"{prog}: {message} ({helps} --help shows all)")


def what_is_unknown(words: list[str], parser: argparse.ArgumentParser) -> str:
    """Return what is wrong with *words* that no option takes."""
    option = next((word.partition("=")[0] for word in words if word.startswith("-")), None)
    if option is None:
        return (
            f"expected one model and then options, got {' '.join(words)!r} too: a value that holds spaces stands in "
            f"quotes, the prompt goes below this line"
        )
    known = option_strings(parser)
    close = [text for text in known if text.startswith(option)] or get_close_matches(option, known, n=1)
    return f"there is no option {option}" + (f"; did you mean {close[0]}?" if close else "")


def option_strings(parser: argparse.ArgumentParser) -> list[str]:
    """Return how the options of *parser* are written, in order."""
    return [text for action in actions(parser) for text in action.option_strings]


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the options and positional arguments of *parser*, in order."""
    return parser._actions  # noqa: SLF001 - no other way
