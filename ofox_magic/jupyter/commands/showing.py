"""What was sent, shown to the byte; and what would be, while nothing is."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ofox_magic.chat.money import approximately
from ofox_magic.chat.sent import SentRequest, draft_request, sent_requests
from ofox_magic.chat.transport import Request
from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.bundle import Bundle
from ofox_magic.jupyter.columns import count
from ofox_magic.jupyter.commands.words import number, parsed
from ofox_magic.jupyter.grammar import command_parser
from ofox_magic.jupyter.inspector import REBUILT, Inspection
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.option_values import output_name, positive_integer
from ofox_magic.jupyter.screen import terminal_width
from ofox_magic.untrusted import one_line

_NO_PRICE = "no price of {} is known here: %ofox models asks the gateway for all"
_OFFLINE = "OFOX_MODE={}: nothing of this left the kernel"


class ShowingCommands:
    """Commands that show what went to the gateway."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._session = kit.session
        self.by_name: Mapping[str, Callable[[str], None]] = {"sent": self._sent}

    def _sent(self, rest: str) -> None:
        given = parsed(sent_parser(), rest)
        if given is None:
            return
        turns = self._session.turns
        if not turns:
            print("nothing was said yet")
            return
        place = number(given.turn or str(len(turns)), len(turns), "sent")
        turn = turns[place - 1]
        runs = max(len(turn.versions), 1)
        run = number(str(given.version or runs), runs, "sent --version")
        requests = self._requests(turn, run - 1 if given.version else None, given.request)
        if not requests:
            print(f"nothing was sent for turn {place}: {self._why_nothing(turn)}")
        elif given.to or given.output:
            self._hand_over(requests, given.to, given.output)
        else:
            self._kit.show(self._inspection(f"turn {place}", f"version {run} of {runs}" if runs > 1 else "", requests))

    def _requests(self, turn: Turn, run: int | None, only: int | None) -> Sequence[SentRequest]:
        conversation = self._session.conversations[self._session.name]
        requests = sent_requests(turn, self._kit.wiring.body, conversation, run)
        return requests if only is None else (requests[number(str(only), len(requests), "sent --request") - 1],)

    def _why_nothing(self, turn: Turn) -> str:
        if turn.reply.error is not None:
            return one_line(self._kit.wiring.mask(str(turn.reply.error)))
        return f"it is {turn.state}"

    def _inspection(self, place: str, version: str, requests: Sequence[SentRequest]) -> Bundle:
        first, settings = requests[0], self._kit.wiring.settings()
        size = f"{len(first.body):,} bytes · ≈{first.tokens:,} tokens" if len(requests) == 1 else ""
        many = count(len(requests), "request") if len(requests) > 1 else ""
        title = " · ".join(item for item in (place, version, first.request.model, many, size) if item)
        rebuilt = () if first.is_exact else (REBUILT,)
        offline = (_OFFLINE.format(settings.mode),) if settings.is_offline else ()
        another = "--request K shows another of them, " if many else ""
        after = f"%ofox sent N {another}--to FILE writes the bytes, -o NAME puts them into a variable"
        return _view(self._kit, title, requests, (*rebuilt, *offline), after)

    def _hand_over(self, requests: Sequence[SentRequest], path: str | None, name: str | None) -> None:
        """The bytes of the last of *requests*, which holds what those before it did, but never the key."""
        from ofox_magic.whole_file import write_whole

        body, mask = requests[-1].body, self._kit.wiring.mask
        kept = mask(body.decode()).encode()
        which = f"the last of {len(requests)} requests, " if len(requests) > 1 else ""
        said = f"{which}{len(kept):,} bytes" + ("" if kept == body else "; your key stood in it and is [key] now")
        if path:
            target = Path(path).expanduser()
            print(f"{write_whole(target, kept)} {target}: {said}")
        if name:
            self._kit.put(name, kept)
            print(f"{name}: {said}")


def show_draft(kit: Kit, request: Request, remarks: tuple[str, ...] = (), name: str | None = None) -> None:
    """
    Show *request* as it would go, with the *remarks* on it, and put its bytes into the variable *name*.

    Nothing is sent, not even a question for prices; the practice gateway is part of this process, and knows its own.
    Raises ConfigError where it cannot go.
    """
    draft = draft_request(request, kit.wiring.body)
    kit.wiring.ensure_practice_models()
    estimate = kit.session.estimate(request)  # by the tokenizer that the price is for, where there is one
    size = f"{len(draft.body):,} bytes · ≈{estimate.prompt_tokens:,} tokens"
    title = f"{request.model} · {size} · at most {approximately(estimate.cost)} · not sent"
    priceless = (_NO_PRICE.format(one_line(estimate.unpriced[0], 80)),) if estimate.unpriced else ()
    kit.show(_view(kit, title, [draft], (*remarks, *priceless)))
    if name:
        kit.put(name, kit.wiring.mask(draft.body.decode()).encode())


def _view(
    kit: Kit, title: str, requests: Sequence[SentRequest], problems: tuple[str, ...] = (), after: str = ""
) -> Bundle:
    """Return *requests* to be looked at."""
    from ofox_magic.context.picture_address import thumbnail

    inspection = Inspection(kit.wiring.mask(one_line(title)), requests, kit.wiring.mask, thumbnail, problems, after)
    return inspection.bundle(terminal_width())


def sent_parser() -> argparse.ArgumentParser:
    """Return what takes the line of `%ofox sent` apart."""
    parser = command_parser(
        "%ofox sent", "Show what was sent for a turn, to the byte: each round of it, and each time it was sent again."
    )
    add = parser.add_argument
    add("turn", nargs="?", metavar="N", help="the turn, as %%ofox history numbers it; default: the last")
    add("--version", metavar="K", type=positive_integer, help="that run of it, as %%ofox versions numbers them")
    add("--request", metavar="K", type=positive_integer, help="only the K-th of its requests")
    add("--to", metavar="FILE", help="write the bytes of the (last) request into FILE")
    add("-o", "--output", metavar="NAME", type=output_name, help="put them into the variable NAME")
    return parser
