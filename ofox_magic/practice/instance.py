"""
The smallest value that a JSON Schema allows, near enough.

Pure, and bounded for any schema, recursive or malformed; must not know who asks or why. Patterns, uniqueness and
conditions are not solved.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

WORD = "practice"
DEEPEST = 24
SHALLOW = 4
MOST_VALUES = 5_000
LONGEST_TEXT = 10_000
TOO_LARGE = 1e300
FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "practice@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def minimal_instance(schema: Mapping[str, Any]) -> Any:
    """Return a minimal value for *schema*: required keys only, the first choice of each enum and union."""
    return _Builder(schema).build(schema, 0)


class _Builder:
    """Builds values for the parts of one schema, *root*, and counts them: a few references can ask for billions."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = MOST_VALUES

    def build(self, schema: Any, depth: int) -> Any:
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            return None
        flat = self._flat(schema, depth)
        for name in ("const", "default"):
            if name in flat:
                return flat[name]
        choices = flat.get("enum")
        if isinstance(choices, list) and choices:
            return next((choice for choice in choices if choice is not None), None)
        return self._of_kind(_kind(flat), flat, depth)

    def _of_kind(self, kind: str, flat: Mapping[str, Any], depth: int) -> Any:
        match kind:
            case "object":
                return self._object(flat, depth)
            case "array":
                return self._array(flat, depth)
            case "integer" | "number":
                return _number(flat, whole=kind == "integer")
            case "boolean":
                return False
            case "null":
                return None
            case _:
                return _text(flat)

    def _object(self, flat: Mapping[str, Any], depth: int) -> dict[str, Any]:
        known = flat.get("properties")
        known = known if isinstance(known, Mapping) else {}
        required = flat.get("required")
        names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
        return {name: self.build(known.get(name, flat.get("additionalProperties")), depth + 1) for name in names}

    def _array(self, flat: Mapping[str, Any], depth: int) -> list[Any]:
        places = flat.get("prefixItems")
        places = places if isinstance(places, list) else []
        count = _whole(flat.get("minItems"), 0)
        values: list[Any] = []
        while len(values) < count and self._left > 0:
            item = places[len(values)] if len(values) < len(places) else flat.get("items")
            values.append(self.build(item, depth + 1))
        return values

    def _flat(self, schema: Any, depth: int) -> dict[str, Any]:
        """Return *schema* with its references, unions and sums put into it."""
        flat: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {}
        for _ in range(DEEPEST):
            nested = list(self._nested(flat, depth))
            if not nested:
                break
            for part in nested:
                flat = _merged(part, flat)
        return flat

    def _nested(self, flat: dict[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
        """Take out of *flat*, and yield, the schemas that it is made of."""
        if "$ref" in flat:
            yield self._target(flat.pop("$ref"))
        sums = flat.pop("allOf", None)
        if isinstance(sums, list):
            yield from (part for part in sums if isinstance(part, Mapping))
        for name in ("anyOf", "oneOf"):
            options = flat.pop(name, None)
            if isinstance(options, list):
                yield _first(options, to_null=depth >= SHALLOW)

    def _target(self, reference: Any) -> Mapping[str, Any]:
        found: Any = self._root
        path = reference[1:] if isinstance(reference, str) and reference.startswith("#") else "/?"
        for step in path.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}


def _first(options: list[Any], *, to_null: bool) -> Mapping[str, Any]:
    """Return the first of *options* that is not null; deep down null where there is one: it ends a recursion."""
    usable = [option for option in options if isinstance(option, Mapping)]
    nulls = [option for option in usable if option.get("type") == "null"]
    others = [option for option in usable if option not in nulls]
    preferred = nulls + others if to_null else others + nulls
    return preferred[0] if preferred else {}


def _merged(part: Mapping[str, Any], flat: dict[str, Any]) -> dict[str, Any]:
    """Return both, *flat* winning, but for what adds up: properties and required."""
    merged = {**part, **flat}
    if isinstance(part.get("properties"), Mapping) and isinstance(flat.get("properties"), Mapping):
        merged["properties"] = {**part["properties"], **flat["properties"]}
    if isinstance(part.get("required"), list) and isinstance(flat.get("required"), list):
        merged["required"] = [*part["required"], *flat["required"]]
    return merged


def _kind(flat: Mapping[str, Any]) -> str:
    kind = flat.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    signs = {
        "object": ("properties", "required", "additionalProperties"),
        "array": ("items", "prefixItems", "minItems"),
        "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
    return next((name for name, keys in signs.items() if any(key in flat for key in keys)), "string")


def _text(flat: Mapping[str, Any]) -> str:
    text = FORMATS.get(str(flat.get("format")), WORD)
    text = text.ljust(min(_whole(flat.get("minLength"), 0), LONGEST_TEXT), ".")
    return text[: _whole(flat.get("maxLength"), len(text))]


def _number(flat: Mapping[str, Any], *, whole: bool) -> int | float:
    """Return the first that fits of 0, the bounds, what lies between them, and the multiples next to them."""
    low = max(_bound(flat, "minimum", -math.inf), _bound(flat, "exclusiveMinimum", -math.inf))
    high = min(_bound(flat, "maximum", math.inf), _bound(flat, "exclusiveMaximum", math.inf))
    step = _bound(flat, "multipleOf", 1) or 1
    bounds = [bound for bound in (low, high) if math.isfinite(bound)]
    near = [round(bound / step) * step + shift for bound in bounds for shift in (0, step, -step)]
    middle = [sum(bounds) / len(bounds)] if bounds else []
    for value in (0, *bounds, *near, *middle):
        if _fits(value, flat, low, high) and (not whole or value == int(value)):
            return int(value) if value == int(value) else value
    return 0


def _fits(value: float, flat: Mapping[str, Any], low: float, high: float) -> bool:
    if not low <= value <= high:
        return False
    open_ends = (_bound(flat, "exclusiveMinimum", -math.inf), _bound(flat, "exclusiveMaximum", math.inf))
    step = _bound(flat, "multipleOf", 0)
    return value not in open_ends and (not step or (value / step).is_integer())


def _bound(flat: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = flat.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < TOO_LARGE:
        return value
    return otherwise


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise
