"""How a page is described: what it opens with, how its settings are called, and the questions of its worksheet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator

from creditregime.component import Settings, one_line, parameter
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps.study import read_mapping

Levels = dict[str, Any]


class View(Settings):
    """What is on the screen: a setting in each panel, a seed, a month, a firm."""

    left: Levels = parameter(default_factory=dict, unit="-", description="levels of factors in the left panel")
    right: Levels = parameter(default_factory=dict, unit="-", description="levels of factors in the right panel")
    seed: int | None = parameter(None, unit="-", ge=0, description="the seed of both; by default the first one")
    month: int | None = parameter(None, unit="months", ge=0, description="the month; by default 0, the start")
    firm: int | None = parameter(None, unit="row", ge=0, description="the firm whose story is told; by default nobody")


class Question(Settings):
    """A question of the worksheet, and what to look at for it."""

    question: str = parameter(unit="-", min_length=1, description="the question")
    hint: str = parameter("", unit="-", description="what to try, or to think of")
    show: View | None = parameter(None, unit="-", description="what a button of the question puts on the screen")


class Description(Settings):
    """A page: which stored runs it holds, and what it says. Levels that are not named are those of the first point."""

    title: str = parameter("", unit="-", description="headline; by default the title of the study")
    introduction: str = parameter("", unit="-", description="what a reader must know first")
    labels: dict[str, str] = parameter(default_factory=dict, unit="-", description="texts instead of factors' names")
    indicators: list[str] = parameter(
        default_factory=list,
        unit="-",
        description="indicators to draw; by default those that the study keeps month by month, or else a few",
    )
    seeds: int | None = parameter(None, unit="seeds", ge=1, description="how many of the seeds; by default all")
    at: Levels = parameter(default_factory=dict, unit="-", description="only points with these levels; by default all")
    opening: View = Field(default_factory=View, description="what is on the screen first")
    questions: list[Question] = parameter(default_factory=list, unit="-", description="the worksheet")

    @field_validator("indicators")
    @classmethod
    def _once_each(cls, names: list[str]) -> list[str]:
        return list(dict.fromkeys(names))

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Return the description that plain data state, or raise a `ScenarioError` of one line."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ScenarioError(one_line(error).replace("scenario: ", "page: ", 1)) from None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Return the description in a YAML file; the file is data and can run nothing."""
        try:
            return cls.parse(read_mapping(Path(path)))
        except ScenarioError as error:
            told = str(error)
            raise ScenarioError(told if told.startswith(f"{path}: ") else f"{path}: {told}") from None

    @staticmethod
    def of(given: Description | Mapping[str, Any] | str | Path | None) -> Description:
        """Return what a user means: a description, its data, its file, or nothing in particular."""
        if isinstance(given, Description):
            return given
        if given is None or isinstance(given, Mapping):
            return Description.parse(given or {})
        return Description.read(given)
