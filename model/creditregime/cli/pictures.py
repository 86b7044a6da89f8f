"""Commands that draw what a result folder holds: report, animate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditregime.cli.common import Arguments, declare, load_rules, positive
from creditregime.errors import BAD_YAML, CreditRegimeError


def add(commands: Any) -> None:
    """Declare the commands."""
    text = "write the report of a result folder: of a run, a comparison, an attribution or a sweep"
    report = declare(commands, "report", _report, text)
    report.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that one of these commands wrote")
    about = "HTML file to write (default: report.html in the folder)"
    report.add_argument("--out", type=Path, metavar="FILE", help=about)
    about = "of a sweep: the point to compare with, by its factors (default: the first point)"
    report.add_argument("--against", nargs="+", action="extend", default=[], metavar="FACTOR=VALUE", help=about)
    report.add_argument("--figures", type=Path, metavar="FOLDER", help="also write the figures, as PNG and SVG, there")
    text = "draw the network of a run, or of both worlds of a comparison, through time"
    animate = declare(commands, "animate", _animate, text)
    animate.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that run, compare or rerun wrote")
    about = "file to write: .gif, or .mp4 where ffmpeg is installed"
    animate.add_argument("--out", type=Path, metavar="FILE", required=True, help=about)
    about = "months from frame to frame (default: as few as give at most 120 frames)"
    animate.add_argument("--every", type=positive, metavar="N", help=about)
    animate.add_argument("--pace", type=positive, default=8, metavar="N", help="frames a second (default: 8)")


def _report(arguments: Arguments) -> None:
    from creditregime.laboratory.archive import read
    from creditregime.laboratory.store import open_file
    from creditregime.laboratory.sweeps import Sweep
    from creditregime.presentation.figures import figures
    from creditregime.presentation.folder import write_pictures
    from creditregime.presentation.report import report

    load_rules(arguments)
    result = read(arguments.folder)
    against = factor_values(arguments.against, "--against") or None
    if against is not None and not isinstance(result, Sweep):
        raise CreditRegimeError("--against: is for sweeps; a comparison has its two worlds, a run has one")
    pictures = figures(result, against)
    target = arguments.out or arguments.folder / "report.html"
    with open_file(target) as file:
        file.write(report(result, pictures, against))
    print(f"Report:  {Path(target).absolute()}")
    if arguments.figures:
        print(f"Figures: {write_pictures(pictures, arguments.figures)}")


def _animate(arguments: Arguments) -> None:
    from creditregime.laboratory.archive import read
    from creditregime.laboratory.attribution import Attribution
    from creditregime.laboratory.sweeps import Sweep
    from creditregime.presentation.animation import animate

    load_rules(arguments)
    result = read(arguments.folder)
    if isinstance(result, Sweep):
        raise CreditRegimeError(
            f"{arguments.folder}: is the folder of a sweep, which keeps no networks; run a point of it"
        )
    if isinstance(result, Attribution):
        raise CreditRegimeError(f"{arguments.folder}: is an attribution, which keeps no networks; compare instead")
    print(f"Film: {animate(result, arguments.out, every=arguments.every, pace=arguments.pace)}")


def factor_values(texts: list[str], option: str) -> dict[str, Any]:
    """Return what ``factor=value`` says: names of factors may have blanks, values are read as in a study."""
    import yaml

    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise CreditRegimeError(f"{option}: {text}: FACTOR=VALUE is needed")
        try:
            found[name] = yaml.safe_load(value)
        except BAD_YAML:
            found[name] = value
    return found
