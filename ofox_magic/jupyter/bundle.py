"""A turn as it stands, as mimebundles: what the cell shows, what a terminal shows, what the notebook keeps. Pure."""

from dataclasses import asdict, dataclass
from html import escape
from typing import Any, TypeAlias

from ofox_magic.answer import answer_of
from ofox_magic.answer_frame import framed, note_html, reasoning_html
from ofox_magic.chat.money import approximately
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.turn import Turn
from ofox_magic.formats import Format, html_of, to_html
from ofox_magic.jupyter.chips import chips
from ofox_magic.jupyter.columns import count
from ofox_magic.untrusted import one_line, printable

Bundle: TypeAlias = tuple[dict[str, str], dict[str, Any]]
"""Data by mime type, and metadata, as the Jupyter message `display_data` has them."""
METADATA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Look:
    """How an answer is shown: by its *format*; *repairs*: below an earlier one, in whose place it stands."""

    format: Format = "markdown"
    repairs: bool = False


AS_WRITTEN = Look()
BAD_ENDS = {"stopped": "stopped", "incomplete": "broke off", "failed": "failed"}
"""How an answer ended that did not end well, in words."""
CUT = "cut at the longest allowed answer (max_tokens)"

_STEADY = """\
if (typeof element !== "undefined") requestAnimationFrame(() => {
  const area = element.closest(".jp-OutputArea");
  element.style.padding = 0;
  const keep = () => {
    if (!element.isConnected) return setTimeout(() => { area.style.minHeight = ""; }, 300);
    area.style.minHeight = area.offsetHeight + "px";
    requestAnimationFrame(keep);
  };
  if (area) keep();
});
"""


def of_turn(turn: Turn, note: str, *, look: Look = AS_WRITTEN, stable: bool = False) -> Bundle:
    """Return all of *turn*, with *note* as its quiet last line. *look* and *stable*: see `of_text`."""
    return of_text(turn, turn.reply.text, reasoning=turn.reply.reasoning, note=note, look=look, stable=stable)


def of_text(
    turn: Turn, text: str, *, reasoning: str = "", note: str = "", look: Look = AS_WRITTEN, stable: bool = False
) -> Bundle:
    """
    Return a stretch of *turn*'s answer as it is kept: *text*, the *reasoning* before and the *note* below it.

    *look*: how it is shown, as far as a stretch can be: JSON and code need the whole.
    *stable*: without what of ours differs from run to run or from machine to machine, the turn's id and sizes.
    No text/markdown: a live notebook trusts it, and runs what a model wrote into it.
    """
    from ofox_magic.render import STYLE  # heavy, and not needed until there is an answer

    below = along_html(turn, sizes=not stable) + note_html(note) if note else ""
    is_whole = text == turn.reply.text
    said = to_html(answer_of(turn), look.format) if is_whole else html_of(text, look.format)
    html = STYLE + framed(reasoning_html(reasoning) + said + below)
    metadata = _metadata(turn, stable=stable) | ({"repairs": True} if look.repairs else {})
    return {"text/html": html, "text/plain": printable(text) or note}, {"ofox": metadata}


def live(html: str, turn_id: str) -> Bundle:
    """Return a piece of an answer that still grows; empty HTML shows nothing."""
    shown = framed(html) if html else ""
    return {"text/html": shown}, _passing(turn_id)


def style(turn_id: str) -> Bundle:
    """Return the style that the pieces of a growing answer need, as an output that shows nothing."""
    from ofox_magic.render import STYLE

    return {"text/html": STYLE}, _passing(turn_id)


def steady(turn_id: str) -> Bundle:
    """
    Return a script of ours, the same for every answer, that keeps the place of who reads while the answer becomes one.

    JupyterLab empties the cell before it measures how high it was, and so loses the place. While the script stands
    there, the cell gets no lower; it goes with the other pieces. Where a front end runs no scripts, the page may jump.
    """
    return {"text/html": "", "application/javascript": _STEADY}, _passing(turn_id)


def along_html(turn: Turn, *, sizes: bool = True) -> str:
    """Return what went along with the question, and what there is to remark on it; empty where there is neither."""
    # a list: where the style is stripped, as in a notebook that is not trusted, each still stands by itself
    shown = "".join(f'<li class="ofox-chip">{escape(chip)}</li>' for chip in chips(turn.question, sizes=sizes))
    said = "".join(note_html(printable(remark)) for remark in turn.remarks)
    return (f'<ul class="ofox-note ofox-along">{shown}</ul>' if shown else "") + said


def footer(turn: Turn, seconds: float | None = None) -> str:
    """
    Return the line under an answer: who answered, tokens, cost, *seconds*, and how it ended unless all went well.

    Without *seconds* there is no cost either: it is known once the catalogue is, which is a matter of time.
    """
    reply = turn.reply
    took = "" if seconds is None else f"{seconds:.1f} s"
    called = count(len(reply.calls), "tool call") if reply.calls else ""
    used = reply.usage.in_words if reply.usage else ""
    cost = "" if seconds is None else cost_of(turn)
    return " · ".join(item for item in (*answered_by(turn), called, used, cost, took, ending(reply)) if item)


def answered_by(turn: Turn) -> tuple[str, str]:
    """Return the model that answered *turn*, and in words the one that was asked, where that is another."""
    model = turn.reply.model
    asked = f"asked for {one_line(turn.model, 80)}" if model and model != turn.model else ""
    return one_line(model or turn.model, 80), asked


def cost_of(turn: Turn) -> str:
    """Return what *turn* cost, about; empty where that is not known."""
    return "" if turn.cost is None else approximately(turn.cost)


def ending(reply: Reply) -> str:
    """Return how *reply* ended, in a few words; empty where all went well."""
    if reply.status in BAD_ENDS:
        return BAD_ENDS[reply.status]
    if reply.finish_reason == "length":
        thought = " while the model was still thinking" if reply.reasoning and not reply.text else ""
        return f"{CUT}{thought}"
    if reply.finish_reason == "content_filter":
        return "withheld by a content filter"
    if reply.tool_calls:
        return "the model asks for " + ", ".join(f"{one_line(call.name, 40)}()" for call in reply.tool_calls)
    return "" if reply.text else "the answer is empty"


def _passing(turn_id: str) -> dict[str, Any]:
    """The metadata of what stands in the cell only while the answer grows."""
    return {"ofox": {"v": METADATA_VERSION, "turn": turn_id, "live": True}}


def _metadata(turn: Turn, *, stable: bool) -> dict[str, Any]:
    """The schema of the saved output's metadata `ofox`. It never holds the prompt."""
    reply = turn.reply
    return {
        "v": METADATA_VERSION,
        **({} if stable else {"turn": turn.id}),
        "key": turn.key,
        "status": reply.status,
        "asked_model": turn.model,
        "model": reply.model,
        "finish_reason": reply.finish_reason,
        "usage": asdict(reply.usage) if reply.usage else None,
        "response_id": reply.response_id,
        "request_id": reply.request_id,
    }
