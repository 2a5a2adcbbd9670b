"""What there is to put in for each option and argument: by its beginning, the likeliest first. Pure."""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ofox_magic.context.sharing import LEVELS
from ofox_magic.jupyter.grammar import EFFORTS, ROUTINGS, TOOL_CHOICES


@dataclass(frozen=True, slots=True)
class Candidate:
    """A *text* that may be put in, and the *kind* that a front end shows beside it."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Completion:
    """
    The *candidates*, the likeliest first, each to be put in place of *fragment*, which ends at the cursor.

    *files*: a path may stand there too.
    """

    fragment: str = ""
    candidates: tuple[Candidate, ...] = ()
    files: bool = False


class Known(Protocol):
    """What can be named, the likeliest first, as far as it is known without asking anybody."""

    def commands(self) -> Sequence[str]:
        """What can stand behind `%ofox`."""

    def parser(self, command: str) -> argparse.ArgumentParser | None:
        """Return what takes apart the options of `%ofox` *command*; None where it has none."""

    def aliases(self) -> Sequence[str]:
        """The user's short names of models."""

    def models(self) -> Sequence[str]:
        """The ids of models."""

    def conversations(self) -> Sequence[str]:
        """The conversations of the session."""

    def tools(self) -> Sequence[str]:
        """The functions that a model may be offered."""

    def references(self) -> Sequence[tuple[str, str]]:
        """The names that a reference can use, with what each brings along."""

    def schemas(self) -> Sequence[str]:
        """The variables that may be a schema."""


def beginning_with(fragment: str, texts: Iterable[str], kind: str) -> Completion:
    """Return those of *texts* that begin with *fragment*."""
    return Completion(fragment, tuple(Candidate(text, kind) for text in texts if text.startswith(fragment)))


def _models(fragment: str, known: Known) -> Completion:
    """By the begin of the id, then by that of the part behind the maker's name: nobody types openai/ first."""
    aliases = [Candidate(name, "alias") for name in known.aliases() if name.startswith(fragment)]
    models, wanted = list(dict.fromkeys(known.models())), fragment.lower()
    first = [model for model in models if model.lower().startswith(wanted)]
    then = [model for model in models if model not in first and model.lower().partition("/")[2].startswith(wanted)]
    return Completion(fragment, (*aliases, *(Candidate(model, "model") for model in (*first, *then))))


def _models_in_a_row(fragment: str, known: Known) -> Completion:
    return _models(fragment.rpartition(",")[2], known)


def _attachments(fragment: str, known: Known) -> Completion:
    names = tuple(Candidate(name, kind) for name, kind in known.references() if name.startswith(fragment))
    return Completion(fragment, names, files=True)


def _tables(fragment: str, known: Known) -> Completion:
    return beginning_with(fragment, [name for name, kind in known.references() if kind == "table"], "table")


def _tables_and_levels(fragment: str, known: Known) -> Completion:
    levels = beginning_with(fragment, LEVELS, "value")
    return Completion(fragment, _tables(fragment, known).candidates + levels.candidates)


def _tools(fragment: str, known: Known) -> Completion:
    return beginning_with(fragment, [*known.tools(), "frames"], "tool")


def _tool_choices(fragment: str, known: Known) -> Completion:
    return beginning_with(fragment, [*TOOL_CHOICES, *known.tools()], "value")


def _option_of_the_body(fragment: str, known: Known) -> Completion:
    _, at, name = fragment.partition("=@")
    return beginning_with(name, known.schemas(), "variable") if at else Completion(fragment)


Source: TypeAlias = Callable[[str, Known], Completion]


def _one_of(texts: Sequence[str]) -> Source:
    return lambda fragment, _known: beginning_with(fragment, texts, "value")


def _named(names: Callable[[Known], Sequence[str]], kind: str) -> Source:
    return lambda fragment, known: beginning_with(fragment, names(known), kind)


_CONVERSATIONS = _named(lambda known: known.conversations(), "conversation")
_ALIASES = _named(lambda known: known.aliases(), "alias")
_SCHEMAS = _named(lambda known: known.schemas(), "variable")
VALUES: Mapping[str, Source] = {  # of options, by their dest
    "model": _models,
    "fallback": _models_in_a_row,
    "schema": _SCHEMAS,
    "session": _CONVERSATIONS,
    "tools": _tools,
    "tool_choice": _tool_choices,
    "attach": _attachments,
    "routing": _one_of(ROUTINGS),
    "reasoning_effort": _one_of(EFFORTS),
    "option": _option_of_the_body,
    "to": lambda fragment, _known: Completion(fragment, files=True),
}
ARGUMENTS: Mapping[str, tuple[Source, ...]] = {  # of commands
    "model": (_models,),
    "alias": (_ALIASES, _models),
    "dealias": (_ALIASES,),
    "switch": (_CONVERSATIONS,),
    "fork": (_CONVERSATIONS,),
    "level": (_tables_and_levels, _one_of(LEVELS)),
    "tools": (_named(lambda known: known.tools(), "tool"),),
    "help": (_one_of(["ask"]),),
}
