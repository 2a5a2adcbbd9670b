"""What was sent, or would be, to be looked at: every part, and the JSON. Pure: values in, a mimebundle out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from ofox_magic.answer_frame import framed, note_html
from ofox_magic.chat.parts import Image
from ofox_magic.chat.sent import SentRequest
from ofox_magic.jupyter.bundle import METADATA_VERSION, Bundle
from ofox_magic.jupyter.chips import size
from ofox_magic.jupyter.columns import WIDTH, short
from ofox_magic.jupyter.sent_rows import HEADS, Row, rows_of
from ofox_magic.jupyter.shown_json import ShownJson, shown_json
from ofox_magic.untrusted import fenced, one_line

Thumbnail: TypeAlias = Callable[[Image], str | None]
"""Makes a small `data:` address of a picture; None where there is none to show."""

STYLE = """\
<style>
.ofox-sent table{font-variant-numeric:tabular-nums}
.ofox-sent :is(th,td).ofox-number{text-align:end!important;white-space:nowrap}
.ofox-sent :is(th,td):not(.ofox-number){text-align:start!important}
.ofox-sent td:first-child{white-space:nowrap;opacity:.65}
.ofox-sent td.ofox-what{max-width:34em;overflow-wrap:anywhere}
.ofox-sent td img{display:block;max-width:12em;max-height:8em;margin:.3em 0 .2em}
.ofox-sent pre.ofox-code code{white-space:pre-wrap!important;word-break:normal!important;
overflow-wrap:anywhere}
.ofox-sent .ofox-problem{opacity:1;padding-left:.6em;border-left:3px solid rgba(200,130,0,.8)}
</style>
"""
"""What the style of answers does not have; it goes behind that."""
REBUILT = (
    "what was sent for this turn is not known any more, since it was brought back from a file or the journal: this is "
    "put together again from the conversation as it stands, without the system message, options and tools of then"
)
_SHORT = 1_500  # characters of JSON that need not be folded
_MOST_ROWS, _LAST_ROWS = 24, 12  # of more rows, those between the first and the last few are folded


@dataclass(frozen=True, slots=True)
class Inspection:
    """
    What is shown: *requests* under the line *title*.

    *mask* takes the key out of whatever is shown, *thumbnail* makes pictures small; *problems* are what the user must
    know, and *after* says how to get at more.
    """

    title: str
    requests: Sequence[SentRequest]
    mask: Callable[[str], str]
    thumbnail: Thumbnail
    problems: tuple[str, ...] = ()
    after: str = ""

    def bundle(self, width: int | None = None) -> Bundle:
        """Return it as a mimebundle; *width* is that of a terminal, None where there is no end to a line."""
        from ofox_magic.render import STYLE as OF_ANSWERS  # heavy, and not needed until something is shown

        data = {"text/html": OF_ANSWERS + STYLE + framed(self.html()), "text/plain": "\n".join(self._text(width))}
        return data, {"ofox": {"v": METADATA_VERSION, "view": "sent"}}

    def html(self) -> str:
        """Return it as HTML for a page that has a style for it."""
        return f'<div class="ofox-sent">{"".join(self._html())}</div>'

    def _heading(self, sent: SentRequest) -> str:
        again = f"sent again: {one_line(self.mask(sent.why), 200)}" if sent.attempt > 1 else ""
        said = (f"round {sent.round}", again, f"{len(sent.body):,} bytes", f"≈{sent.tokens:,} tokens")
        return " · ".join(item for item in said if item)

    def _text(self, width: int | None) -> Iterator[str]:
        yield self.title
        yield from self.problems
        for sent in self.requests:
            if len(self.requests) > 1:
                yield f"\n{self._heading(sent)}"
            yield ""
            yield from _lines(list(rows_of(sent, self.mask)), width or WIDTH)
            if sent is not self.requests[-1]:
                continue  # the last holds what those before it did
            shown = shown_json(sent.body, self.mask)
            yield f"\n{shown.text}"
            yield from (f"({note})" for note in shown.notes)
        if self.after:
            yield f"\n{self.after}"

    def _html(self) -> Iterator[str]:
        yield note_html(self.title)
        yield from (f'<p class="ofox-note ofox-problem">{escape(problem)}</p>' for problem in self.problems)
        for sent in self.requests:
            json = _json_html(shown_json(sent.body, self.mask), len(sent.body))
            inside = self._rows_html(list(rows_of(sent, self.mask))) + json
            if len(self.requests) > 1:
                inside = _folded(self._heading(sent), inside, is_open=sent is self.requests[-1])
            yield inside
        yield note_html(self.after)

    def _rows_html(self, rows: Sequence[Row]) -> str:
        if len(rows) <= _MOST_ROWS:
            return self._table_html(rows)
        between = rows[1:-_LAST_ROWS]
        summary = f"{len(between)} more parts · {size(sum(row.size for row in between))}"
        return (
            self._table_html(rows[:1])
            + _folded(summary, self._table_html(between))
            + self._table_html(rows[-_LAST_ROWS:])
        )

    def _table_html(self, rows: Sequence[Row]) -> str:
        *names, first, second = map(escape, HEADS)
        heads = "".join(f"<th>{name}</th>" for name in names)
        numbers = f'<th class="ofox-number">{first}</th><th class="ofox-number">{second}</th>'
        body = "".join(map(self._row_html, rows))
        return f"<table><thead><tr>{heads}{numbers}</tr></thead><tbody>{body}</tbody></table>"

    def _row_html(self, row: Row) -> str:
        role, kind, what, *numbers = map(escape, row.words)
        counts = "".join(f'<td class="ofox-number">{number}</td>' for number in numbers)
        what += self._picture_html(row.picture) if row.picture else ""
        return f'<tr><td>{role}</td><td>{kind}</td><td class="ofox-what">{what}</td>{counts}</tr>'

    def _picture_html(self, picture: Image) -> str:
        from ofox_magic.render import picture_html

        address = self.thumbnail(picture)
        return picture_html(address, "as it is sent, made small") if address else ""


def _lines(rows: Sequence[Row], width: int) -> Iterator[str]:
    between = rows[1:-_LAST_ROWS] if len(rows) > _MOST_ROWS else ()
    shown = [_line(row, width) for row in rows]
    if between:
        shown[1:-_LAST_ROWS] = [f"… {len(between)} more parts · {size(sum(row.size for row in between))}"]
    yield from shown


def _line(row: Row, width: int) -> str:
    role, kind, what, _, tokens = row.words
    before = f"{role:<10} {kind} · "
    after = f" · {size(row.size)}" + (f" · ≈{tokens} tokens" if tokens else "")
    return before + short(what, width - len(before + after)) + after


def _json_html(shown: ShownJson, length: int) -> str:
    from ofox_magic.render import to_html

    notes = "".join(map(note_html, shown.notes))
    code = to_html(fenced(shown.text, "json"))
    return _folded(f"JSON · {length:,} bytes", code + notes, is_open=len(shown.text) < _SHORT)


def _folded(summary: str, html: str, *, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{escape(summary)}</summary>{html}</details>"
