"""Does one regime beat another whatever the parameters are? Probabilities of an order over draws of the parameters.

Each draw gives every option the same parameters and the same seeds. What is compared is the *expected* difference at a
draw; the mean over a few seeds is that and noise, which makes unlike draws out of like ones and pulls probabilities
towards one half. The noise is estimated (two-way analysis of variance: draws, seeds, rest) and taken out of the spread
of the means before they are counted (Louis 1984, J. Am. Stat. Assoc. 79:393).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

from creditregime.errors import ScenarioError
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep, open_sweep
from creditregime.laboratory.sweeps.options import table_of

Reals = NDArray[np.float64]
Prefer = Literal["more", "less"]
RESAMPLES = 2000
TAILS = (0.05, 0.95)
_FACTS = ("outcome", "unit", "prefer", "among", "draws", "seeds", "dropped", "confidence")


@dataclass(frozen=True, eq=False, repr=False)
class Ranking:
    """How sure the order of some options is.

    Attributes
    ----------
    outcome, unit, prefer, among
        What is compared, its unit, whether more or less of it ranks first, and the factor whose values are the options.
    pairs
        One row a pair of options: see `ranking`.
    matrix
        Probability that the option of the row beats that of the column.
    first
        Probability of each option to rank first.
    differences
        Expected difference of each pair at each draw, noise taken out: one row a draw, one column a row of ``pairs``.
    draws, seeds, dropped
        Number of draws and seeds that were compared, and of draws that were left out because a run of theirs failed.
    confidence
        Level of the intervals.
    """

    outcome: str
    unit: str
    prefer: Prefer
    among: str
    pairs: pd.DataFrame
    matrix: pd.DataFrame
    first: pd.Series
    differences: pd.DataFrame
    draws: int
    seeds: int
    dropped: int
    confidence: float

    def write(self, folder: Path) -> None:
        """Write the tables, and how they were made, into a folder."""
        for name, table in (("pairs", self.pairs), ("differences", self.differences)):
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        self.matrix.assign(first=self.first).to_csv(folder / "matrix.csv", index_label=self.among, lineterminator="\n")
        facts = {name: getattr(self, name) for name in _FACTS}
        (folder / "ranking.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8", newline="\n")

    def __repr__(self) -> str:
        """Say what was compared, and what to ask for."""
        what = f"{len(self.matrix)} options by {self.prefer} {self.outcome}, {self.draws} draws, {self.seeds} seeds"
        return f"<Ranking of {what}: pairs, matrix, first, differences>"


class Contrast(NamedTuple):
    """A paired difference over draws and seeds, taken apart.

    Attributes
    ----------
    expected : (n,)
        Expected difference at each draw, noise taken out of their spread.
    between, common, rest
        Variance between draws, of seeds (the same at all draws), and of what is particular to a draw and seed.
    """

    expected: Reals
    between: float
    common: float
    rest: float


def ranking(
    result: Sweep | str | Path,
    outcome: str,
    prefer: Prefer,
    among: str | None = None,
    *,
    confidence: float = 0.95,
    seed: int = 1,
) -> Ranking:
    """Return how likely each option is to beat each other one over the draws of a sweep.

    Parameters
    ----------
    result
        A sweep, or its folder, whose points are draws of parameters crossed with options: a design ``draws`` with a
        factor, or any design of which all factors but one are parameters.
    outcome
        Name of an outcome (or measure) that the sweep kept.
    prefer
        Whether ``more`` or ``less`` of the outcome beats; the laboratory has no opinion.
    among
        The factor whose values are the options; may be left out where there is one besides the draws.
    confidence
        Level of the intervals of the probabilities.
    seed
        Of the resampling behind them.

    Returns
    -------
    A `Ranking`, whose ``pairs`` have the columns

    option, other
        The two options.
    probability, low, high
        That `option` beats `other` in expectation, over the draws: uncertainty of parameters, not the randomness of
        runs. Mean and interval over the finite number of draws, which are resampled, and of seeds, whose common error
        is drawn from Student's distribution; the interval is at least that of Clopper and Pearson for the draws.
    single
        That it beats it in one run at one draw: uncertainty of parameters and randomness of a run together.
    effect, effect_low, effect_high
        Mean and 5% and 95% quantiles over the draws of the expected difference, `option` less `other`.
    of_parameters, of_seeds, of_rest
        Shares of the variance of a single difference: between draws; between seeds, the same at all draws; the rest.

    Raises
    ------
    ScenarioError
        One line: an unknown outcome or factor, fewer than two options, draws or seeds.
    """
    if prefer not in ("more", "less"):
        raise ScenarioError(f"prefer: '{prefer}' is not allowed: must be more or less")
    source = result if isinstance(result, Sweep) else open_sweep(result)
    values, options, chosen, dropped = table_of(source, outcome, among)
    if not 0 < confidence < 1:
        raise ScenarioError(f"confidence: {confidence} is not allowed: a level between 0 and 1 is needed")
    sign = 1.0 if prefer == "more" else -1.0
    rows, differences, matrix = [], {}, pd.DataFrame(0.5, index=options, columns=options)
    for a, b in combinations(range(len(options)), 2):
        row = _pair(values[a] - values[b], sign, confidence, seed)
        rows.append({"option": options[a], "other": options[b]} | row)
        differences[f"{options[a]} − {options[b]}"] = contrast(values[a] - values[b]).expected
        matrix.iloc[a, b], matrix.iloc[b, a] = row["probability"], 1 - row["probability"]
    unit = BY_NAME[outcome].unit if outcome in BY_NAME else ""
    first = _first(sign * values, options)
    draws, seeds = values.shape[1:]
    return Ranking(
        outcome=outcome,
        unit=unit,
        prefer=prefer,
        among=chosen,
        pairs=pd.DataFrame(rows),
        matrix=matrix,
        first=first,
        differences=pd.DataFrame(differences),
        draws=draws,
        seeds=seeds,
        dropped=dropped,
        confidence=confidence,
    )


def contrast(difference: Reals) -> Contrast:
    """Take a difference apart, (draws, seeds), both at least 2: a two-way layout without repetition."""
    draws, seeds = difference.shape
    by_draw, by_seed, grand = difference.mean(axis=1), difference.mean(axis=0), difference.mean()
    rest = ((difference - by_draw[:, None] - by_seed + grand) ** 2).sum() / ((draws - 1) * (seeds - 1))
    between = max(float(by_draw.var(ddof=1)) - rest / seeds, 0.0)
    common = max(float(by_seed.var(ddof=1)) - rest / draws, 0.0)
    return Contrast(_sharpened(by_draw, rest / seeds), between, common, float(rest))


def _sharpened(means: Reals, noise: float) -> Reals:
    """Return means, (n,), drawn together around their own mean until the variance of the noise is gone."""
    spread, grand = means.var(ddof=1), means.mean()
    kept = np.sqrt(max(1 - noise / spread, 0.0)) if spread > 0 else 1.0
    sharp: Reals = grand + kept * (means - grand)
    return sharp


def probability_above(values: Reals) -> float:
    """Return the share of values above 0; a value of 0 counts half."""
    return float(np.mean((values > 0) + (values == 0) / 2))


def _pair(difference: Reals, sign: float, confidence: float, seed: int) -> dict[str, float]:
    parts = contrast(difference)
    above, low, high = _above(difference, confidence, seed)
    probability, low, high = (above, low, high) if sign > 0 else (1 - above, 1 - high, 1 - low)
    least, most = np.quantile(parts.expected, TAILS)
    total = parts.between + parts.common + parts.rest
    shares = [part / total if total > 0 else np.nan for part in parts[1:]]
    return {
        "probability": probability,
        "low": low,
        "high": high,
        "single": probability_above(sign * difference),
        "effect": float(difference.mean()),
        "effect_low": float(least),
        "effect_high": float(most),
        "of_parameters": shares[0],
        "of_seeds": shares[1],
        "of_rest": shares[2],
    }


def _above(difference: Reals, confidence: float, seed: int) -> tuple[float, float, float]:
    """Return the probability that the expected difference is above 0, and its interval."""
    draws, seeds = difference.shape
    random = np.random.Generator(np.random.PCG64(seed))
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    shift = random.standard_t(seeds - 1, RESAMPLES) * np.sqrt(difference.mean(axis=0).var(ddof=1) / seeds)
    noise, means = contrast(difference).rest / seeds, difference.mean(axis=1)
    found = [probability_above(_sharpened(means[random.integers(draws, size=draws)], noise) + moved) for moved in shift]
    probability = float(np.mean(found))
    low, high = np.quantile(found, tails)
    won = probability * draws
    least = beta.ppf(tails[0], won, draws - won + 1) if won > 0 else 0.0
    most = beta.ppf(tails[1], won + 1, draws - won) if won < draws else 1.0
    return probability, float(min(low, least)), float(max(high, most))


def _first(values: Reals, options: list[str]) -> pd.Series:
    """Return how often each option is the largest in expectation; ties are shared."""
    centred = values - values.mean(axis=0)
    expected = pd.DataFrame({name: contrast(own).expected for name, own in zip(options, centred, strict=True)})
    best = expected.eq(expected.max(axis=1), axis=0)
    return best.div(best.sum(axis=1), axis=0).mean().rename("first")
