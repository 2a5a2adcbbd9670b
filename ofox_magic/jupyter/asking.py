"""
A question of a cell, asked and followed until there is an answer in the wanted form.

At most two things are done about an answer that is not: a parameter that the model does not take is left out, and once
the model is told what is wrong with what it said. Each is shown, and is a new version of the same turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ofox_magic.answer import Answer, answer_of
from ofox_magic.chat.messages import Message, assistant, user
from ofox_magic.chat.parts import Part
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import AnswerError
from ofox_magic.formats import is_refused, next_cell
from ofox_magic.jupyter.bundle import Look
from ofox_magic.jupyter.form import Form
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.painter import Painter, follow
from ofox_magic.jupyter.shown_tools import ShownTools
from ofox_magic.settings import Settings
from ofox_magic.structured import follow_up
from ofox_magic.untrusted import one_line

_LONGEST_REMARK = 300


class MakePainter(Protocol):
    """Makes who shows a turn in the running cell."""

    def __call__(self, turn: Turn, settings: Settings, *, whole_cell: bool, look: Look) -> Painter:
        """Return a painter for *turn*; *whole_cell*: nothing but the turn is in the cell; *look*: how it is shown."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """
    What is asked: *content* with the choices *given* (see `Session.ask`), to be answered in *form*.

    *remarks* are shown with the answer, *output* is the variable that gets it. *whole_cell*: nothing but the answer is
    in the cell. *repairs*: its answer takes the place of one that could not be used.
    """

    content: tuple[Part | Message, ...]
    given: Mapping[str, Any]
    form: Form = field(default_factory=Form)
    remarks: tuple[str, ...] = ()
    output: str | None = None
    whole_cell: bool = False
    repairs: bool = False

    def without_form(self, turn: Turn) -> "Question | None":
        """Return the question of *turn* without the parameters of its form; None where that is not what was refused."""
        error, ours = turn.reply.error, self.form.refusable(self.given)
        if error is None or not ours or not is_refused(error):
            return None
        given = {name: value for name, value in self.given.items() if name not in ours}
        remark = f"{one_line(turn.model, 80)} takes no {', '.join(sorted(ours))}, so it was asked without"
        return replace(self, given=given | {"again": turn.id}, remarks=(*self.remarks, remark))

    def for_repair(self, turn: Turn, error: AnswerError) -> "Question | None":
        """Return the question that tells what is wrong with the answer of *turn*; None where telling is of no use."""
        reply = turn.reply
        was_cut = reply.status != "done" or reply.finish_reason in ("length", "content_filter")
        if was_cut or reply.tool_calls or not reply.message.text:
            return None
        said = (*turn.question, *reply.steps, assistant(reply.message.text))
        # a choice that forces a call is for the first round, or there would be no answer
        given = {name: value for name, value in self.given.items() if name != "tool_choice"}
        return replace(
            self,
            content=(*said, user(follow_up(error))),
            given=given | {"again": turn.id},
            remarks=(f"{one_line(str(error), _LONGEST_REMARK)} · the model was asked to repair it",),
            whole_cell=False,
            repairs=True,
        )


class Asking:
    """Asks the session of *kit* in the running cell of *shell*; *painter* makes who shows the answer."""

    def __init__(self, shell: Any, kit: Kit, painter: MakePainter) -> None:
        self._shell = shell
        self._kit = kit
        self._painter = painter

    def ask(self, question: Question) -> Answer:
        """
        Ask, show the answer, and return it; `_ofox` and the variable have it then, also where it ended badly.

        Raises what ended it, AnswerError where it is not what was asked for, and KeyboardInterrupt when it is stopped.
        """
        turn = self._follow(question)
        if plainer := question.without_form(turn):
            question, turn = plainer, self._follow(plainer)
        answer, value = self._taken(question, turn)
        if question.form.is_checked:
            self._output(question, value)
        elif question.form.format == "code" and (source := _whole_code(answer)):
            self._shell.set_next_input(source)  # one cell, and nothing is run
        return answer

    def _taken(self, question: Question, turn: Turn) -> tuple[Answer, Any]:
        """The answer of *turn*, or of its repair, and what the variable gets of it."""
        answer = _answer(turn)
        try:
            return answer, question.form.value(answer)
        except AnswerError as error:
            repair = question.for_repair(turn, error)
            if repair is None:
                raise
        answer = _answer(self._follow(repair))
        return answer, question.form.value(answer)

    def _follow(self, question: Question) -> Turn:
        kit, settings = self._kit, self._kit.wiring.settings()
        turn = kit.session.ask(*question.content, remarks=question.remarks, **question.given)
        kit.notebook.sent([part for part in question.content if not isinstance(part, Message)])
        turn.remarks += kit.keeping.problems()
        look = Look(question.form.format, repairs=question.repairs)
        painter = self._painter(turn, settings, whole_cell=question.whole_cell, look=look)
        if isinstance(tools := question.given.get("tools"), ShownTools):
            tools.screen = painter
        try:
            follow(turn, painter)
        finally:
            answer = answer_of(turn)
            self._shell.push({"_ofox": answer}, interactive=False)
            if not question.form.is_checked:
                self._output(question, answer)
        return turn

    def _output(self, question: Question, value: Any) -> None:
        if question.output:
            self._shell.push({question.output: value})


def _answer(turn: Turn) -> Answer:
    if turn.reply.error is not None:
        raise turn.reply.error
    return answer_of(turn)


def _whole_code(answer: Answer) -> str | None:
    """Half of a program is none."""
    return next_cell(answer) if answer.status == "done" and answer.finish_reason != "length" else None
