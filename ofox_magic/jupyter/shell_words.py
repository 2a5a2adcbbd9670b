"""Takes a magic's line apart as a shell would, but leaves a question that stands at its end as it was typed. Pure."""

import shlex
from collections.abc import Container
from io import StringIO


def words(line: str) -> list[str]:
    """Return the words of *line*. Raises ValueError for a quote that is not closed."""
    return shlex.split(line)


def options_and_rest(line: str, flags: Container[str]) -> tuple[list[str], str]:
    """
    Return the option words at the start of *line*, and what follows them, untouched.

    Options that are no *flags* take the next word as their value. A rest that is quoted as a whole is unquoted.
    Raises ValueError for an option's quote that is not closed.
    """
    options: list[str] = []
    rest = line.strip()
    while rest.startswith("-") and rest != "-":
        option, rest = _next_word(rest)
        if option == "--":
            break
        options.append(option)
        if option not in flags and "=" not in option and rest:
            value, rest = _next_word(rest)
            options.append(value)
    return options, _unquoted(rest)


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
