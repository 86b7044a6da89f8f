"""What the ODD+D description reads off the code: the month's order, the random streams, documented attributes."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import creditregime.model
from creditregime import CreditRegime, Scenario
from creditregime.component import Rule, Settings

PACKAGE = Path(creditregime.__file__).parent
MODEL = str(PACKAGE / "model.py")
ASIDE = {"prospects", "__init__"}
"""Methods of the model that other stages call to look something up."""


# The month


class Call(NamedTuple):
    """One thing that the model does in a month.

    Attributes
    ----------
    stage
        The method of the model that does it, without its underscore.
    place
        The key of the scenario whose rule does it, empty where it is not a rule's.
    owner, name
        The class (or module) and the function.
    local
        Whether it is done under the rules of each territory, instead of the national ones.
    meaning
        The first line of the docstring: of the family for a rule.
    """

    stage: str
    place: str
    owner: str
    name: str
    local: bool
    meaning: str


def month() -> list[Call]:
    """Return what the model does in a month, in the order in which it does it, as observed in a small run."""
    model = CreditRegime(Scenario().changed({"population.firms": 40, "months": 1}))
    seen: list[Call] = []

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (call := _call(frame)) is not None and call not in seen:
            seen.append(call)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        model.step()
    finally:
        sys.setprofile(before)
    return seen


def _call(frame: FrameType) -> Call | None:
    """Return what a new frame is, if a stage of the model has called it and it changes something."""
    code = frame.f_code
    within = _stage_of(frame)
    if within is None or code.co_filename == MODEL or not code.co_filename.startswith(str(PACKAGE)):
        return None
    owner = frame.f_locals.get("self") if code.co_varnames[:1] == ("self",) else None
    place, meaning = _who(owner, code)
    wrapper = type(owner).__name__ == "Territories" and code.co_name in ("run", "value")
    if wrapper or (not place and (not meaning or meaning.startswith("Return"))):
        return None
    name = type(owner).__name__ if owner is not None else _module(code).partition(".")[2]
    return Call(within[0], place, name, code.co_name, within[1], meaning)


def _stage_of(frame: FrameType) -> tuple[str, bool] | None:
    """Return the method of the model that called, and whether once a territory; None where another room did."""
    local, caller = False, frame.f_back
    while caller is not None:
        code = caller.f_code
        if code.co_filename == MODEL and code.co_name not in ("<lambda>", "<dictcomp>", "<genexpr>"):
            return None if code.co_name in ASIDE else (code.co_name.lstrip("_"), local)
        wrapper = code.co_filename.endswith("territories.py") and code.co_name in ("run", "value")
        if code.co_filename != MODEL and not wrapper:
            return None
        local |= wrapper
        caller = caller.f_back
    return None


def _who(owner: Any, code: CodeType) -> tuple[str, str]:
    """Return the place of a rule's method and what the method does; for anything else only the latter."""
    kept = place_of(type(owner)) if isinstance(owner, Settings) else ""
    if kept:
        classes = type(owner).__mro__
        family = next((c for c in classes if issubclass(c, Rule) and c.is_family()), type(owner))
        return kept, _doc(getattr(family, code.co_name, None) or getattr(owner, code.co_name))
    thing = getattr(type(owner), code.co_name, None) if owner is not None else None
    if thing is None:
        thing = getattr(sys.modules.get(_module(code)), code.co_name, None)
    return "", "" if isinstance(thing, property) else _doc(thing)


def place_of(cls: type) -> str:
    """Return the key at the top of the scenario that holds a class, empty where none does."""
    for name, field in Scenario.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(cls, field.annotation):
            return name
    return ""


def _module(code: CodeType) -> str:
    parts = Path(code.co_filename).relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _doc(thing: Any) -> str:
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "").partition("\n")[0]


# Random streams


class Stream(NamedTuple):
    """A named random stream, and where it is drawn."""

    purpose: str
    module: str


def streams() -> list[Stream]:
    """Return every named random stream of the package: the purposes that stand in calls that draw."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    takers = {name: taker for tree in trees.values() for name, taker in _takers(tree)}
    found = {
        Stream(purpose, ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"))
        for path, tree in trees.items()
        for purpose in _purposes(tree, takers)
    }
    return sorted(found)


class _Taker(NamedTuple):
    """A function with a parameter `purpose`: where it stands in a call, and whether the function is a method."""

    position: int
    method: bool


def _takers(tree: ast.AST) -> Iterator[tuple[str, _Taker]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args]
            if "purpose" in names:
                method = names[0] == "self"
                yield node.name, _Taker(names.index("purpose") - method, method)


def _purposes(tree: ast.AST, takers: dict[str, _Taker]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (taker := _taker(node.func, takers)) is not None:
            named = [word.value for word in node.keywords if word.arg == "purpose"]
            given = [*named, *node.args[taker.position :]]
            if given and (text := _text(given[0])):
                yield text


def _taker(function: ast.expr, takers: dict[str, _Taker]) -> _Taker | None:
    """Return which drawing function is called, if it is one; a method counts only of the world's draws."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    taker = takers.get(name)
    if taker is None or not taker.method:
        return taker
    owner = getattr(function, "value", None)
    return taker if getattr(owner, "attr", getattr(owner, "id", "")) == "draws" else None


def _text(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    if isinstance(argument, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "NAME" for part in argument.values]
        return "".join(str(part) for part in parts)
    return ""


# Docstrings


class Attribute(NamedTuple):
    """An attribute as a class's docstring declares it."""

    name: str
    shape: str
    meaning: str


def attributes(cls: type) -> list[Attribute]:
    """Return the section *Attributes* of a class's docstring."""
    text = inspect.cleandoc(cls.__doc__ or "").partition("Attributes\n----------\n")[2]
    entries = re.findall(r"(?m)^(\w[\w, ]*) : (.+)\n((?: {4}.*\n?)+)", text)
    return [Attribute(name, shape, " ".join(meaning.split())) for name, shape, meaning in entries]


def remarks(codes: type[IntEnum]) -> dict[str, str]:
    """Return the comments beside the members of an enumeration."""
    return dict(re.findall(r"(?m)^ {4}(\w+) = \d+(?:  # (.*))?$", inspect.getsource(codes)))
