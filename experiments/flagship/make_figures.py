"""Runs the flagship comparison and draws the picture of the project's README.

python experiments/flagship/make_figures.py                  # 30 seeds, as `make demo`
python experiments/flagship/make_figures.py --small --to /tmp/flagship   # a quick look, elsewhere
"""

from __future__ import annotations

import argparse
from pathlib import Path

from creditregime import compare
from creditregime.presentation.effects_figure import effects
from creditregime.presentation.tables import to_csv

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("population=classroom", "months=36")


def main() -> None:
    options = _options()
    overrides = ("regime=joint_2016", *(SMALL if options.small else ()))
    result = compare(*overrides, seeds=options.seeds, progress=True)
    picture = effects(result, name="flagship-effects")
    options.to.mkdir(parents=True, exist_ok=True)
    for ending, content in (("png", picture.png), ("svg", picture.svg)):
        file = options.to / f"{picture.name}.{ending}"
        file.write_bytes(content)
        print(file)
    if options.table:
        options.table.write_text(to_csv(result), encoding="utf-8", newline="\n")
        print(options.table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=30, metavar="N", help="paired seeds (default: 30)")
    parser.add_argument("--small", action="store_true", help="200 firms and three years: quick, not the flagship")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images", metavar="FOLDER", help="where to write")
    parser.add_argument("--table", type=Path, metavar="FILE", help="also write the effects as CSV")
    options = parser.parse_args()
    if options.small and options.to == ROOT / "docs" / "images":
        parser.error("--small: choose another folder with --to; the README shows the full comparison")
    return options


if __name__ == "__main__":
    main()
