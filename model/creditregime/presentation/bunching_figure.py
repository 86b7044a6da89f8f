"""Where scores stand around the cut-offs of grades: shares of firms by score, and their effort, over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from creditregime.errors import CreditRegimeError
from creditregime.laboratory.effects import mean_interval
from creditregime.laboratory.run import RunResult
from creditregime.presentation import style
from creditregime.presentation.style import INK, WORLDS, Picture, picture

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """Where the firms of a world stand, seed by seed.

    Attributes
    ----------
    label
        Name of the world.
    lowest
        The score of the first column; what is below counts for it, as what is above the last counts for that.
    share : (seeds, scores)
        Share of firms at each score, in whole points.
    effort : (seeds, scores)
        Their mean effort; NaN where a seed has no firm.
    """

    label: str
    lowest: int
    share: Reals
    effort: Reals

    @classmethod
    def of(cls, label: str, scores: Sequence[Any], efforts: Sequence[Any], lowest: int, highest: int) -> Self:
        """Return the shares of firms by score.

        Parameters
        ----------
        label
            Name of the world.
        scores, efforts
            One array a seed, of one number a firm (and month).
        lowest, highest
            Scores between which they are shown.
        """
        if not 0 < len(scores) == len(efforts):
            raise CreditRegimeError(f"bunching: {label}: one array of scores and one of efforts a seed are needed")
        bins, shares, means = highest - lowest + 1, [], []
        for score, effort in zip(scores, efforts, strict=True):
            at = np.clip(np.asarray(score), lowest, highest).astype(int) - lowest
            count = np.bincount(at, minlength=bins)
            total = np.bincount(at, np.asarray(effort, np.float64), minlength=bins)
            shares.append(count / max(count.sum(), 1))
            means.append(np.divide(total, count, out=np.full(bins, np.nan), where=count > 0))
        return cls(label, lowest, np.array(shares), np.array(means))

    @classmethod
    def of_runs(cls, label: str, results: Sequence[RunResult], lowest: int, highest: int) -> Self:
        """Return the shares of firms by score at the end of some runs, one a seed."""
        firms = [result.firms[result.firms["active"].astype(bool)] for result in results]
        return cls.of(label, [f["score"] for f in firms], [f["effort"] for f in firms], lowest, highest)


def bunching(
    worlds: Sequence[Scores],
    cutoffs: Mapping[str, float],
    reach: int = 3,
    sample: str = "",
    name: str = "bunching",
    title: str | None = None,
) -> Picture:
    """Return where firms stand around the cut-offs of grades, in one world or in two over paired seeds.

    Parameters
    ----------
    worlds
        One or two, on the same scores; the first is the one of interest, the second without what draws firms there.
    cutoffs
        Grades, and the score from which each is given.
    reach
        Points on either side of a cut-off over which shares (in two worlds their paired differences) are summed up.
    sample
        What was counted, for the caption.
    name, title
        Stem of the files; title.

    Raises
    ------
    CreditRegimeError
        If there are not one or two worlds on the same scores, or a cut-off is not among them.
    """
    scores = worlds[0].share.shape[1] if worlds else 0
    if len(worlds) not in (1, 2) or any((w.lowest, w.share.shape[1]) != (worlds[0].lowest, scores) for w in worlds):
        raise CreditRegimeError("bunching: one or two worlds on the same scores are needed")
    last = worlds[0].lowest + scores - 1
    for grade, cut in cutoffs.items():
        if not worlds[0].lowest < cut <= last:
            raise CreditRegimeError(
                f"cutoffs.{grade}: {cut:g} is not allowed: must be above {worlds[0].lowest} and at most {last}"
            )
    heading = title or f"Scores around the cut-off{'s' if len(cutoffs) > 1 else ''} of grades"
    caption = f"{sample or 'Scores of firms'}. {_how(worlds)}"
    said = "; ".join(
        f"grade {grade} from {cut:g}: {above} in the {reach} points above, {below} in the {reach} points below"
        for grade, cut in cutoffs.items()
        for above, below in [_around(worlds, cut, reach)]
    )

    def drawn(canvas: Figure) -> None:
        _draw(canvas, worlds, cutoffs, reach)
        style.note(canvas, caption)

    return picture(name, heading, caption, f"{heading}. {said}.", (7.6, 6.2), drawn)


def excess(worlds: Sequence[Scores], cut: float, reach: int) -> tuple[Reals, Reals]:
    """Return the share of firms above and below a cut-off by seed, (seeds,): in two worlds, how much they differ."""
    at = int(cut) - worlds[0].lowest
    share = worlds[0].share if len(worlds) == 1 else worlds[0].share - worlds[1].share
    return share[:, at : at + reach].sum(axis=1), share[:, max(at - reach, 0) : at].sum(axis=1)


def _around(worlds: Sequence[Scores], cut: float, reach: int) -> tuple[str, str]:
    """Return both in words."""
    sign = "+" if len(worlds) == 2 else ""
    said = []
    for part in excess(worlds, cut, reach):
        mean, low, high = mean_interval(part)
        half = f" ± {100 * (high - low) / 2:.1f}" if len(part) > 1 else ""
        said.append(f"{100 * mean:{sign}.1f}{half}% of firms".replace("-", "−"))
    return said[0], said[1]


def _how(worlds: Sequence[Scores]) -> str:
    if len(worlds[0].share) == 1:
        return "One seed, so that no interval can be given."
    differences = "paired differences between the two worlds" if len(worlds) == 2 else "shares of firms"
    bands = "Bands: 95% intervals of the mean over seeds."
    return f"{bands} Percentages at the cut-off: {differences}, and their 95% intervals."


def _draw(figure: Figure, worlds: Sequence[Scores], cutoffs: Mapping[str, float], reach: int) -> None:
    """Draw shares above and efforts below, with the cut-offs."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for axes, name in ((upper, "share"), (lower, "effort")):
        for data, look in zip(worlds, WORLDS, strict=False):
            _line(axes, getattr(data, name), data, look)
        for cut in cutoffs.values():
            axes.axvline(cut - 0.5, color=INK, linewidth=1, linestyle=":")
        axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
        axes.set_ylim(0)
    top = upper.get_ylim()[1]
    for grade, cut in cutoffs.items():
        over, below = _around(worlds, cut, reach)
        text = f"Grade {grade} from {cut:g}\n{reach} points above: {over}\n{reach} points below: {below}"
        upper.text(cut - 0.7, top, text, va="top", ha="right", fontsize=9, color=INK)
    first, last = worlds[0].lowest, worlds[0].lowest + worlds[0].share.shape[1] - 1
    upper.set_ylabel("Share of firms, per point")
    upper.legend(loc="upper left", bbox_to_anchor=(0, 0.8), borderaxespad=0)
    lower.set_ylabel("Mean effort")
    lower.set_xlabel(f"Score (points; {first} and below together)")
    lower.set_xlim(first - 0.5, last + 0.5)


def _line(axes: Axes, values: Reals, data: Scores, look: style.Line) -> None:
    scores = np.arange(data.lowest, data.lowest + values.shape[1])
    seen = np.isfinite(values).all(axis=0)
    if not seen.any():
        return
    mean, low, high = np.array([mean_interval(column) for column in values[:, seen].T]).T
    axes.fill_between(scores[seen], low, high, color=look.colour, alpha=0.2, linewidth=0)
    axes.plot(scores[seen], mean, look.dash, color=look.colour, marker=look.marker, markersize=4, label=data.label)
