"""Runs the studies of this folder, draws their figures and writes their findings.

python -m experiments.studies                          # all twelve at full size, into the pages (`make studies`)
python -m experiments.studies --small                  # at small size, into results/ only (`make studies SIZE=small`)
python -m experiments.studies repair pilots            # these only
python -m experiments.studies repair --only-figures    # from stored results, nothing is run
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from creditregime.laboratory.sweeps import Study, Sweep, open_sweep, sweep
from creditregime.presentation.style import Picture
from experiments.findings import Finding, markdown

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- findings:begin -->", "<!-- findings:end -->"


def names() -> list[str]:
    """Return the studies that answer a question of the model's, which their titles begin with, in that order."""
    titles = {path.parent.name: Study.read(path).title.partition(".")[0] for path in HERE.glob("*/study.yaml")}
    numbers = {name: int(number) for name, number in titles.items() if number.isdigit()}
    return sorted(numbers, key=lambda name: numbers[name])


def run(name: str, results: Path, *, small: bool, workers: int | None, progress: bool = False) -> Sweep:
    """Run a study, or what is left of it, into its folder of the results."""
    study = Study.read(HERE / name / "study.yaml")
    folder = results / (f"{name}-small" if small else name)
    return sweep(study.reduced() if small else study, folder, workers=workers, progress=progress)


def results_of(name: str, results: Path, *, small: bool) -> Sweep:
    """Return the stored results of a study."""
    return open_sweep(results / (f"{name}-small" if small else name))


def made(name: str, result: Sweep) -> tuple[list[Picture], list[Finding]]:
    """Return the figures of a study and its findings."""
    script: Any = importlib.import_module(f"experiments.{name}.make_figures")
    return script.pictures(result), script.findings(result)


def write(folder: Path, pictures: Sequence[Picture], findings: Sequence[Finding]) -> None:
    """Write figures and findings into a folder, the findings also into its page if it has one."""
    for picture in pictures:
        (folder / f"{picture.name}.png").write_bytes(picture.png)
        (folder / f"{picture.name}.svg").write_bytes(picture.svg)
    pd.DataFrame(findings).to_csv(folder / "findings.csv", index=False, lineterminator="\n")
    page = folder / "README.md"
    if page.exists():
        page.write_text(filled(page.read_text(encoding="utf-8"), findings), encoding="utf-8", newline="\n")


def filled(page: str, findings: Sequence[Finding]) -> str:
    """Return a page with the table of findings between its markers."""
    before, found, rest = page.partition(BEGIN)
    if not found or END not in rest:
        raise SystemExit(f"the markers {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n\n{markdown(findings)}\n\n{END}{rest.partition(END)[2]}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, draw, write."""
    options = _options(arguments)
    for name in options.names or names():
        begin = time.monotonic()
        if options.only_figures:
            result = results_of(name, options.results, small=options.small)
        else:
            result = run(
                name, options.results, small=options.small, workers=options.workers, progress=sys.stderr.isatty()
            )
        pictures, findings = made(name, result)
        folder = result.folder if options.small else HERE / name
        write(folder, pictures, findings)
        failed = f", {len(result.failures)} runs failed" if len(result.failures) else ""
        print(f"{name}: {len(result.runs):,} runs{failed}, {time.monotonic() - begin:.0f} s, {folder}", flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="folders of experiments/ (default: all studies)")
    parser.add_argument("--small", action="store_true", help="at the small size that each study states")
    parser.add_argument("--only-figures", action="store_true", help="draw from stored results, run nothing")
    parser.add_argument("--results", type=Path, default=Path("results") / "studies", metavar="FOLDER")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a processor)")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in names():
            parser.error(f"{name}: is no study; there are: {', '.join(names())}")
    return options


if __name__ == "__main__":
    main()
