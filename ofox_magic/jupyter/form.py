"""The form in which a cell wants its answer: what that adds to the question, and the check of what came. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ofox_magic.answer import Answer
from ofox_magic.errors import ConfigError
from ofox_magic.formats import Demand, Format, demand, value_of
from ofox_magic.structured import Schema, schema_of


@dataclass(frozen=True, slots=True)
class Form:
    """A *format*, and the *schema* that a JSON value must be by, if any."""

    format: Format = "markdown"
    schema: Schema | None = None

    @property
    def is_checked(self) -> bool:
        """Whether an answer can fail to be what was asked for."""
        return self.format == "json"

    @property
    def demand(self) -> Demand:
        """What goes along with the question."""
        return demand(self.format, self.schema)

    def added_to(self, given: Mapping[str, Any], system: str | None) -> dict[str, Any]:
        """
        Return *given*, the choices for a turn, with what this form asks for; what the user chose wins.

        *system* is the session's own message, to which an instruction is added where the turn has none.
        """
        asked, chosen = self.demand, given.get("system")
        added = {"system": asked.system(system if chosen is None else chosen)} if asked.instruction else {}
        return {**asked.params, **given, **added}

    def refusable(self, given: Mapping[str, Any]) -> frozenset[str]:
        """Return the parameters in *given* that are there because of this form, and can be left out."""
        return frozenset(name for name, value in self.demand.params.items() if given.get(name) == value)

    def value(self, answer: Answer) -> Any:
        """Return what `-o NAME` gets of *answer*. Raises AnswerError where it is not what was asked for."""
        return value_of(answer, self.format, self.schema)


def form_of(wanted: Format | None, schema: str | None, namespace: Mapping[str, Any]) -> Form:
    """Return the form that `-f` and `--schema`, a name in *namespace*, ask for. Raises ConfigError."""
    if schema is None:
        return Form(wanted or "markdown")
    if wanted not in (None, "json"):
        raise ConfigError(f"--schema {schema} and -f {wanted} contradict each other: by a schema an answer is JSON")
    if schema not in namespace:
        raise ConfigError(
            f"--schema {schema}: there is no variable of that name; expected a pydantic model or a JSON Schema (a dict)"
        )
    return Form("json", schema_of(schema, namespace[schema]))
