"""What may stand where the cursor is, in a cell that asks or a line that commands. Pure: names are handed in."""

import argparse
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ofox_magic.context.references import Found, split
from ofox_magic.jupyter.candidate_sources import ARGUMENTS, VALUES, Candidate, Completion, Known, Source, beginning_with
from ofox_magic.jupyter.grammar import MAY_HAVE_A_NUMBER, actions, parser_for

_CELL = re.compile(r"\s*%%ofox(?=\s)[ \t]*")
_LINE = re.compile(r"\s*%ofox[ \t]+")
_REFERENCE = re.compile(r"([{@])((?:(?:Out|In|Err)\[)?\w*)\Z")
_PROBE = "ofox_probe"  # any name would do: it tells whether the place counts


def complete(text: str, cursor: int, known: Known) -> Completion | None:
    """
    Return what may stand at *cursor* of *text*, a whole cell; None where that is nobody's business here.

    Where nothing is known that may stand there, as in prose, the Completion is empty: Python's names may not either.
    """
    if head := _CELL.match(text):
        end = text.find("\n", head.end())
        end = len(text) if end < 0 else end
        if head.end() <= cursor <= end:
            return _in_options(_Typed.of(text[head.end() : cursor]), parser_for("%%ofox"), known, VALUES["model"])
        return _in_prose(text[end + 1 :], cursor - end - 1, known) if cursor > end else None
    start = text.rfind("\n", 0, cursor) + 1
    line = text[start:].partition("\n")[0]
    if (head := _LINE.match(line)) and cursor - start >= head.end():
        return _in_command(line[head.end() :], cursor - start - head.end(), known)
    return None


def _in_command(line: str, cursor: int, known: Known) -> Completion | None:
    name, space, _ = line[:cursor].partition(" ")
    if not space:
        return beginning_with(name, known.commands(), "command")
    rest, place = line[len(name) + 1 :], cursor - len(name) - 1
    typed = _Typed.of(rest[:place])
    if parser := known.parser(name):
        found = _in_options(typed, parser, known)
        is_question = name == "ask" and not found.candidates
        return _in_prose(rest, place, known) if is_question else found
    if typed.in_quotes:
        return Completion()
    if name in ("save", "load"):
        return Completion(typed.fragment, files=True)
    if typed.fragment.startswith("-") and name == "level":
        return beginning_with(typed.fragment, ["--mask"], "option")
    sources = ARGUMENTS.get(name, ())
    return sources[len(typed.words)](typed.fragment, known) if len(typed.words) < len(sources) else Completion()


def _in_options(
    typed: "_Typed", parser: argparse.ArgumentParser, known: Known, model: Source | None = None
) -> Completion:
    """*model*: what the one word that is no option may be; where that is None, a question begins with it."""
    if typed.in_quotes:
        return Completion()
    by_option = {text: action for action in actions(parser) for text in action.option_strings}
    waiting, given, bare = _given(typed.words, by_option)
    fragment = typed.fragment
    if waiting is not None:
        return _value(waiting, fragment, known)
    option, equals, value = fragment.partition("=")
    if equals and option in by_option:
        return _value(by_option[option], value, known)
    if bare and model is None:
        return Completion()
    options = [action for action in by_option.values() if action.dest not in given or _is_repeatable(action)]
    offered = beginning_with(fragment, dict.fromkeys(action.option_strings[-1] for action in options), "option")
    if fragment.startswith("-"):
        return offered
    first = model(fragment, known) if model and not bare else Completion(fragment)
    return first if fragment else Completion("", first.candidates + offered.candidates)


def _given(
    words: Iterable[str], by_option: Mapping[str, argparse.Action]
) -> tuple[argparse.Action | None, set[str], int]:
    """The option whose value comes next, the options that are given, and how many words are none of both."""
    waiting: argparse.Action | None = None
    given: set[str] = set()
    bare = 0
    for word in words:
        if waiting is not None:
            waiting = None
        elif action := by_option.get(word.partition("=")[0]):
            given.add(action.dest)
            takes_one = action.nargs != 0 and "=" not in word and word not in MAY_HAVE_A_NUMBER
            waiting = action if takes_one else None
        else:
            bare += 1
    return waiting, given, bare


def _is_repeatable(action: argparse.Action) -> bool:
    return isinstance(action, argparse._AppendAction)  # noqa: SLF001 - no other way


def _value(action: argparse.Action, fragment: str, known: Known) -> Completion:
    if action.choices:
        return beginning_with(fragment, action.choices, "value")
    source = VALUES.get(action.dest)
    return source(fragment, known) if source else Completion(fragment)


def _in_prose(text: str, cursor: int, known: Known) -> Completion | None:
    """The names that would count as references where the cursor is."""
    before, after = text[:cursor], text[cursor:]
    if re.search(r"\\\S*\Z", before):
        return None  # \alpha: that is IPython's
    typed = _REFERENCE.search(before)
    if typed is None or not _counts(text, cursor, typed):
        return Completion()
    mark = typed[1]
    end = "}" if mark == "{" and not after.startswith("}") else ""
    names = [(name, kind) for name, kind in known.references() if mark == "{" or name.isidentifier()]
    offered = [Candidate(f"{mark}{name}{end}", kind) for name, kind in names if name.startswith(typed[2])]
    return Completion(typed[0], tuple(offered))


def _counts(text: str, cursor: int, typed: re.Match[str]) -> bool:
    """Whether a name that exists would be a reference in the place of *typed*."""
    after = re.sub(r"\A\w*", "", text[cursor:])
    after = after.removeprefix("}") if typed[1] == "{" else after
    probe = typed[1] + _PROBE + ("}" if typed[1] == "{" else "")
    pieces = split(text[: typed.start()] + probe + after, lambda name: name, lambda name: name == _PROBE)
    return any(isinstance(piece, Found) for piece in pieces)


@dataclass(frozen=True, slots=True)
class _Typed:
    """The *words* that are finished, and the *fragment* that the cursor is in; within a quote nothing is completed."""

    words: list[str]
    fragment: str = ""
    in_quotes: bool = False

    @classmethod
    def of(cls, line: str) -> "_Typed":
        fragment = "" if not line or line[-1].isspace() else line.split()[-1]
        try:
            return cls(shlex.split(line[: len(line) - len(fragment)]), fragment)
        except ValueError:
            return cls([], in_quotes=True)
