"""Takes a magic's line apart as a shell would, but leaves a question that stands at its end as it was typed. Pure."""

import shlex
from collections.abc import Container, Mapping, Sequence
from io import StringIO
from itertools import zip_longest


def words(line: str) -> list[str]:
    """Return the words of *line*. Raises ValueError for a quote that is not closed."""
    return shlex.split(line)


def with_numbers(words: Sequence[str], alone: Mapping[str, str]) -> list[str]:
    """Return *words*; each option that *alone* knows is joined to the number behind it, or to what it means alone."""
    joined: list[str] = []
    taken = False
    for word, behind in zip_longest(words, words[1:], fillvalue=""):
        if taken:
            taken = False
        elif word in alone:
            taken = behind.isdigit()
            joined.append(f"{word}={behind if taken else alone[word]}")
        else:
            joined.append(word)
    return joined


def options_and_rest(line: str, flags: Container[str], may_have_a_number: Container[str] = ()) -> tuple[list[str], str]:
    """
    Return the option words at the start of *line*, and what follows them, untouched.

    Options that are no *flags* take the next word as their value, those in *may_have_a_number* only where it is a
    number. A rest that is quoted as a whole is unquoted.
    Raises ValueError for an option's quote that is not closed.
    """
    options: list[str] = []
    rest = line.strip()
    while rest.startswith("-") and rest != "-":
        option, rest = _next_word(rest)
        if option == "--":
            break
        options.append(option)
        if option in flags or "=" in option or not rest:
            continue
        value, behind = _next_word(rest)
        if option not in may_have_a_number or value.isdigit():
            options.append(value)
            rest = behind
    return options, _unquoted(rest)


def behind_quoted(text: str) -> str:
    """Return the word behind the quoted one that *text* begins with; empty where it does not, or ends there."""
    if text[:1] not in ("'", '"'):
        return ""
    try:
        _, rest = _next_word(text)
    except ValueError:
        return ""
    return rest.partition(" ")[0]


def _next_word(text: str) -> tuple[str, str]:
    stream = StringIO(text)
    lexer = shlex.shlex(stream, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    word = lexer.get_token() or ""
    return word, text[stream.tell() :].strip()


def _unquoted(text: str) -> str:
    if text[:1] not in ("'", '"'):
        return text
    try:
        only = shlex.split(text)
    except ValueError:
        return text
    return only[0] if len(only) == 1 and text[-1] == text[0] else text
