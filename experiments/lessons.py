"""Runs what the lessons of docs/classroom say a class will see, and writes what was seen into their pages.

python -m experiments.lessons                 # all lessons (`make lessons`)
python -m experiments.lessons repair limits   # these only

A lesson has a scenario, a study of a few worlds that differ from it in a rule, and observations: which of two worlds
has more of something. Each is checked by an interval over paired seeds; what is not so stops the program.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Study, Sweep, sweep
from creditregime.presentation import wording
from experiments.findings import Finding, between, by_seed

CLASSROOM = Path(__file__).resolve().parents[1] / "docs" / "classroom"
BEGIN, END = "<!-- observed:begin -->", "<!-- observed:end -->"


class Observation(NamedTuple):
    """What a class is to see when it compares two worlds.

    Attributes
    ----------
    says
        In words.
    world, against
        The two worlds, as the study names them.
    of
        An outcome, or a measure of the study, in percent.
    expect
        ``more`` or ``less``: the interval of the difference excludes zero; a number: the interval lies within it.
    """

    says: str
    world: str
    against: str
    of: str
    expect: str | float

    @property
    def unit(self) -> str:
        """Unit of the difference."""
        unit = BY_NAME[self.of].unit if self.of in BY_NAME else "%"
        return unit.replace("%", "percentage points", 1) if unit.startswith("%") else unit

    def found(self, result: Sweep) -> Finding:
        """Return the paired difference between the worlds."""
        scale = 1 if self.of in BY_NAME else 100
        one, other = (scale * by_seed(result, self.of, {"world": name}) for name in (self.world, self.against))
        return between(self.says, one, other, self.unit)

    def holds(self, found: Finding) -> bool:
        """Tell whether it is as expected."""
        if self.expect in ("more", "less"):
            return found.low > 0 if self.expect == "more" else found.high < 0
        return -float(self.expect) < found.low and found.high < float(self.expect)


def names() -> list[str]:
    """Return the names of the lessons that have something to observe."""
    return sorted(path.stem for path in (CLASSROOM / "studies").glob("*.yaml"))


def observations(name: str) -> list[Observation]:
    """Return what a lesson says will be seen."""
    text = (CLASSROOM / "observations" / f"{name}.yaml").read_text(encoding="utf-8")
    return [Observation(**item) for item in yaml.safe_load(text)]


def run(name: str, folder: Path, workers: int | None = None) -> Sweep:
    """Run the worlds of a lesson."""
    return sweep(Study.read(CLASSROOM / "studies" / f"{name}.yaml"), folder, workers=workers)


def table(seen: Sequence[tuple[Observation, Finding]]) -> str:
    """Return what was seen, as it stands in the page of a lesson."""
    lines = ["| What you will see | Compare | Difference | 95% interval | Unit |", "|---|---|---:|---|---|"]
    for said, found in seen:
        places = max(wording.decimals(found.value, (found.high - found.low) / 2) - 1, 0)
        cells = (
            said.says,
            f"*{said.world}* less *{said.against}*",
            wording.number(found.value, places, signed=True),
            wording.interval(found.low, found.high, places),
            found.unit,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"Means over {seen[0][1].seeds} paired seeds."])


def filled(page: str, text: str) -> str:
    """Return a page with another text between its marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"experiments.lessons: the page has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main(words: Sequence[str] | None = None) -> None:
    """Run lessons and rewrite their pages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help=f"default: {' '.join(names())}")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a processor)")
    options = parser.parse_args(words)
    for name in options.lessons or names():
        if name not in names():
            parser.error(f"{name} is no lesson; there are {', '.join(names())}")
        write(name, options.workers)


def write(name: str, workers: int | None) -> None:
    """Run a lesson and rewrite its page, if it shows what it says."""
    with tempfile.TemporaryDirectory() as place:
        result = run(name, Path(place) / name, workers)
        seen = [(said, said.found(result)) for said in observations(name)]
    wrong = [told(said, found) for said, found in seen if not said.holds(found)]
    if wrong:
        raise SystemExit("\n".join([f"experiments.lessons: {name} does not show", *wrong]))
    page = CLASSROOM / f"{name}.md"
    page.write_text(filled(page.read_text(encoding="utf-8"), table(seen)), encoding="utf-8")
    print(f"{name}: {len(seen)} observations hold")


def told(said: Observation, found: Finding) -> str:
    """Return in a line what was expected, and what was seen."""
    return f"  {said.says} (expected {said.expect}): {found.value:+.3g} [{found.low:+.3g}, {found.high:+.3g}]"


if __name__ == "__main__":
    main()
