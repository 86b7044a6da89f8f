"""The parameters that all ratings share: how a raw score and its grade are bent before they are published."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from creditregime.component import parameter
from creditregime.regime.rating.conditions import Condition
from creditregime.regime.rating.family import Rating
from creditregime.units import MONTHS


class Shared(Rating):
    """Parameters of every rating; `Graded` acts on them. All are off by default."""

    topics: tuple[str, ...] = parameter(
        (),
        unit="-",
        description="a sector rating: one file with the records of these topics only; empty for all topics",
        standing="real",
    )
    lowest: str = parameter("D", unit="-", description="name of the grade below all bands")
    direct: bool = parameter(False, unit="-", description="a live serious record gives the lowest grade at once")
    conditions: dict[str, Condition] = parameter(
        default_factory=dict, unit="-", description="named conditions that cap or lower a grade", standing="real"
    )
    direct_months: int = parameter(
        0,
        unit="months",
        ge=0,
        le=1200,
        description="how long the lowest grade given directly is held at least",
        source="STA Announcement 2020 No. 15: two years",
        standing="real",
    )
    score_months: int = parameter(
        0, unit="months", ge=0, le=1200, description="how long the lowest grade given by score is held at least"
    )
    barred_months: int = parameter(
        0,
        unit="months",
        ge=0,
        le=1200,
        description="how long after a held or associated lowest grade the top grade is out of reach",
        source="STA Announcement 2020 No. 15: not A in year 3; 2015 No. 85: re-scored after associated D, not A",
        standing="real",
    )
    after_lowest: float = parameter(
        0.0,
        unit="points",
        ge=0,
        description="deduction at the evaluation after a lowest grade by score",
        source="STA Announcement 2020 No. 15: 11 points",
        standing="real",
    )
    most_up: int = parameter(0, unit="grades", ge=0, le=100, description="most grades up at an evaluation; 0 for any")
    least_change: float = parameter(0.0, unit="points", ge=0, description="changes of score below it are not made")
    most_change: float | None = parameter(
        None, unit="points", gt=0, description="largest change of score at an evaluation"
    )
    floor: float | None = parameter(None, unit="points", description="lowest possible score")
    cap: float | None = parameter(None, unit="points", description="highest possible score")
    new_firm_grade: str | None = parameter(None, unit="-", description="best grade that a new firm can hold")
    new_firm_months: int = parameter(MONTHS, unit="months", ge=1, description="how long a firm counts as new")
    calendar: int = parameter(
        1, unit="months", ge=1, le=120, description="months between evaluations; 1 rates every month", standing="partly"
    )
    coverage: dict[str, float] = parameter(
        default_factory=dict,
        unit="share",
        description="share of firms that is rated, by ownership; all where not named",
        source="STA: 8.82 of 23.9 million tax-paying firms rated for 2017",
        standing="partly",
    )
    opt_out: float = parameter(
        0.0, unit="share", ge=0, le=1, description="share of firms that opt out of being rated", standing="real"
    )
    rater_bias: float = parameter(
        0.0,
        unit="points",
        description="points that raters add for a connected firm",
        source="Lin & Milhaupt 2023: politically connected firms score higher",
        standing="partly",
    )
    bias_size_elasticity: float = parameter(
        0.0, unit="-", ge=0, le=2, description="how that bias grows with size (revenue pressure)", standing="partly"
    )
    noise: float = parameter(
        0.0, unit="points", ge=0, description="standard deviation of rating noise, new at every evaluation"
    )

    @model_validator(mode="after")
    def _grades_exist(self) -> Self:
        named = {"new_firm_grade": self.new_firm_grade}
        named |= {f"conditions.{name}.grade": condition.grade for name, condition in self.conditions.items()}
        for path, grade in named.items():
            if grade is not None and grade not in self.grades():
                raise ValueError(f"{path}: '{grade}' is not a grade; allowed: {self.grades()}")
        if self.floor is not None and self.cap is not None and self.floor > self.cap:
            raise ValueError(f"floor ({self.floor:g}) must not exceed cap ({self.cap:g})")
        return self
