"""What the line magic prints: the state of a session in words. Pure: values in, text out."""

import re
from collections.abc import Iterable, Mapping
from textwrap import fill, shorten

from ofox_magic.chat.ledger import Spent
from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, Table
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import ModelCard
from ofox_magic.chat.turn import Turn
from ofox_magic.context.sharing import Sharing
from ofox_magic.settings import Settings
from ofox_magic.untrusted import printable

WIDTH = 88
"""Columns of a line that is cut to fit, where nothing says how many there are."""
_MILLION = 1_000_000
_TOUCHING = re.compile(r"[^\s(\[{][\w\[]")  # the end of a part and the begin of the next, which no space parts


def status(session: Session, settings: Settings, width: int | None = None) -> str:
    """Where things stand: model, gateway, key (never itself), turns, tokens."""
    no_need = settings.practice or settings.is_local
    key = "set" if settings.api_key else "not needed here" if no_need else "not set: OFOX_API_KEY"
    where = "the practice gateway, which is no language model" if settings.practice else settings.base_url
    total = sum((spent.usage.total_tokens for spent in session.ledger.lines.values()), 0)
    rows = {
        "model": session.resolve(session.model or settings.model),
        "gateway": where,
        "key": key,
        "system": _short(session.system, (width or WIDTH) - 14) if session.system else "none",
        "conversation": f"{session.name}, {_count(len(session.turns), 'turn')}",
        "tokens": f"{total:,}",
        "live": "yes" if settings.live else "no: answers are shown once, at their end (OFOX_LIVE)",
    }
    return "\n".join(f"{name:<13} {value}" for name, value in rows.items())


def history(turns: Iterable[Turn], width: int | None = None) -> str:
    """The turns, two lines each."""
    lines = [line for number, turn in enumerate(turns, 1) for line in _two_lines(number, turn, width or WIDTH)]
    return "\n".join(lines) or "nothing was said yet"


def whole_turn(turn: Turn) -> str:
    """One turn with all of its text."""
    asked = "\n".join(f"{message.role}: {_text(message)}" for message in turn.question)
    return printable(f"{asked}\n\nassistant ({_state(turn)}): {turn.reply.text or turn.reply.error or ''}")


def usage(lines: Mapping[str, Spent], width: int | None = None) -> str:
    """Tokens by model, as the gateway counted them."""
    if not lines:
        return "nothing was used yet"
    rows: list[tuple[str, ...]] = [("model", "answers", "prompt", "cached", "completion", "reasoning", "total")]
    rows += [_usage_row(model, spent) for model, spent in lines.items()]
    if len(lines) > 1:
        rows.append(_usage_row("all", _all(lines.values())))
    unknown = sum(spent.unknown for spent in lines.values())
    note = f"\n{_count(unknown, 'answer')} came without a count of tokens" if unknown else ""
    return _table(rows, width) + note


def models(cards: Iterable[ModelCard], words: str, width: int | None = None) -> str:
    """The models whose id, name or alias holds *words*, with their price per million tokens."""
    found = [card for card in cards if words.lower() in " ".join((card.id, card.name, *card.aliases)).lower()]
    if not found:
        return f"no model is called like {words!r}; %ofox models lists all"
    rows: list[tuple[str, ...]] = [("model", "context", "USD/M in", "USD/M out", "takes", "aliases")]
    rows += [_model_row(card) for card in found]
    return _table(rows, width)


def aliases(names: Mapping[str, str]) -> str:
    """The aliases, one a line."""
    return "\n".join(f"{alias} = {model}" for alias, model in names.items()) or "no aliases; %ofox alias NAME MODEL"


def sharing(rules: Sharing) -> str:
    """How much of tables is told: by name, and of all others."""
    named = {name: _rule(rule.level or rules.default, rule.masked) for name, rule in rules.rules.items()}
    return "\n".join(
        f"{name:<13} {said}" for name, said in (named | {"all others" if named else "tables": rules.default}).items()
    )


def _rule(level: str, masked: Iterable[str]) -> str:
    hidden = ", ".join(sorted(masked))
    return f"{level}, without the values of {hidden}" if hidden else level


def _two_lines(number: int, turn: Turn, width: int) -> tuple[str, str]:
    asked = " ".join(_text(message) for message in turn.question)
    said = turn.reply.text or str(turn.reply.error or "(nothing)")
    return (
        f"{number:>3}  " + _short(f"you: {asked}", width - 5),
        "     " + _short(f"{_state(turn)}: {said}", width - 5),
    )


def _state(turn: Turn) -> str:
    model = turn.reply.model or turn.model
    return printable(model if turn.state == "done" else f"{model}, {turn.state}")


def _text(message: Message) -> str:
    text = ""
    for part in message.parts:
        shown = _kind(part) or getattr(part, "text", "")
        text += " " * bool(_TOUCHING.fullmatch(text[-1:] + shown[:1])) + shown
    return text


def _kind(part: object) -> str:
    if isinstance(part, Image):
        return f"[image {part.width} × {part.height}]" if part.width else "[image]"
    return f"[{part.heading}]" if isinstance(part, Table) else ""


def _short(text: str, width: int) -> str:
    return shorten(printable(text[: 20 * WIDTH]), max(width, 20), placeholder=" …")


def _usage_row(model: str, spent: Spent) -> tuple[str, ...]:
    used = spent.usage
    counts = (spent.requests, used.prompt_tokens, used.cached_tokens, used.completion_tokens, used.reasoning_tokens)
    return (printable(model), *(f"{count:,}" for count in (*counts, used.total_tokens)))


def _all(lines: Iterable[Spent]) -> Spent:
    total = Spent()
    for spent in lines:
        total = Spent(total.requests + spent.requests, total.unknown + spent.unknown, total.usage + spent.usage)
    return total


def _model_row(card: ModelCard) -> tuple[str, ...]:
    prices = (f"{card.prices[kind] * _MILLION:f}" if kind in card.prices else "?" for kind in ("prompt", "completion"))
    per_million = (_trimmed(price) for price in prices)
    context = f"{card.context_length:,}" if card.context_length else "?"
    row = (card.id, context, *per_million, ", ".join(sorted(card.inputs)) or "?", ", ".join(card.aliases[:2]))
    return tuple(printable(cell) for cell in row)


def _trimmed(price: str) -> str:
    return price.rstrip("0").rstrip(".") if "." in price else price


def _table(rows: list[tuple[str, ...]], width: int | None) -> str:
    """Columns as wide as their widest cell, numbers to the right; a list where *width* is too narrow for it."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width and sum(widths) + 2 * len(widths) - 2 > width:
        return "\n".join(_listed(rows[0], row, width) for row in rows[1:])
    return "\n".join(
        "  ".join(_cell(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _listed(names: tuple[str, ...], row: tuple[str, ...], width: int) -> str:
    cells = " · ".join(f"{name} {cell}" for name, cell in zip(names[1:], row[1:], strict=True) if cell)
    return f"{row[0]}\n{fill(cells, width, initial_indent='  ', subsequent_indent='  ')}"


def _cell(cell: str, width: int) -> str:
    return cell.rjust(width) if cell[:1].isdigit() else cell.ljust(width)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
