"""Draws where scores stand around the cut-off of a grade, where grades have consequences and where they have none.

python experiments/bunching/make_figure.py                             # 30 seeds of 1,000 firms
python experiments/bunching/make_figure.py --small --to /tmp/bunching  # a quick look, elsewhere
python experiments/bunching/make_figure.py --behaviour forward_looking --to /tmp/bunching
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from creditregime import CreditRegime, Scenario
from creditregime.presentation.bunching_figure import Scores, bunching

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parents[1] / "docs" / "images"
LOWEST, HIGHEST = 76, 100
SETTLED, EVERY = 60, 6
"""Months after which scores are looked at, and how often."""
REACH = 3
"""Points of the gravest record: from so near a cut-off one record leads below it."""


def sample(label: str, scenario: Scenario, seeds: int) -> Scores:
    """Run the seeds, and count where firms stand over months."""
    scores, efforts = [], []
    for seed in range(1, seeds + 1):
        model = CreditRegime(scenario, seed=seed)
        firms, score, effort = model.world.firms, [], []
        for month in range(scenario.months):
            model.step()
            if month >= SETTLED and month % EVERY == 0:
                score.append(firms.score[0].copy())
                effort.append(firms.effort.mean(axis=0))
        scores.append(np.concatenate(score))
        efforts.append(np.concatenate(effort))
    return Scores.of(label, scores, efforts, LOWEST, HIGHEST)


def main() -> None:
    options = _options()
    scenario = Scenario.read(HERE / "scenario.yaml")
    scenario = scenario.changed({"behaviour": scenario.behaviour.model_dump() | {"kind": options.behaviour}})
    if options.small:
        scenario = scenario.changed({"population.firms": 300})
    seeds = 10 if options.small else options.seeds
    notch = sample("grades have consequences", scenario, seeds)
    plain = sample("they have none", scenario.changed({"measures": {}}), seeds)
    firms: int = scenario.population.firms  # type: ignore[attr-defined]
    drawn = bunching(
        [notch, plain],
        dict(scenario.rating.bands),  # type: ignore[attr-defined]
        REACH,
        f"Scores of {firms:,} firms in each of {seeds} paired seeds, every {EVERY} months from month {SETTLED}",
        title="Where grades have consequences, firms gather just above the cut-off",
    )
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
