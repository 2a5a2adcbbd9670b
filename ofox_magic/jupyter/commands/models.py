"""Who answers, under which instructions, and what it costs."""

from collections.abc import Callable, Mapping, Sequence

from IPython.core.error import UsageError

from ofox_magic.chat.money import amount_of
from ofox_magic.jupyter import report, report_spending
from ofox_magic.jupyter.commands.words import alone, did_you_mean, one_word
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.screen import terminal_width


class ModelCommands:
    """Commands over models and money."""

    def __init__(self, kit: Kit) -> None:
        self._session = kit.session
        self._wiring = kit.wiring
        self.by_name: Mapping[str, Callable[[str], None]] = {
            "model": self._model,
            "system": self._system,
            "models": self._models,
            "alias": self._alias,
            "dealias": self._dealias,
            "usage": self._usage,
            "budget": self._budget,
        }

    def _model(self, rest: str) -> None:
        session = self._session
        if rest:
            session.model = None if rest == "-" else one_word(rest, "model MODEL")
        model = session.resolve(session.model or self._wiring.settings().model)
        print(model)
        if rest and (doubt := _doubt(model, [card.id for card in self._wiring.models_by_now()])):
            print(doubt)

    def _system(self, rest: str) -> None:
        session = self._session
        if rest:
            session.system = None if rest == "-" else rest
        print(session.system or "no system message")

    def _models(self, rest: str) -> None:
        print(report_spending.models(self._wiring.models(), rest, terminal_width()))

    def _alias(self, rest: str) -> None:
        names = self._session.aliases
        words = rest.split()
        if len(words) == 2:  # noqa: PLR2004 - a name and a model
            names[words[0]] = words[1]
        elif words:
            raise UsageError("%ofox alias: expected a NAME and a MODEL, or nothing to list them")
        print(report.aliases(names))

    def _dealias(self, rest: str) -> None:
        names = self._session.aliases
        if rest not in names:
            expected = f"one of {', '.join(names)}" if names else "an alias, and there is none yet"
            raise UsageError(f"%ofox dealias: expected {expected}; got {rest!r}")
        del names[rest]
        print(report.aliases(names))

    def _usage(self, rest: str) -> None:
        alone(rest, "usage")
        self._wiring.ensure_practice_models()  # so that the cost is the same every time
        print(report_spending.usage(self._session.ledger.lines, terminal_width()))
        if self._wiring.settings().practice and self._session.ledger.lines:
            print("the practice gateway charges nothing: its prices are there to try budgets with")

    def _budget(self, rest: str) -> None:
        if rest:
            self._session.budget = None if rest == "-" else amount_of(rest)
        spent = report_spending.budget(self._session)
        print(
            spent
            if self._session.budget is not None
            else f"spent so far: {spent}; there is no budget, and %ofox budget USD sets one"
        )


def _doubt(model: str, known: Sequence[str]) -> str:
    """What is odd about a *model* that the catalogue, as known here, does not have: it may be newer, or a slip."""
    if not known or model in known:
        return ""
    meant = did_you_mean(model, known)
    return f"the gateway did not list {model}" + (f"; {meant}" if meant else "")
