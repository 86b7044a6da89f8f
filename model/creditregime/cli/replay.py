"""The command that writes the replay explorer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditregime.cli.common import Arguments, declare, load_rules, positive
from creditregime.cli.studies import folder_of, study_of
from creditregime.errors import CreditRegimeError

PAGE = "page.yaml"


def add(commands: Any) -> None:
    """Declare the command."""
    text = "write stored runs as one HTML file that plays them, two worlds side by side, without a server"
    parser = declare(commands, "replay", _replay, text, workers=True)
    about = "the folder of a sweep, or a study.yaml, which is run first (or what is left of it)"
    parser.add_argument("results", type=Path, metavar="RESULTS", help=about)
    about = "HTML file to write (default: replay.html in the folder of the sweep)"
    parser.add_argument("--out", type=Path, metavar="FILE", help=about)
    about = "a YAML file that describes the page (default: page.yaml beside the study, if there is one)"
    parser.add_argument("--page", type=Path, metavar="FILE", help=about)
    about = "how many of the seeds (default: as the page says, or all)"
    parser.add_argument("--seeds", type=positive, metavar="N", help=about)
    about = "only points with these levels (default: as the page says, or all)"
    parser.add_argument("--at", nargs="+", action="extend", default=[], metavar="FACTOR=VALUE", help=about)
    parser.add_argument("--small", action="store_true", help="of a study: at the small size that it states")
    parser.add_argument("--quiet", action="store_true", help="print the file only")


def _replay(arguments: Arguments) -> None:
    from creditregime.laboratory.sweeps import Sweep, sweep
    from creditregime.presentation.replay import replay
    from creditregime.presentation.replay.build import opened

    load_rules(arguments)
    page = _page(arguments)
    result: Sweep
    if arguments.results.is_file():
        folder = folder_of(arguments.results, arguments.small)
        arguments.kept = f"finished runs are kept in {folder}; the same command goes on"
        study = study_of(arguments.results, arguments.small)
        result = sweep(study, folder, workers=arguments.workers, progress=not arguments.quiet)
    elif arguments.small:
        raise CreditRegimeError(f"--small: is for a study; {arguments.results} is not the file of one")
    else:
        result = opened(arguments.results)
    target = arguments.out or result.folder / "replay.html"
    written = replay(result, target, page=page, workers=arguments.workers, progress=not arguments.quiet)
    print(written if arguments.quiet else f"Replay: {written} ({written.stat().st_size / 1e6:.1f} MB)")


def _page(arguments: Arguments) -> Any:
    """Return the description of the page, with what the command line says instead."""
    from creditregime.cli.pictures import factor_values
    from creditregime.presentation.replay import Description

    beside = arguments.results.parent / PAGE
    name = arguments.page or (beside if arguments.results.is_file() and beside.is_file() else None)
    said = Description.of(name)
    if arguments.seeds:
        said = said.model_copy(update={"seeds": arguments.seeds})
    if arguments.at:
        said = said.model_copy(update={"at": factor_values(arguments.at, "--at")})
    return said
