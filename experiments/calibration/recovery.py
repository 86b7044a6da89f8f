"""Draws how often intervals of calibrations cover known truths, and where the truths rank in the posterior.

python experiments/calibration/recovery.py                 # 400 truths by algebra, 150 simulated: ten minutes
python experiments/calibration/recovery.py --from-table    # draws the committed ranks again
python experiments/calibration/recovery.py --small --to /tmp/recovery   # a quick look, elsewhere
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from scipy.stats import binom

from creditregime.presentation import style
from creditregime.presentation.style import BLUE, FAINT, INK, PALE, VERMILION, Picture, picture
from creditregime.validation.oracles import Size
from creditregime.validation.recovery import NAMES, Recovered, recoveries, recoveries_by_algebra

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parents[1] / "docs" / "images"
TABLE = HERE / "recovery.csv"
LEVELS = np.arange(0.05, 1.0, 0.05)
BINS = 10
LOOKS = {NAMES[0]: (BLUE, "-", "o"), NAMES[1]: (VERMILION, "--", "s")}


def ranks(found: list[Recovered], case: str) -> pd.DataFrame:
    """Return one row a truth and parameter."""
    rows = [(case, name, item.rank[number]) for item in found for number, name in enumerate(NAMES)]
    return pd.DataFrame(rows, columns=["case", "parameter", "rank"])


def figure(table: pd.DataFrame) -> Picture:
    """Return coverage by level above, ranks below, one column a case."""
    cases = list(dict.fromkeys(table["case"]))
    coverage = table.assign(hit=(table["rank"] - 0.5).abs() <= 0.45).groupby(["case", "parameter"])["hit"].mean()
    said = "; ".join(f"{case}, {name}: {100 * value:.1f}%" for (case, name), value in coverage.items())
    caption = (
        "Above: share of truths inside central posterior intervals, by their level; grey: where 95% of such shares lie"
        " if the intervals are right; the black bar is the range asked for at 90%. Below: posterior probability below"
        f" the truth, uniform if the posterior is right. Coverage at 90%: {said}."
    )

    def draw(canvas: Figure) -> None:
        grid = canvas.subplots(2, len(cases), squeeze=False)
        for column, case in enumerate(cases):
            own = table[table["case"] == case]
            _coverage(grid[0, column], own, case)
            _histogram(grid[1, column], own)
        grid[0, 0].legend(loc="upper left")
        style.note(canvas, caption)

    title = "Intervals of calibrations cover known truths as often as they say"
    return picture("recovery", title, caption, f"{title}. {said}.", (9.0, 7.0), draw)


def _coverage(axes: Axes, table: pd.DataFrame, case: str) -> None:
    truths = len(table) // len(NAMES)
    low, high = (binom.ppf(tail, truths, LEVELS) / truths for tail in (0.025, 0.975))
    axes.fill_between(LEVELS, low, high, color=PALE, linewidth=0)
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    for name, (colour, dash, marker) in LOOKS.items():
        rank = table.loc[table["parameter"] == name, "rank"].to_numpy()
        share = [(np.abs(rank - 0.5) <= level / 2).mean() for level in LEVELS]
        axes.plot(LEVELS, share, dash, color=colour, marker=marker, markersize=4, linewidth=1.2, label=name)
    axes.plot([0.9, 0.9], [0.85, 0.95], color=INK, linewidth=2.5)
    axes.set_title(f"{case}, {truths:,} truths")
    axes.set_xlabel("level of the interval")
    axes.set_ylabel("share of truths inside")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(style.percent))


def _histogram(axes: Axes, table: pd.DataFrame) -> None:
    truths = len(table) // len(NAMES)
    edges = np.linspace(0, 1, BINS + 1)
    low, high = (binom.ppf(tail, truths, 1 / BINS) / truths for tail in (0.025, 0.975))
    axes.axhspan(low, high, color=PALE, linewidth=0)
    for name, (colour, dash, _) in LOOKS.items():
        rank = table.loc[table["parameter"] == name, "rank"].to_numpy()
        axes.stairs(np.histogram(rank, edges)[0] / truths, edges, color=colour, linestyle=dash, linewidth=1.6)
    axes.set_ylim(0)
    axes.set_xlabel("posterior probability below the truth")
    axes.set_ylabel("share of truths")
    axes.yaxis.set_major_formatter(FuncFormatter(style.percent))


def main() -> None:
    options = _options()
    if options.from_table:
        table = pd.read_csv(TABLE)
    else:
        algebra = recoveries_by_algebra(40 if options.small else 400)
        simulated = recoveries(Size(full=not options.small))
        table = pd.concat([ranks(algebra, "shares by algebra"), ranks(simulated, "shares simulated by the model")])
    if not (options.small or options.from_table):
        table.to_csv(TABLE, index=False, float_format="%.4f", lineterminator="\n")
    drawn = figure(table)
    options.to.mkdir(parents=True, exist_ok=True)
    for ending, content in (("png", drawn.png), ("svg", drawn.svg)):
        file = options.to / f"calibration-{drawn.name}.{ending}"
        file.write_bytes(content)
        print(file)
    print(drawn.alt)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few truths; nothing is written but the figure")
    parser.add_argument("--from-table", action="store_true", help="draw the committed ranks")
    parser.add_argument("--to", type=Path, default=IMAGES, metavar="FOLDER", help="where the figure goes")
    options = parser.parse_args()
    if options.small and options.to == IMAGES:
        parser.error("--small: name another folder with --to, so that the documentation keeps its figure")
    return options


if __name__ == "__main__":
    main()
