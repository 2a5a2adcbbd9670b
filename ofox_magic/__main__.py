"""`ofox-magic`, the same as `python -m ofox_magic`: what a terminal can ask for. Parses, calls, tells the status."""

import argparse
import os
import sys
from collections.abc import Sequence

from ofox_magic import __version__
from ofox_magic.errors import OfoxError

INTERRUPTED = 130  # what a shell expects of a program that Ctrl-C ended
EXAMPLES = """\
examples:
  ofox-magic demo                   run the tour here: no key, no browser, a few seconds
  ofox-magic demo --lab             open the tour in JupyterLab, to play with
  ofox-magic demo --live            run it with a real model; OFOX_API_KEY holds the key, and it costs a little
  ofox-magic practice --port 8765   run the practice gateway for any program, until Ctrl-C

In a notebook:
  %load_ext ofox_magic

  %%ofox
  Why is the sky blue?
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what *arguments* (else the command line) ask for, and return the exit status."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no `·` shows a `?`
    chosen = _parser().parse_args(arguments)
    try:
        return _run(chosen)
    except OfoxError as error:
        print(f"ofox-magic: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `ofox-magic demo | head`: nobody reads on, the last flush included
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "demo":
        from ofox_magic import demo

        if chosen.lab:
            demo.open_in_lab()
        return demo.run(live=chosen.live, timeout=chosen.timeout)
    if chosen.command == "practice":
        from ofox_magic.practice import serve_forever

        serve_forever(chosen.port, chosen.delay)
    else:
        _parser().print_help()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ofox-magic",
        description="The notebook's own conversation: cells that begin with %%ofox talk with a model.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ofox_magic {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_demo(commands.add_parser("demo", help="run the packaged tour in a real kernel, and print it"))
    _add_practice(commands.add_parser("practice", help="run the practice gateway on this machine"))
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the packaged tour in a real kernel and print the conversation as it goes. It talks with the practice "
        "gateway, which is no language model: no key, nothing leaves this machine."
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--live", action="store_true", help="talk with the real gateway; needs a key in OFOX_API_KEY")
    where.add_argument(
        "--lab",
        action="store_true",
        help="copy the tour into this folder and open it in JupyterLab; without a key it talks with the practice "
        "gateway",
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=120, metavar="S", help="seconds that a cell may take (default: 120)"
    )


def _add_practice(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the practice gateway on loopback until Ctrl-C. It speaks the gateway's protocol, is no language model, "
        "and answers with what it received."
    )
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="port to listen on (default: a free one)")
    parser.add_argument(
        "--delay", type=_pause, default=0.0, metavar="S", help="seconds between the tokens of a stream (default: 0)"
    )


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of seconds, 1 or more, got {text!r}")
    return int(text)


def _pause(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds, got {text!r}")
    return number


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - the highest port there is
        raise argparse.ArgumentTypeError(f"expected a port, 0 to 65535, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
