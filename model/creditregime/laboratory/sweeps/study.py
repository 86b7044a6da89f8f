"""What a study is: one description in a file, of which everything else follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

import creditregime.laboratory.sweeps.draws  # noqa: F401  (declares its kind)
from creditregime.component import Rule, Settings, nearest, one_line, parameter
from creditregime.errors import BAD_YAML, ScenarioError
from creditregime.laboratory.measures import Measure
from creditregime.laboratory.outcomes import BY_NAME, GROUP_OUTCOMES
from creditregime.laboratory.sweeps.designs import Design
from creditregime.laboratory.sweeps.tables import Kept

LARGEST_FILE = 1_000_000
RESERVED = ("point", "scenario")


class Replicates(Rule, family="replicates"):
    """Family of rules for the number of seeds at a point. Every point uses the same seeds: runs are paired."""


class Fixed(Replicates, kind="fixed"):
    """The same number of seeds at every point."""

    seeds: int = parameter(30, unit="seeds", ge=1, le=1_000_000, description="number of seeds")


class Precise(Replicates, kind="precise"):
    """As many seeds at a point as it takes until intervals for the means of named outcomes are narrow enough."""

    half_width: dict[str, float] = Field(description="outcome, and the largest half-width in its unit", min_length=1)
    confidence: float = parameter(0.95, unit="share", gt=0, lt=1, description="level of Student's intervals")
    at_least: int = parameter(10, unit="seeds", ge=2, description="seeds at every point")
    at_most: int = parameter(200, unit="seeds", ge=2, le=1_000_000, description="seeds at which a point ends anyway")

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.at_most < self.at_least:
            raise ValueError(f"at_most: {self.at_most} is below at_least: {self.at_least}")
        for name, width in self.half_width.items():
            _refuse_unknown(name, "half_width")
            if width <= 0:
                raise ValueError(f"half_width.{name}: {width} is not allowed: must be above 0")
        return self


class Small(Settings):
    """What changes where a study is run at small size: to see that all of it works, not for its findings."""

    base: list[str] = parameter(default_factory=list, unit="-", description="overrides added to the base")
    seeds: int = parameter(2, unit="seeds", ge=1, le=1000, description="seeds at every point")
    design: dict[str, Any] = parameter(
        default_factory=dict, unit="-", description="fields of the design that are replaced, such as samples"
    )


class Study(Settings):
    """A question, the scenarios that are compared for it, the seeds, and what is kept of each run.

    Examples
    --------
    >>> Study.parse({"design": {"kind": "grid", "factors": {"spillover.partner.strength": [0, 0.3]}}}).first_seed
    1
    """

    title: str = parameter("", unit="-", description="name of the study")
    question: str = parameter("", unit="-", description="what it is to answer")
    base: list[str] = parameter(
        default_factory=list, unit="-", description="overrides that make the base scenario: group=option, path=value"
    )
    scenario: str | dict[str, Any] | None = parameter(
        None,
        unit="path",
        description="a scenario to start from instead of the presets: its file, relative to the study, or what stands"
        " in one",
    )
    design: Design = Field(description="factors and points")
    replicates: Replicates = Field(default_factory=Fixed, description="seeds at each point")
    first_seed: int = parameter(1, unit="-", ge=0, lt=2**62, description="first seed; the others follow one by one")
    keep: list[str] = parameter(
        default_factory=list, unit="-", description="outcomes to keep of each run; empty keeps all"
    )
    months: list[str] = parameter(
        default_factory=list, unit="-", description="indicators to keep month by month; empty keeps none"
    )
    groups: list[str] = parameter(
        default_factory=list, unit="-", description="outcomes to keep by ownership, size, sector and region; or none"
    )
    exits: bool = parameter(False, unit="-", description="whether to keep who left, when and why")
    measures: dict[str, Measure] = Field(
        default_factory=dict, description="what is measured of each run besides its outcomes, by a name of one's own"
    )
    small: Small | None = parameter(None, unit="-", description="how the study is run at small size, if it can be")

    @field_validator("keep")
    @classmethod
    def _known_outcomes(cls, names: list[str]) -> list[str]:
        for name in names:
            _refuse_unknown(name, "keep")
        return list(dict.fromkeys(names))

    @field_validator("groups")
    @classmethod
    def _known_by_group(cls, names: list[str]) -> list[str]:
        for name in names:
            _refuse_unknown(name, "groups", [outcome.name for outcome in GROUP_OUTCOMES])
        return list(dict.fromkeys(names))

    @model_validator(mode="after")
    def _distinct_columns(self) -> Self:
        for key, names in (("design", self.design.names), ("measures", self.measures)):
            for name in names:
                taken = name in BY_NAME or name in RESERVED
                if taken or (key == "measures" and name in (*self.design.names, "seed")):
                    raise ValueError(
                        f"{key}: '{name}' is the name of another column of the results; choose another name"
                    )
        return self

    @property
    def outcomes(self) -> list[str]:
        """Names of the outcomes that are kept, with those that decide how many seeds are enough."""
        needed = getattr(self.replicates, "half_width", {})
        return [name for name in BY_NAME if not self.keep or name in self.keep or name in needed]

    @property
    def kept(self) -> Kept:
        """What is kept of each run."""
        return Kept(self.outcomes, self.months, self.groups, self.exits, self.measures)

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Return the study that plain data describe, or raise a `ScenarioError` of one line."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ScenarioError(one_line(error).replace("scenario: ", "study: ", 1)) from None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Return the study in a YAML file; the file is data and can run nothing."""
        path = Path(path)
        data = read_mapping(path)
        try:
            study = cls.parse(_with_table(data, path.parent))
        except ScenarioError as error:
            raise ScenarioError(f"{path}: {error}") from None
        given = study.scenario
        return study if isinstance(given, dict) else study.model_copy(update={"scenario": beside(given, path.parent)})

    def reduced(self) -> Self:
        """Return the study at the small size that it states.

        Raises
        ------
        ScenarioError
            If it states none.
        """
        if self.small is None:
            raise ScenarioError("small: the study does not say how it is run at small size")
        data = self.model_dump(mode="json") | {"small": None}
        data["base"] += self.small.base
        data["design"] |= self.small.design
        data["replicates"] = {"kind": "fixed", "seeds": self.small.seeds}
        return self.parse(data)

    def to_yaml(self) -> str:
        """Return the study, every key stated, as YAML that `read` takes."""
        data = self.model_dump(mode="json")
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file, or raise a `ScenarioError` of one line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    if len(text) > LARGEST_FILE:
        raise ScenarioError(f"{path}: larger than {LARGEST_FILE} characters")
    try:
        data = yaml.safe_load(text)
    except BAD_YAML as error:
        raise ScenarioError(f"{path}: not valid YAML: {' '.join(str(error).split())[:300]}") from None
    if not isinstance(data, Mapping):
        raise ScenarioError(f"{path}: a mapping from keys to values is needed")
    return dict(data)


def beside(name: str | None, folder: Path) -> str | None:
    """Return a file's name relative to a folder as an absolute one; None stays None."""
    return name if name is None or Path(name).is_absolute() else str((folder / name).resolve())


def _with_table(data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the data of a study with the table of its draws, if it names one, taken relative to a folder."""
    design = data.get("design")
    table = design.get("table") if isinstance(design, Mapping) else None
    if not isinstance(design, Mapping) or not isinstance(table, str):
        return dict(data)
    return {**data, "design": {**design, "table": beside(table, folder)}}


def _refuse_unknown(name: str, key: str, names: Sequence[str] = tuple(BY_NAME)) -> None:
    if name not in names:
        raise ValueError(f"{key}: unknown outcome '{name}'{nearest(name, names)}; allowed: {', '.join(names)}")
