"""Draws the pictures of the page on figures: the network as a film, grades through time, survival.

python experiments/gallery/make_figures.py                            # 300 firms, ten years, 20 seeds
python experiments/gallery/make_figures.py --small --to /tmp/gallery  # a quick look, elsewhere
"""

from __future__ import annotations

import argparse
from pathlib import Path

from creditregime import animate, compare, survival
from creditregime.presentation.alluvial_figure import alluvial

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WORLD = (
    "regime=joint_2016",
    "title=Joint punishment that spreads to buyers",
    "behaviour={kind: none}",
    "monitoring.share=0.03",
    "spillover.partner={kind: linear, direction: suppliers, strength: 0.3, mode: list, threshold: 0.3}",
    "seed=1",
)
AGAINST = {"spillover.partner.kind": "none", "title": "The same without spreading"}


def main() -> None:
    options = _options()
    size = ("population.firms=60", "months=24") if options.small else ("population.firms=300", "months=120")
    result = compare(*WORLD, *size, against=AGAINST, seeds=2 if options.small else 20, progress=True)
    options.to.mkdir(parents=True, exist_ok=True)
    print(animate(result, options.to / "gallery-network.gif", every=2, dpi=84))
    for name, picture in (("grades", alluvial(result.example[0])), ("survival", survival(result))):
        file = options.to / f"gallery-{name}.png"
        file.write_bytes(picture.png)
        print(file)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="60 firms, two years, two seeds: quick, not what is kept")
    parser.add_argument("--to", type=Path, default=IMAGES, metavar="FOLDER", help="where to write")
    options = parser.parse_args()
    if options.small and options.to == IMAGES:
        parser.error("--small: choose another folder with --to; the documentation shows the full pictures")
    return options


if __name__ == "__main__":
    main()
