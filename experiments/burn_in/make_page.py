"""Measures how long the default scenario takes to forget its start, and writes docs/burn-in.md.

python experiments/burn_in/make_page.py            # 30 seeds, 1,000 firms, fifty years: some minutes
python experiments/burn_in/make_page.py --small    # 2 seeds, 60 firms, 240 months: printed, not written
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from creditregime import Sweep, burn_in, sweep
from creditregime.laboratory.burn_in import series
from creditregime.laboratory.effects import paired
from creditregime.laboratory.outcomes import BY_NAME, LATE_MONTHS
from creditregime.presentation.burn_in_figure import burn_in_figure
from creditregime.presentation.wording import decimals, interval, number

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
SHORT = 120
DRAWN = ("compliance", "violations", "listed", "exits_by_lost_buyers", "output", "welfare")
HEAD = (
    "Indicator",
    f"Burn-in in {SHORT} months",
    "Over before the last 60",
    "Burn-in in {long} months",
    "Months 61–120",
    "Last 60 months",
    "Difference [95% interval]",
)


def main() -> None:
    options = _options()
    study = yaml.safe_load((HERE / "study.yaml").read_text(encoding="utf-8"))
    if options.small:
        study |= {"base": ["population.firms=60"], "replicates": {"kind": "fixed", "seeds": 2}}
        study["design"]["points"] = [{"months": 240}]
    with tempfile.TemporaryDirectory() as folder:
        result = sweep(study, options.folder or Path(folder) / "sweep", progress=True)
        text = page(result)
        if options.small:
            print(text)
            return
        (DOCS / "burn-in.md").write_text(text, encoding="utf-8", newline="\n")
        drawn = burn_in_figure([*series(_first(result.months, SHORT), DRAWN)])
        (DOCS / "images" / "burn-in.png").write_bytes(drawn.png)
        (DOCS / "images" / "burn-in.svg").write_bytes(drawn.svg)


def page(result: Sweep) -> str:
    """Return the page: what was asked, the table, the picture."""
    return (HERE / "introduction.md").read_text(encoding="utf-8").replace("{table}", table(result))


def table(result: Sweep) -> str:
    """Return one line an indicator: burn-in of short and long runs, and what the levels would be later."""
    months = result.months
    short, long = (
        burn_in(part).set_index("indicator") for part in (_first(months, SHORT), months.drop(columns="point"))
    )
    head = [text.replace("{long}", str(int(long["months"].iloc[0]))) for text in HEAD]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for name, row in short.iterrows():
        early, late, cells = _levels(months, str(name))
        clean = "yes" if row["late_is_clean"] else "no"
        told = [_told(row), clean, _told(long.loc[name]), early, late, cells]
        lines.append(f"| {BY_NAME[str(name)].label} | {' | '.join(told)} |")
    return "\n".join(lines)


def _first(months: pd.DataFrame, number: int) -> pd.DataFrame:
    return months[months["month"] <= number].drop(columns="point")


def _told(row: Any) -> str:
    return str(row["reason"] or f"{row['burn_in']:.0f}")


def _levels(months: pd.DataFrame, name: str) -> tuple[str, str, str]:
    """Return the mean of the last 60 of 120 months, of the last 60 of all, and their paired difference."""
    outcome, end = BY_NAME[name], int(months["month"].max())
    scale, unit = (outcome.scale, outcome.unit) if outcome.how == "late" else (1.0, "a month")
    means = [
        scale * months[months["month"].between(last - LATE_MONTHS + 1, last)].groupby("seed")[name].mean().to_numpy()
        for last in (SHORT, end)
    ]
    found = {key: float(value[0]) for key, value in paired(means[1][:, None], means[0][:, None]).items()}
    places = decimals(found["effect"], (found["high"] - found["low"]) / 2) if np.ptp(means) else 0
    levels = [number(found[key], min(places, 3)) for key in ("against", "scenario")]
    change = f"{number(found['effect'], places, signed=True)} {interval(found['low'], found['high'], places)}"
    return f"{levels[0]} {unit}", f"{levels[1]} {unit}", change


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="quick, and printed only")
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="keep the runs here; the same command goes on")
    return parser.parse_args()


if __name__ == "__main__":
    main()
