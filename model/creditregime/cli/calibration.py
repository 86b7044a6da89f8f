"""Commands on unknown parameters: calibrate, ranking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditregime.cli.common import Arguments, declare, load_rules


def add(commands: Any) -> None:
    """Declare the commands."""
    _add_calibrate(commands)
    _add_ranking(commands)


def _add_calibrate(commands: Any) -> None:
    text = "find the parameters that give published figures, and their uncertainty; goes on where it was stopped"
    parser = declare(commands, "calibrate", _calibrate, text, output=True, workers=True)
    parser.add_argument("file", type=Path, metavar="FILE", help="a calibration.yaml")
    parser.add_argument("--engine", choices=("local", "dask"), default="local", help="where runs are simulated")
    parser.add_argument("--address", metavar="ADDRESS", help="scheduler of the Dask cluster, such as tcp://host:8786")


def _add_ranking(commands: Any) -> None:
    text = "how likely one option of a sweep is to beat another, over the draws of its parameters"
    parser = declare(commands, "ranking", _ranking, text, output=True)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="results of a sweep of draws")
    parser.add_argument("--outcome", required=True, metavar="NAME", help="outcome or measure that the sweep kept")
    parser.add_argument("--prefer", required=True, choices=("more", "less"), help="which amount of it ranks first")
    parser.add_argument("--among", metavar="FACTOR", help="factor whose values are ranked, where there are several")
    parser.add_argument("--confidence", type=float, default=0.95, metavar="LEVEL", help="of the intervals")


def _calibrate(arguments: Arguments) -> None:
    from creditregime.laboratory.calibration import CalibrationStudy, calibrate
    from creditregime.laboratory.sweeps.engine import named
    from creditregime.laboratory.uncertainty_lines import calibration_lines
    from creditregime.presentation.calibration_figures import figures
    from creditregime.presentation.folder import write_pictures

    load_rules(arguments)
    study = CalibrationStudy.read(arguments.file)
    name = f"calibration-{arguments.file.parent.resolve().name}-{arguments.file.stem}"
    folder = arguments.out or Path("results") / name
    arguments.kept = f"finished runs are kept in {folder}; the same command goes on"
    engine = named(arguments.engine, arguments.address, arguments.workers)
    result = calibrate(study, folder, engine=engine, progress=not arguments.quiet)
    write_pictures(figures(result), result.folder / "figures")
    print(result.folder if arguments.quiet else calibration_lines(result))


def _ranking(arguments: Arguments) -> None:
    from creditregime.laboratory.ranking import ranking
    from creditregime.laboratory.store import check_folder, open_folder
    from creditregime.laboratory.uncertainty_lines import ranking_lines
    from creditregime.presentation.folder import write_pictures
    from creditregime.presentation.ranking_figures import figures

    load_rules(arguments)
    folder = None if arguments.out is None else check_folder(arguments.out)
    found = ranking(
        arguments.folder, arguments.outcome, arguments.prefer, arguments.among, confidence=arguments.confidence
    )
    if not arguments.quiet:
        print(ranking_lines(found))
    if folder is not None:
        with open_folder(folder) as partial:
            found.write(partial)
            write_pictures(figures(found), partial / "figures")
        print(folder.absolute() if arguments.quiet else f"\nResults: {folder.absolute()}")
