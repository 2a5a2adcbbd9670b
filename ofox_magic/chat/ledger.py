"""What a session has used, by model: requests and tokens, those of undone turns included."""

from dataclasses import dataclass, field, replace

from ofox_magic.chat.messages import Usage


@dataclass(frozen=True, slots=True)
class Spent:
    """*requests* that brought an answer, *unknown* of them without a count of tokens, and the tokens of the rest."""

    requests: int = 0
    unknown: int = 0
    usage: Usage = field(default_factory=Usage)

    def plus(self, usage: Usage | None) -> "Spent":
        """Return this with one more answer."""
        if usage is None:
            return replace(self, requests=self.requests + 1, unknown=self.unknown + 1)
        return replace(self, requests=self.requests + 1, usage=self.usage + usage)


class Ledger:
    """A line per model, in the order of first use."""

    def __init__(self) -> None:
        self._lines: dict[str, Spent] = {}

    def add(self, model: str, usage: Usage | None) -> None:
        """Write down an answer of *model*; None where the gateway did not say what it used."""
        self._lines = {**self._lines, model: self._lines.get(model, Spent()).plus(usage)}

    @property
    def lines(self) -> dict[str, Spent]:
        """What each model was used for."""
        return dict(self._lines)
