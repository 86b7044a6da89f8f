"""What a calibration is: one file that says which parameters are unknown, and what the model shall agree with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from creditregime.component import Settings, one_line, parameter
from creditregime.errors import ScenarioError
from creditregime.laboratory.calibration.priors import Prior
from creditregime.laboratory.measures import Measure
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps.study import Study, beside, read_mapping

Tag = Literal["primary", "secondary", "derived", "general_knowledge", "assumption", "synthetic"]

TAKEN = ("point", "seed", "scenario", "draw", "batch", "weight", "log_likelihood")


class Target(Settings):
    """One published figure, what it is compared with, and how close it has to come.

    The figure is taken as the model's expected value plus an error with the standard deviation `tolerance`; of a range
    every value is as likely. The error of a finite number of seeds is added by itself.
    """

    measure: Measure = Field(description="what is measured in a run")
    published: float | tuple[float, float] = parameter(unit="of the measure", description="a number, or [low, high]")
    tolerance: float = parameter(
        unit="of the measure",
        gt=0,
        description="standard deviation of what the model need not explain: error of the figure, simplification",
    )
    source: str = parameter("", unit="-", description="where the figure comes from")
    tag: Tag = parameter("assumption", unit="-", description="how far the figure was followed to its source")

    @model_validator(mode="after")
    def _stated(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"published: [{self.low}, {self.high}] has its bounds the wrong way round")
        if not self.source and self.tag != "assumption":
            raise ValueError(f"source: is needed where the tag is '{self.tag}'")
        return self

    @property
    def low(self) -> float:
        """Lowest published value."""
        return self.published[0] if isinstance(self.published, tuple) else self.published

    @property
    def high(self) -> float:
        """Highest published value."""
        return self.published[1] if isinstance(self.published, tuple) else self.published

    @property
    def range(self) -> tuple[float, float]:
        """Published range; of a single figure what its tolerance makes of it."""
        margin = self.tolerance if self.low == self.high else 0.0
        return self.low - margin, self.high + margin


class Budget(Settings):
    """How many points of the parameters are simulated."""

    filter: int = parameter(256, unit="points", ge=16, le=16_384, description="points spread over the prior")
    rounds: int = parameter(4, unit="rounds", ge=0, le=50, description="rounds that draw where the earlier ones fitted")
    points: int = parameter(128, unit="points", ge=16, le=16_384, description="points of a round")
    search: int = parameter(64, unit="points", ge=0, le=16_384, description="points of the search for the best one")
    draws: int = parameter(400, unit="draws", ge=1, le=10_000, description="draws of the posterior that are kept")


class CalibrationStudy(Settings):
    """Unknown parameters, published targets, seeds and budget."""

    title: str = parameter("", unit="-", description="name of the calibration")
    base: list[str] = parameter(
        default_factory=list, unit="-", description="overrides that make the base scenario: group=option, path=value"
    )
    scenario: str | None = parameter(
        None, unit="path", description="a scenario file to start from instead of the presets, relative to this file"
    )
    parameters: dict[str, Prior] = Field(
        description="dotted path of each unknown parameter, and its prior", min_length=1
    )
    targets: dict[str, Target] = Field(description="what the model shall agree with, by a name", min_length=1)
    seeds: int = parameter(
        10, unit="seeds", ge=2, le=10_000, description="seeds at every point, the same at all points"
    )
    first_seed: int = parameter(1, unit="-", ge=0, lt=2**62, description="first seed; the others follow one by one")
    budget: Budget = Field(default_factory=Budget, description="how many points are simulated")
    seed: int = parameter(1, unit="-", ge=0, lt=2**32, description="seed of the method; it has nothing to do with runs")
    confidence: float = parameter(0.9, unit="share", gt=0, lt=1, description="level of the posterior intervals")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        paths = [path for name, prior in self.parameters.items() for path in (name, *prior.also)]
        twice = next((path for path in paths if paths.count(path) > 1), None)
        if twice is not None:
            raise ValueError(f"parameters: '{twice}' is set twice")
        if "seed" in paths:
            raise ValueError("parameters: seed is none; first_seed and seeds decide the seeds")
        for name in self.targets:
            if name in BY_NAME or name in (*paths, *TAKEN):
                raise ValueError(f"targets: '{name}' is the name of another column of the results; choose another name")
        return self

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Return the calibration that plain data describe, or raise a `ScenarioError` of one line."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ScenarioError(one_line(error).replace("scenario: ", "calibration: ", 1)) from None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Return the calibration in a YAML file; the file is data and can run nothing."""
        path = Path(path)
        data = read_mapping(path)
        try:
            study = cls.parse(data)
        except ScenarioError as error:
            raise ScenarioError(f"{path}: {error}") from None
        return study.model_copy(update={"scenario": beside(study.scenario, path.parent)})

    def to_yaml(self) -> str:
        """Return the calibration, every key stated, as YAML that `read` takes."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)

    def question(self) -> dict[str, Any]:
        """Return what a folder of results belongs to: all but the parts of the budget that can grow afterwards."""
        data = self.model_dump(mode="json")
        fixed = {name: data["budget"][name] for name in ("filter", "points")}
        return data | {"budget": fixed, "confidence": None}

    def sweep_of(self, values: Mapping[str, list[float]], title: str) -> Study:
        """Return the study that simulates points of the parameters and takes the measures there."""
        return Study.parse(
            {
                "title": title,
                "base": self.base,
                "scenario": self.scenario,
                "design": {"kind": "draws", "values": dict(values)},
                "replicates": {"kind": "fixed", "seeds": self.seeds},
                "first_seed": self.first_seed,
                "measures": {name: target.measure for name, target in self.targets.items()},
            }
        )
