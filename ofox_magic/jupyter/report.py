"""What the line magic prints: the state of a session in words. Pure: values in, text out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, Opaque, Table, ToolCall
from ofox_magic.chat.session import Session
from ofox_magic.chat.turn import Turn
from ofox_magic.context.sharing import Sharing
from ofox_magic.jupyter.columns import WIDTH, age, count, cut, short, table
from ofox_magic.jupyter.report_spending import budget
from ofox_magic.settings import Settings
from ofox_magic.structured import is_follow_up
from ofox_magic.untrusted import one_line, printable

if TYPE_CHECKING:
    from ofox_magic.journal import SessionInfo

_MODES = {
    "live": "live",
    "record": "record: answers are written into the cassette (OFOX_MODE)",
    "replay": "replay: answers come from the cassette, nothing is sent (OFOX_MODE)",
    "off": "off: nothing is sent (OFOX_MODE)",
}
_TOUCHING = re.compile(r"[^\s(\[{][\w\[]")  # the end of a part and the begin of the next, which no space parts


def status(session: Session, settings: Settings, width: int | None = None) -> str:
    """Where things stand: model, gateway, key (never itself), turns, tokens, cost, mode."""
    no_need = settings.practice or settings.is_local or settings.is_offline
    key = "set" if settings.api_key else "not needed here" if no_need else "not set: OFOX_API_KEY"
    where = "the practice gateway, which is no language model" if settings.practice else settings.base_url
    spent = session.ledger.spent()
    others = f" of {len(session.names)}" if len(session.names) > 1 else ""
    rows = {
        "model": session.resolve(session.model or settings.model),
        "gateway": where,
        "key": key,
        "system": short(session.system, (width or WIDTH) - 14) if session.system else "none",
        "conversation": f"{session.name}{others}, {_length(session.conversations[session.name])}",
        "tokens": f"{spent.usage.total_tokens:,}",
        "cost": budget(session),
        "mode": _MODES[settings.mode],
        "journal": "on" if settings.journal else "off (OFOX_JOURNAL)",
        "live": "yes" if settings.live else "no: answers are shown once, at their end (OFOX_LIVE)",
    }
    return "\n".join(f"{name:<13} {value}" for name, value in rows.items())


def history(turns: Iterable[Turn], width: int | None = None) -> str:
    """The turns, two lines each."""
    lines = [line for number, turn in enumerate(turns, 1) for line in _two_lines(number, turn, width or WIDTH)]
    return "\n".join(lines) or "nothing was said yet"


def whole_turn(turn: Turn) -> str:
    """One turn with all of its text."""
    asked = "\n".join(f"{_asker(message)}: {_text(message)}" for message in turn.question)
    steps = "".join(f"{step}\n\n" for message in turn.reply.steps for step in _step(message))
    said = turn.reply.message.text or turn.reply.error or ""
    return printable(f"{asked}\n\n{steps}assistant ({_state(turn)}): {said}")


def sessions(kept: Iterable["SessionInfo"], now: float, width: int | None = None) -> str:
    """The sessions in the journal, a line each, numbered as `%ofox resume` takes them."""
    rows = [
        (str(number), age(now - info.last), count(info.turns, "turn"), one_line(info.name, 40) or "-", info.title)
        for number, info in enumerate(kept, 1)
    ]
    if not rows:
        return "the journal holds no other session"
    lines = table([("N", "last change", "length", "notebook", "first question"), *rows], None).splitlines()
    return "\n".join((*(cut(line, width or WIDTH) for line in lines), "%ofox resume N goes on in one of them"))


def conversations(session: Session) -> str:
    """The conversations of a session, a line each."""
    lines = [
        f"{'*' if name == session.name else ' '} {printable(name):<13} {_length(conversation)}"
        for name, conversation in session.conversations.items()
    ]
    return "\n".join(lines)


def _length(conversation: Conversation) -> str:
    """How many turns there are, and how many of them a later question does not carry."""
    turns = count(len(conversation), "turn")
    failed = sum(each.version.status == "failed" and not each.version.messages() for each in conversation.exchanges)
    return f"{turns}, {failed} of them without an answer" if failed else turns


def versions(exchange: Exchange, width: int | None = None) -> str:
    """The versions of a turn, a line each; a star marks the one that counts."""
    return "\n".join(
        cut(f"{'*' if number == exchange.active else ' '} {number + 1}  {_said(version)}", width or WIDTH)
        for number, version in enumerate(exchange.versions)
    )


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
    asked = " ".join(
        "[ofox_magic asked to repair the answer]" if is_follow_up(message) else _text(message)
        for message in turn.question
        if message.role != "assistant"
    )
    said = turn.reply.text or str(turn.reply.error or "(nothing)")
    names = ", ".join(dict.fromkeys(one_line(call.name, 40) for call in turn.reply.calls))
    called = f", called {names}" if names else ""
    others = len(turn.versions)
    again = f", {others} versions" if others > 1 else ""
    return (
        f"{number:>3}  " + short(f"you: {asked}", width - 5),
        "     " + short(f"{_state(turn)}{again}{called}: {said}", width - 5),
    )


def _asker(message: Message) -> str:
    return "ofox_magic (asks to repair it)" if is_follow_up(message) else message.role


def _step(message: Message) -> Iterator[str]:
    """A message of a round with calls, a piece for what was said, for each call, and for what each gave."""
    if message.role != "assistant" or message.text:
        yield f"{message.role}: {_text(message).rstrip()}"
    yield from (f"assistant calls {_call(part)}" for part in message.parts if isinstance(part, ToolCall))


def _call(call: ToolCall) -> str:
    return one_line(f"{call.name} {call.arguments}", 2 * WIDTH)


def _said(version: Version) -> str:
    ended = "" if version.status == "done" else f", {version.status}"
    text = version.answer.text if version.answer else version.error
    return f"{version.model or 'unknown model'}{ended}: {' '.join((text or '(nothing)')[: 20 * WIDTH].split())}"


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
    if isinstance(part, Opaque):
        return f"[{part.label}]"
    return f"[{part.heading}]" if isinstance(part, Table) else ""
