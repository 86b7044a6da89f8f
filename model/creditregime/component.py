"""How a rule is declared, found by its ``kind``, and documented.

A *family* is a place in the scenario that a rule can fill (``rating``, ``trade``, ...). A *rule* is a frozen pydantic
model in a family; its fields are its parameters. Declaring the class is all it takes to make the rule available::

    class Points(Rating, kind="points"):
        base: float = parameter(100.0, unit="points", description="score of a firm without records")

The configuration schema, the error messages and the reference pages all read the same fields.
"""

from __future__ import annotations

import difflib
import inspect
import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self, cast

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from creditregime.errors import ScenarioError

Standing = Literal["real", "partly", "unverified", "assumption"]
"""How sure the source of a claim is: R, P and U of the systems table; or a modelling assumption."""

PerTopic = float | dict[str, float]
"""One number for all topics, or a mapping from topic to number with an optional ``default`` entry."""


def parameter(
    default: Any = ...,
    *,
    unit: str,
    description: str,
    source: str | None = None,
    standing: Standing | None = None,
    **bounds: Any,
) -> Any:
    """Declare one parameter of a rule.

    Parameters
    ----------
    default
        The value when a scenario is silent; ``...`` makes the parameter required.
    unit, description
        What the number measures; shown in the reference pages, the app and error messages.
    source
        Where the default comes from; ``None`` marks a modelling assumption.
    standing
        How sure the source is that the real system works like this.
    **bounds
        pydantic constraints: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``, ``default_factory``.
    """
    extra: dict[str, Any] = {"unit": unit, "source": source, "standing": standing}
    if "default_factory" in bounds:
        return Field(description=description, json_schema_extra=extra, **bounds)
    return Field(default, description=description, json_schema_extra=extra, **bounds)


def place(rule: Callable[[], Any], description: str) -> Any:
    """Declare a place in the scenario, filled by `rule` when a scenario is silent."""
    return Field(default_factory=rule, description=description)


def shown(value: Any) -> str:
    """Return a value as an error message shows it: short, whatever it holds (nested aliases are not followed)."""
    return _SHORT.repr(value)[:120]


_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 2, 60, 30, 60


def nearest(name: str, names: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the closest of `names`, or an empty string."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


class Settings(BaseModel):
    """A frozen, strict group of parameters: unknown keys, NaN and infinities are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        for key in data:
            if key not in cls.model_fields:
                names = sorted(cls.model_fields)
                context = {"key": str(key), "allowed": ", ".join(names), "hint": nearest(str(key), names)}
                raise PydanticCustomError("unknown_key", "unknown key{hint}; allowed: {allowed}", context)
        return data


def details(field: FieldInfo) -> Mapping[str, Any]:
    """Return the unit, source and standing of a field (see `parameter`)."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


class Limits(NamedTuple):
    """What a number must lie within: bounds (None where there is none), and whether a bound itself is excluded."""

    low: float | None
    high: float | None
    low_open: bool = False
    high_open: bool = False


def limits(field: FieldInfo) -> Limits:
    """Return what a number in a field must lie within, as its declaration says; of several bounds the tightest."""
    if field.annotation == PerTopic:
        return Limits(0.0, largest_per_topic(str(details(field).get("unit", ""))))
    lows = [(float(value), name == "gt") for name, value in _bounds(field, "ge", "gt")]
    highs = [(float(value), name == "lt") for name, value in _bounds(field, "le", "lt")]
    low, low_open = max(lows, default=(None, False))
    high, high_open = min(highs, key=lambda bound: (bound[0], not bound[1]), default=(None, False))
    return Limits(low, high, low_open, high_open)


def largest_per_topic(unit: str) -> float | None:
    """Return the largest value of a `PerTopic` parameter (the smallest is 0): 1 for a probability, else none."""
    return 1.0 if unit.startswith("probability") else None


def _bounds(field: FieldInfo, *names: str) -> list[tuple[str, Any]]:
    found = [(name, getattr(item, name, None)) for item in field.metadata for name in names]
    return [(name, value) for name, value in found if value is not None]


class Rule(Settings):
    """Base of all rules. Subclass with ``family=True`` for a family, with ``kind="name"`` for a rule in it."""

    family: ClassVar[str] = ""
    kinds: ClassVar[dict[str, type[Rule]]] = {}
    kind: str = ""

    def __init_subclass__(cls, family: str = "", kind: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if family:
            cls.family, cls.kinds = family, {}
        elif kind:
            cls.__annotations__ = {**inspect.get_annotations(cls), "kind": Literal[kind]}
            cls.kind = kind

    @classmethod
    def __pydantic_init_subclass__(cls, family: str = "", kind: str = "", **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if kind:
            known = cls.kinds.get(kind)
            if known is not None and known.__qualname__ != cls.__qualname__:
                raise ScenarioError(f"{cls.family}: the kind '{kind}' is already taken by {known.__qualname__}")
            cls.kinds[kind] = cls

    @classmethod
    def is_family(cls) -> bool:
        """Tell whether this class is a place to fill rather than a rule that fills one."""
        return "kinds" in cls.__dict__

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if not cls.is_family():
            return handler(source)
        return core_schema.no_info_plain_validator_function(
            cls.resolve, serialization=core_schema.plain_serializer_function_ser_schema(lambda rule: rule.model_dump())
        )

    @classmethod
    def resolve(cls, value: Any) -> Self:
        """Return the rule of this family that `value` describes: an instance, or a mapping with its ``kind``."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, Mapping):
            raise PydanticCustomError("rule_type", "a mapping with a 'kind' is needed")
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in cls.kinds:
            raise PydanticCustomError(
                "unknown_kind",
                "unknown kind {kind}; allowed: {allowed}{hint}",
                {
                    "kind": shown(kind),
                    "allowed": ", ".join(sorted(cls.kinds)),
                    "hint": nearest(shown(kind), [*cls.kinds]),
                },
            )
        return cast(Self, cls.kinds[kind].model_validate(dict(value)))


def one_line(error: ValidationError) -> str:
    """Turn a pydantic error into one line: key path, value, what is allowed, nearest valid name."""
    problems = error.errors(include_url=False)
    first = _most_telling(problems)
    path = _path(first) or "scenario"
    message = str(first["msg"]).removeprefix("Value error, ")
    silent = first["type"] in _TELL_THEMSELVES or isinstance(first["input"], dict | BaseModel)
    value = "" if silent else f"{shown(first['input'])} is not allowed: "
    others = len({_path(problem) for problem in problems}) - 1
    more = f" (and {others} more)" if others else ""
    return " ".join(f"{path}: {value}{message}{more}".split())


_TELL_THEMSELVES = ("unknown_key", "unknown_kind", "missing", "inconsistent")


def _most_telling(problems: list[ErrorDetails]) -> ErrorDetails:
    """Return the first problem, or of a value that fits no alternative the one that looks deepest into it."""
    where = _path(problems[0])
    same = [problem for problem in problems if _path(problem).startswith(where)]
    return max(same, key=lambda problem: (not isinstance(problem["input"], dict | list), len(_path(problem))))


def _path(problem: ErrorDetails) -> str:
    """Return the key's dotted path, without the names that pydantic gives to the alternatives of a union."""
    context = problem.get("ctx", {})
    if "path" in context:
        return str(context["path"])
    parts = [str(part) for part in problem["loc"] if not _ALTERNATIVE.fullmatch(str(part))]
    if problem["type"] == "unknown_key":
        parts.append(str(context["key"]))
    return ".".join(parts)


_ALTERNATIVE = re.compile(r"float|int|str|bool|none|literal\[.*\]|(dict|tuple|list)\[.*\]|constrained-\w+")
