"""Calibrates the tax credit rating of 2020; writes the preset's numbers, the draws, the figures and the page's tables.

python experiments/calibration/make_baseline.py                       # all of it: an hour or so on two cores
python experiments/calibration/make_baseline.py --take results/calibration   # from a finished calibration
python experiments/calibration/make_baseline.py --small               # to see that all of it works; writes elsewhere
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy import stats

from creditregime import (
    Calibration,
    CalibrationStudy,
    Ranking,
    Study,
    calibrate,
    load,
    open_calibration,
    ranking,
    sweep,
)
from creditregime.laboratory.calibration.fit import verdict
from creditregime.presentation import calibration_figures, ranking_figures
from creditregime.presentation.style import Picture

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PRESET = ROOT / "configs" / "regime" / "calibrated_2020.yaml"
PAGE = ROOT / "docs" / "calibration.md"
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "begin, written by experiments/calibration", "end"
ORDERS = (("tax_effort", "more"), ("exits", "less"))
"""What the versions are ranked by; the direction only says how to read the table."""


def main() -> None:
    options = _options()
    if options.small:
        with tempfile.TemporaryDirectory() as folder:
            _try(Path(folder), options.workers)
        return
    found = open_calibration(options.take) if options.take else _calibrated(options)
    write_preset(found)
    draws = found.posterior.drop(columns="draw")
    draws.to_csv(HERE / "posterior.csv", index=False, float_format="%.6g", lineterminator="\n")
    _draw(calibration_figures.figures(found), "calibration")
    study = Study.read(HERE / "ranking.yaml")
    swept = sweep(study, options.results / "ranking", workers=options.workers, progress=True)
    orders = [ranking(swept, outcome, prefer) for outcome, prefer in ORDERS]  # type: ignore[arg-type]
    for order in orders:
        _draw(ranking_figures.figures(order), f"ranking-{order.outcome.replace('_', '-')}")
    checked = check(found, 1000, 10, options)
    write_page({"fit": fit_lines(found, checked), "parameters": parameter_lines(found), "ranking": order_lines(orders)})


def _calibrated(options: argparse.Namespace) -> Calibration:
    study = CalibrationStudy.read(HERE / "calibration.yaml")
    return calibrate(study, options.results / "calibration", workers=options.workers, progress=True)


def check(found: Calibration, firms: int, seeds: int, options: argparse.Namespace) -> pd.DataFrame:
    """Run the shipped preset as a user would, and return one row a seed with the measures."""
    study = {
        "title": "The shipped preset",
        "base": ["regime=calibrated_2020", f"population.firms={firms}"],
        "design": {"kind": "list", "points": [{"months": 120}]},
        "replicates": {"kind": "fixed", "seeds": seeds},
        "first_seed": 101,
        "measures": {name: target.measure for name, target in found.study.targets.items()},
    }
    return sweep(study, options.results / "check", workers=options.workers).runs


def write_preset(found: Calibration) -> None:
    """Write the best parameters into the preset, three figures each."""
    data: dict[str, object] = {}
    scenario = found.scenario()
    for path, value in found.best.items():
        *parents, last = path.split(".")
        place = data
        for key in parents:
            place = place.setdefault(key, {})  # type: ignore[assignment]
        place[last] = float(f"{value:.3g}")
        if kind := getattr(getattr(scenario, parents[0]), "kind", None):
            data[parents[0]] = {"kind": kind} | data[parents[0]]  # type: ignore[operator]
    text = PRESET.read_text(encoding="utf-8")
    body = yaml.safe_dump(data, sort_keys=False)
    PRESET.write_text(between(text, f"# {BEGIN}", f"# {END}", body), encoding="utf-8", newline="\n")
    load(regime="calibrated_2020")


def fit_lines(found: Calibration, checked: pd.DataFrame) -> list[str]:
    """Return the table of targets."""
    level = round(100 * found.study.confidence)
    head = ("Target", "Published", f"Calibrated: median, {level}%", "", "Preset, 95%", "", "Tag", "Source")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in found.fit.to_dict("records"):
        target = found.study.targets[row["target"]]
        published = _percent(row["published_low"], row["published_high"])
        if target.low == target.high:
            published += f" (± {100 * target.tolerance:.2g})"
        values = checked[row["target"]].to_numpy(float)
        half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        mean = values.mean()
        cells = (
            row["target"].replace("_", " "),
            published,
            f"{_percent(row['obtained'])} ({_percent(row['low'], row['high'])})",
            row["verdict"],
            f"{_percent(mean)} ({_percent(mean - half, mean + half)})",
            verdict(*target.range, mean, mean - half, mean + half),
            row["tag"],
            row["source"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def parameter_lines(found: Calibration) -> list[str]:
    """Return the table of parameters, and what it rests on."""
    level = round(100 * found.study.confidence)
    head = ("Parameter", f"Prior, {level}%", f"Posterior: median, {level}%", "Best", "Learned")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in found.parameters.to_dict("records"):
        cells = (
            f"`{row['parameter']}`",
            f"{row['prior_low']:.3g}–{row['prior_high']:.3g}",
            f"{row['median']:.3g} ({row['low']:.3g}–{row['high']:.3g})",
            f"{row['best']:.3g}",
            f"{row['learned']:.2f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    budget = f"{found.facts['points']:,} points, {found.study.seeds} seeds each"
    return [*lines, "", f"{budget}; effective points behind the posterior: {found.effective:.0f}."]


def order_lines(orders: Iterable[Ranking]) -> list[str]:
    """Return the table of rankings."""
    head = (
        "By",
        "First",
        "Second",
        "Probability, 95%",
        "In one run",
        "Expected difference, 5–95% of draws",
        "Parameters / seeds / rest",
    )
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for order in orders:
        for row in order.pairs.to_dict("records"):
            cells = (
                f"{order.prefer} {order.outcome.replace('_', ' ')}",
                row["option"],
                row["other"],
                f"{row['probability']:.2f} ({row['low']:.2f}–{row['high']:.2f})",
                f"{row['single']:.2f}",
                f"{row['effect']:.3g} ({row['effect_low']:.3g} to {row['effect_high']:.3g})".replace("-", "−"),
                " / ".join(_share(row[name]) for name in ("of_parameters", "of_seeds", "of_rest")),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def write_page(tables: dict[str, list[str]]) -> None:
    """Write the tables between their markers."""
    page = PAGE.read_text(encoding="utf-8")
    for name, lines in tables.items():
        page = between(page, f"<!-- {name}: {BEGIN} -->", f"<!-- {name}: {END} -->", "\n" + "\n".join(lines) + "\n\n")
    PAGE.write_text(page, encoding="utf-8", newline="\n")


def between(text: str, begin: str, end: str, body: str) -> str:
    """Return a text with a body between two lines of it."""
    before, found, rest = text.partition(f"{begin}\n")
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"the lines '{begin}' and '{end}' are missing")
    return f"{before}{found}{body}{end}{after}"


def _draw(pictures: Iterable[Picture], stem: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    for drawn in pictures:
        for ending, content in (("png", drawn.png), ("svg", drawn.svg)):
            (IMAGES / f"{stem}-{drawn.name}.{ending}").write_bytes(content)
        print(f"{stem}-{drawn.name}: {drawn.alt}")


def _share(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.0f}%"


def _percent(*values: float) -> str:
    return "–".join(f"{100 * value:.3g}" for value in dict.fromkeys(values)) + "%"


def _try(folder: Path, workers: int | None) -> None:
    """Run everything small, in a folder that is gone afterwards."""
    whole = CalibrationStudy.read(HERE / "calibration.yaml")
    small = {"budget": {"filter": 16, "rounds": 1, "points": 16, "search": 16, "draws": 8}, "seeds": 2}
    base = [*whole.base, "population.firms=60", "months=24"]
    found = calibrate(whole.model_dump(mode="json") | small | {"base": base}, folder / "calibration", workers=workers)
    print("\n".join(parameter_lines(found)))
    study = yaml.safe_load((HERE / "ranking.yaml").read_text(encoding="utf-8"))
    study["base"] += ["population.firms=60", "months=24"]
    study["design"] |= {"table": str(found.folder / "posterior.parquet"), "draws": 3}
    study["replicates"] = {"kind": "fixed", "seeds": 2}
    swept = sweep(study, folder / "ranking", workers=workers)
    print("\n".join(order_lines(ranking(swept, outcome, prefer) for outcome, prefer in ORDERS)))  # type: ignore[arg-type]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--take", type=Path, metavar="FOLDER", help="a finished calibration, instead of running one")
    parser.add_argument("--results", type=Path, default=ROOT / "results" / "calibration-2020", metavar="FOLDER")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a processor)")
    parser.add_argument("--small", action="store_true", help="small economies and budgets; nothing is written")
    return parser.parse_args()


if __name__ == "__main__":
    main()
