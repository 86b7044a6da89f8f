"""Commands that run many scenarios: sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditregime.cli.common import Arguments, declare, load_rules


def add(commands: Any) -> None:
    """Declare the commands."""
    _add_sweep(commands)


def _add_sweep(commands: Any) -> None:
    text = "run a study: many scenarios, many seeds; goes on where it was stopped"
    parser = declare(commands, "sweep", _sweep, text, output=True, workers=True)
    parser.add_argument("study", type=Path, metavar="STUDY", help="a study.yaml")
    parser.add_argument("--engine", choices=("local", "dask"), default="local", help="where runs are simulated")
    parser.add_argument("--small", action="store_true", help="at the small size that the study states: quick")
    parser.add_argument("--address", metavar="ADDRESS", help="of the Dask scheduler: tcp://host:8786, or its file")


def _sweep(arguments: Arguments) -> None:
    from creditregime.laboratory.console import sweep_lines
    from creditregime.laboratory.sweeps import Study, sweep
    from creditregime.laboratory.sweeps.engine import named

    load_rules(arguments)
    study = Study.read(arguments.study)
    name = f"sweep-{arguments.study.parent.resolve().name}-{arguments.study.stem}"
    if arguments.small:
        study, name = study.reduced(), f"{name}-small"
    folder = arguments.out or Path("results") / name
    arguments.kept = f"finished runs are kept in {folder}; the same command goes on"
    engine = named(arguments.engine, arguments.address, arguments.workers)
    result = sweep(study, folder, engine=engine, progress=not arguments.quiet)
    print(result.folder if arguments.quiet else sweep_lines(result))
