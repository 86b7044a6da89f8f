"""Draws where scores stand around the cut-off of a grade, where grades have consequences and where they have none.

python experiments/bunching/make_figure.py                             # 30 seeds of 1,000 firms
python experiments/bunching/make_figure.py --small --to /tmp/bunching  # a quick look, elsewhere
python experiments/bunching/make_figure.py --behaviour forward_looking --to /tmp/bunching
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray
from scipy.stats import t

from creditregime import CreditRegime, Scenario
from creditregime.presentation import style
from creditregime.presentation.style import INK, WORLDS, Picture, picture

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parents[1] / "docs" / "images"
LOWEST, HIGHEST = 76, 100
SETTLED, EVERY = 60, 6
"""Months after which scores are looked at, and how often."""
REACH = 3
"""Points of the gravest record: from so near a cut-off one record leads below it."""

Reals = NDArray[np.float64]


class Sample(NamedTuple):
    """Where firms stood in the worlds of some seeds: share of firms and mean effort by score, (seeds, scores)."""

    share: Reals
    effort: Reals


def sample(scenario: Scenario, seeds: int) -> Sample:
    """Run the seeds, and count scores over months; scores outside the range count for its ends."""
    scores, efforts = [], []
    for seed in range(1, seeds + 1):
        model = CreditRegime(scenario, seed=seed)
        firms, count, effort = model.world.firms, np.zeros(_bins()), np.zeros(_bins())
        for month in range(scenario.months):
            model.step()
            if month >= SETTLED and month % EVERY == 0:
                at = np.clip(firms.score[0], LOWEST, HIGHEST).astype(int) - LOWEST
                count += np.bincount(at, minlength=_bins())
                effort += np.bincount(at, firms.effort.mean(axis=0), minlength=_bins())
        scores.append(count / count.sum())
        efforts.append(np.divide(effort, count, out=np.full(_bins(), np.nan), where=count > 0))
    return Sample(np.array(scores), np.array(efforts))


def excess(notch: Sample, plain: Sample, cut: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return what the consequences add above and below a cut-off: mean and half 95% interval of paired differences."""
    at = int(cut) - LOWEST
    difference = notch.share - plain.share
    above, below = difference[:, at : at + REACH].sum(axis=1), difference[:, at - REACH : at].sum(axis=1)
    return _interval(above), _interval(below)


def draw(notch: Sample, plain: Sample, cuts: dict[str, float], figure: Figure) -> None:
    """Draw shares above and efforts below, with the cut-offs."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for axes, name in ((upper, "share"), (lower, "effort")):
        for data, look, label in ((notch, WORLDS[0], "grades have consequences"), (plain, WORLDS[1], "they have none")):
            _line(axes, getattr(data, name), look, label)
        for cut in cuts.values():
            axes.axvline(cut - 0.5, color=INK, linewidth=1, linestyle=":")
        axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
        axes.set_ylim(0)
    top = upper.get_ylim()[1]
    for name, cut in cuts.items():
        over, below = (f"{100 * mean:+.1f} ± {100 * half:.1f}% of firms" for mean, half in excess(notch, plain, cut))
        text = f"Grade {name} from {cut:g}\n{REACH} points above: {over}\n{REACH} points below: {below}".replace(
            "-", "−"
        )
        upper.text(cut - 0.7, top, text, va="top", ha="right", fontsize=9, color=INK)
    upper.set_ylabel("Share of firms, per point")
    upper.legend(loc="upper left", bbox_to_anchor=(0, 0.8), borderaxespad=0)
    lower.set_ylabel("Mean effort")
    lower.set_xlabel(f"Score (points; {LOWEST} and below together)")
    lower.set_xlim(LOWEST - 0.5, HIGHEST + 0.5)


def figure(notch: Sample, plain: Sample, cuts: dict[str, float], firms: int) -> Picture:
    """Return the picture of both worlds."""
    seeds = len(notch.share)
    said = "; ".join(_said(notch, plain, name, cut) for name, cut in cuts.items())
    caption = (
        f"Scores of {firms:,} firms in each of {seeds} paired seeds, every {EVERY} months from month {SETTLED}. Bands:"
        " 95% intervals of the mean over seeds. Percentages at the cut-off: paired differences between the two worlds,"
        " and their 95% intervals."
    )

    def drawn(canvas: Figure) -> None:
        draw(notch, plain, cuts, canvas)
        style.note(canvas, caption)

    title = "Where grades have consequences, firms gather just above the cut-off"
    return picture("bunching", title, caption, f"{title}. {said}.", (7.6, 6.2), drawn)


def _said(notch: Sample, plain: Sample, name: str, cut: float) -> str:
    above, below = (f"{100 * mean:+.1f} ± {100 * half:.1f}% of firms" for mean, half in excess(notch, plain, cut))
    return f"grade {name} from {cut:g}: {above} in the {REACH} points above, {below} in the {REACH} points below"


def _line(axes: Axes, values: Reals, look: style.Line, label: str) -> None:
    scores = np.arange(LOWEST, HIGHEST + 1)
    seen = np.isfinite(values).all(axis=0)
    mean, half = np.array([_interval(column) for column in values[:, seen].T]).T
    axes.fill_between(scores[seen], mean - half, mean + half, color=look.colour, alpha=0.2, linewidth=0)
    axes.plot(scores[seen], mean, look.dash, color=look.colour, marker=look.marker, markersize=4, label=label)


def _interval(values: Reals) -> tuple[float, float]:
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(half)


def _bins() -> int:
    return HIGHEST - LOWEST + 1


def main() -> None:
    options = _options()
    scenario = Scenario.read(HERE / "scenario.yaml")
    scenario = scenario.changed({"behaviour": scenario.behaviour.model_dump() | {"kind": options.behaviour}})
    if options.small:
        scenario = scenario.changed({"population.firms": 300})
    seeds = 10 if options.small else options.seeds
    notch, plain = sample(scenario, seeds), sample(scenario.changed({"measures": {}}), seeds)
    drawn = figure(notch, plain, dict(scenario.rating.bands), scenario.population.firms)  # type: ignore[attr-defined]
    options.to.mkdir(parents=True, exist_ok=True)
    for ending, content in (("png", drawn.png), ("svg", drawn.svg)):
        file = options.to / f"{drawn.name}.{ending}"
        file.write_bytes(content)
        print(file)
    print(drawn.alt)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    kinds = ("gradual", "forward_looking", "none")
    parser.add_argument("--seeds", type=int, default=30, metavar="N", help="paired seeds, at least 2 (default: 30)")
    parser.add_argument("--behaviour", choices=kinds, default=kinds[0], help="how firms choose (default: gradual)")
    parser.add_argument("--small", action="store_true", help="10 seeds of 300 firms: quick, not the picture kept")
    parser.add_argument("--to", type=Path, default=IMAGES, metavar="FOLDER", help="where to write")
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("--seeds: an interval needs at least 2")
    if (options.small or options.behaviour != kinds[0]) and options.to == IMAGES:
        parser.error("--small, --behaviour: choose another folder with --to; the documentation shows the full picture")
    return options


if __name__ == "__main__":
    main()
