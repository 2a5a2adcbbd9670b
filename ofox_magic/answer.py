"""What the user gets of an answer: its text, and the code, JSON and tables in it, found when they are asked for."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from ofox_magic.answer_frame import framed, note_html, reasoning_html
from ofox_magic.chat.messages import Message, Usage
from ofox_magic.chat.money import approximately
from ofox_magic.chat.parts import Part, ToolCall
from ofox_magic.chat.reply import Reply, Status
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import AnswerError, OfoxError
from ofox_magic.json_value import json_value
from ofox_magic.untrusted import one_line, printable, redact

if TYPE_CHECKING:
    from ofox_magic.render import CodeBlock, TableBlock

_START = 48  # characters of the answer in its repr


class Code(str):
    """A block of code: a str, with the *language* that its fence names (empty: none) and whether it was *fenced*."""

    __slots__ = ("fenced", "language")
    language: str
    fenced: bool

    def __new__(cls, code: str, language: str = "", *, fenced: bool = True) -> Self:
        """Return *code* with what is known of it."""
        made = super().__new__(cls, code)
        made.language = language
        made.fenced = fenced
        return made


class Answer:
    """
    An answer, as the user holds it: `_ofox`, `turn.result()`, and what `-o NAME` names. `str(answer)` is its text.

    *reply* is what the model said, *question* what it was asked, *asked_model* the model that was asked, *price* says
    what it cost in USD, None as long as that is unknown.
    """

    def __init__(
        self,
        reply: Reply,
        *,
        question: Iterable[Message] = (),
        asked_model: str | None = None,
        price: Callable[[], Decimal | None] = lambda: None,
    ) -> None:
        self._reply = reply
        self._question = tuple(question)
        self._asked_model = asked_model
        self._price = price

    def __getstate__(self) -> dict[str, Any]:
        """A copy, a pickled one too, knows the cost as it is known now, and no session."""
        return vars(self) | {"_price": partial(_same, self.cost)}

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        start = printable(redact(one_line(self.text, _START)))
        return f"<Answer {start!r} · {self.summary}>" if start else f"<Answer · {self.summary}>"

    # -- what was said ------------------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """`done`, `stopped`, `incomplete` (broke off after some output), `failed`; before its end, how far it is."""
        return self._reply.status

    @property
    def text(self) -> str:
        """The answer's text: str, markdown as the model wrote it."""
        return self._reply.text

    @property
    def reasoning(self) -> str:
        """What the model thought aloud: str, empty where it did not."""
        return self._reply.reasoning

    @property
    def finish_reason(self) -> str | None:
        """Why the model ended, in its gateway's words: `stop`, `length`, `tool_calls` …; None where it did not say."""
        return self._reply.finish_reason

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls that the model asks for: ToolCall(id, name, arguments)."""
        return self._reply.tool_calls

    @property
    def error(self) -> OfoxError | None:
        """What ended it before its end, None where all went well."""
        return self._reply.error

    @property
    def model(self) -> str | None:
        """The model that answered; where the gateway does not say, the one that was asked."""
        return self._reply.model or self._asked_model

    @property
    def usage(self) -> Usage | None:
        """Tokens as the gateway counted them: Usage(prompt_tokens, completion_tokens, …); None where it did not."""
        return self._reply.usage

    @property
    def cost(self) -> Decimal | None:
        """What it cost in USD: Decimal, an estimate from the catalogue's prices; None where that is unknown."""
        return self._price()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Reasoning, Text and ToolCall, as far as there are any."""
        return self._reply.parts

    @property
    def messages(self) -> tuple[Message, ...]:
        """The question, the rounds with tools that followed it, and the last Message of the model."""
        return (*self._question, *self._reply.steps, self._reply.message)

    # -- what is in it ------------------------------------------------------------------------------------------------

    @property
    def code(self) -> list[Code]:
        """
        The blocks of code, in order: list of Code, each a str with `.language`.

        Wherever they stand: in lists, in quotations, unclosed at the end. As the page shows them, so without what is
        not printable. Raises AnswerError for a text that is nested too deep or takes too long.
        """
        from ofox_magic.render import CodeBlock

        blocks = (block for block in self._blocks() if isinstance(block, CodeBlock))
        return [Code(block.code, block.language, fenced=block.fenced) for block in blocks]

    @property
    def tables(self) -> list[Any]:
        """
        The tables, in order: list of DataFrame, of pandas or polars, whichever is there; else lists of dicts.

        Columns of plain numbers are numbers; `1,234`, `12 %`, `007` and dates stay text. Raises AnswerError for a text
        that is nested too deep or takes too long.
        """
        from ofox_magic.render import TableBlock
        from ofox_magic.table_frames import frame_of

        return [frame_of(block) for block in self._blocks() if isinstance(block, TableBlock)]

    @property
    def json(self) -> Any:
        """
        The JSON value that the answer is or holds, as Python has it; a fence and words around it are let pass.

        Raises AnswerError, a ValueError too, where there is none, more than one, or a broken one.
        """
        try:
            return json_of(self)
        except AnswerError as error:
            raise AnswerError(f"{error}. To get JSON, ask with -f json", error.problems) from None

    def _blocks(self) -> "tuple[CodeBlock | TableBlock, ...]":
        from ofox_magic.render import TooMuch, blocks_of

        try:
            return blocks_of(self.text)
        except TooMuch:
            raise AnswerError(
                "expected markdown that can be taken apart, got one nested too deep, or that takes too long: read .text"
            ) from None

    # -- how it is shown ----------------------------------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """One line: who answered, tokens, cost, and how it ended unless all went well."""
        used = self.usage.in_words if self.usage else ""
        cost = "" if self.cost is None else approximately(self.cost)
        ended = "" if self.status == "done" else self.status
        model = redact(one_line(self.model or "", 80))
        return " · ".join(item for item in (model, used, cost, ended) if item) or "done"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """No text/markdown: a live notebook trusts it. Marked as ours, so that `--see` does not send it again."""
        from ofox_magic.render import STYLE, to_html

        shown = framed(reasoning_html(self.reasoning) + to_html(self.text) + note_html(self.summary))
        return {"text/html": STYLE + shown, "text/plain": repr(self)}, {"ofox": {"v": 1}}

    def _repr_llm_(self) -> str:
        """What a model reads where the answer is referred to in a prompt: its text."""
        return self.text


def answer_of(turn: Turn) -> Answer:
    """Return what *turn* drew so far."""
    return Answer(turn.reply, question=turn.question, asked_model=turn.model, price=lambda: turn.cost)


def json_of(answer: Answer) -> Any:
    """Return the JSON value that *answer*, which was to be JSON, is or holds. Raises AnswerError (see Answer.json)."""
    try:
        return json_value(answer.text)
    except AnswerError as error:
        if answer.finish_reason != "length":
            raise
        raise AnswerError(f"{error}; it was cut at max_tokens, so allow more", error.problems) from None


def _same(cost: Decimal | None) -> Decimal | None:
    return cost
