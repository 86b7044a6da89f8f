"""What is believed of a parameter before anything is compared: its range, and how likely each part of it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator
from scipy.special import ndtr, ndtri

from creditregime.component import Rule, parameter
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps.bounds import Bounds

Reals = NDArray[np.float64]


class Prior(Rule, family="prior"):
    """Family of prior distributions; where a bound is not stated, the parameter's own bound holds."""

    low: float | None = parameter(None, unit="of the parameter", description="smallest value")
    high: float | None = parameter(None, unit="of the parameter", description="largest value")
    also: dict[str, float] = parameter(
        default_factory=dict, unit="-", description="other parameters that are this one times a factor, by dotted path"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low: {self.low} is not below high: {self.high}")
        return self

    def check(self, low: float, high: float) -> None:
        """Raise a `ValueError` where the distribution makes no sense between the bounds."""

    def quantile(self, share: Reals, low: float, high: float) -> Reals:
        """Return the values below which the distribution between the bounds has these shares, in (0, 1)."""
        raise NotImplementedError(f"{type(self).__name__} has no quantiles")


class UniformPrior(Prior, kind="uniform"):
    """Every value between the bounds is as likely."""

    def quantile(self, share: Reals, low: float, high: float) -> Reals:
        """Return the quantiles."""
        return low + share * (high - low)


class LogUniformPrior(Prior, kind="log_uniform"):
    """Every order of magnitude between the bounds is as likely: for rates of which not even the scale is known."""

    def check(self, low: float, high: float) -> None:
        """Refuse bounds that have no logarithm."""
        if low <= 0:
            raise ValueError(f"low: {low:g} is not allowed: log_uniform needs a bound above 0")

    def quantile(self, share: Reals, low: float, high: float) -> Reals:
        """Return the quantiles."""
        return np.exp(np.log(low) + share * np.log(high / low))


class NormalPrior(Prior, kind="normal"):
    """A normal distribution, cut off at the bounds: for figures that somebody estimated, with an error."""

    mean: float = parameter(unit="of the parameter", description="its mean before it is cut off")
    sd: float = parameter(unit="of the parameter", gt=0, description="its standard deviation before it is cut off")

    def check(self, low: float, high: float) -> None:
        """Refuse bounds between which the distribution has next to nothing."""
        if ndtr((high - self.mean) / self.sd) - ndtr((low - self.mean) / self.sd) < 1e-6:
            raise ValueError(f"mean: {self.mean:g} with sd {self.sd:g} is not within {low:g} to {high:g}")

    def quantile(self, share: Reals, low: float, high: float) -> Reals:
        """Return the quantiles."""
        least, most = ndtr((low - self.mean) / self.sd), ndtr((high - self.mean) / self.sd)
        return np.clip(self.mean + self.sd * ndtri(least + share * (most - least)), low, high)


class Space:
    """The parameters of a calibration as points of a standard normal distribution, whatever their priors are.

    Attributes
    ----------
    names
        Dotted paths, in the order of the columns.
    """

    def __init__(
        self,
        priors: Mapping[str, Prior],
        bounds: Mapping[str, tuple[float, float]],
        whole: frozenset[str] = frozenset(),
    ) -> None:
        self.names = tuple(priors)
        self._priors, self._bounds, self._whole = dict(priors), dict(bounds), whole

    @classmethod
    def of(cls, priors: Mapping[str, Prior], limits: Bounds) -> Space:
        """Return the space of a scenario's parameters, within what their own fields allow.

        Raises
        ------
        ScenarioError
            One line that names the parameter.
        """
        bounds = {}
        for path, prior in priors.items():
            try:
                bounds[path] = limits.of(path, prior.low, prior.high)
                prior.check(*bounds[path])
            except (ScenarioError, ValueError) as error:
                text = str(error).removeprefix("design.factors: ").removeprefix(f"design.factors.{path}")
                raise ScenarioError(f"parameters.{path}: {text.removeprefix(': ').removeprefix('.')}") from None
        return cls(priors, bounds, frozenset(path for path in priors if limits.whole(path)))

    def values(self, z: Reals) -> Reals:
        """Return the parameters of standard normal points, (n, D)."""
        columns = []
        for path, column in zip(self.names, z.T, strict=True):
            found = self._priors[path].quantile(ndtr(column), *self._bounds[path])
            columns.append(np.round(found) if path in self._whole else found)
        return np.column_stack(columns)

    def changes(self, row: Reals) -> dict[str, float | int]:
        """Return what a point changes in the base scenario: the parameters, and those that follow from them."""
        return {path: column[0] for path, column in self.columns(np.atleast_2d(row)).items()}

    def columns(self, values: Reals) -> dict[str, list[float | int]]:
        """Return the columns of a table of points by dotted path, whole numbers as such, with those that follow."""
        found: dict[str, list[float | int]] = {}
        for path, column in zip(self.names, values.T, strict=True):
            found[path] = column.astype(int).tolist() if path in self._whole else column.tolist()
            for other, factor in self._priors[path].also.items():
                found[other] = (factor * column).tolist()
        return found
