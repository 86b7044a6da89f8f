"""Commands that run many scenarios: sweep, attribute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditregime.cli.common import Arguments, declare, finish, load_rules, positive, saver, scenario_of
from creditregime.cli.runs import against

if TYPE_CHECKING:
    from creditregime.laboratory.sweeps import Study


def add(commands: Any) -> None:
    """Declare the commands."""
    _add_sweep(commands)
    _add_attribute(commands)


def _add_sweep(commands: Any) -> None:
    text = "run a study: many scenarios, many seeds; goes on where it was stopped"
    parser = declare(commands, "sweep", _sweep, text, output=True, workers=True)
    parser.add_argument("study", type=Path, metavar="STUDY", help="a study.yaml")
    parser.add_argument("--engine", choices=("local", "dask"), default="local", help="where runs are simulated")
    parser.add_argument("--small", action="store_true", help="at the small size that the study states: quick")
    parser.add_argument("--address", metavar="ADDRESS", help="of the Dask scheduler: tcp://host:8786, or its file")


def _sweep(arguments: Arguments) -> None:
    from creditregime.laboratory.console import sweep_lines
    from creditregime.laboratory.sweeps import sweep
    from creditregime.laboratory.sweeps.engine import named

    load_rules(arguments)
    study = study_of(arguments.study, arguments.small)
    folder = arguments.out or folder_of(arguments.study, arguments.small)
    arguments.kept = f"finished runs are kept in {folder}; the same command goes on"
    engine = named(arguments.engine, arguments.address, arguments.workers)
    result = sweep(study, folder, engine=engine, progress=not arguments.quiet)
    print(result.folder if arguments.quiet else sweep_lines(result))


def study_of(path: Path, small: bool) -> Study:
    """Return the study in a file, at its small size if that is asked for."""
    from creditregime.laboratory.sweeps import Study

    study = Study.read(path)
    return study.reduced() if small else study


def folder_of(path: Path, small: bool) -> Path:
    """Return where the results of a study go unless a folder is named."""
    return Path("results") / f"sweep-{path.parent.resolve().name}-{path.stem}{'-small' if small else ''}"


def _add_attribute(commands: Any) -> None:
    text = "explain an effect: which rule, which firms, who bears it; with --out it goes on where it was stopped"
    parser = declare(commands, "attribute", _attribute, text, scenario=True, output=True, workers=True)
    about = "what the other scenario changes (default: no joint punishment, no partner spillover)"
    parser.add_argument("--against", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help=about)
    about = "keys that differ, + between those to switch together, or a YAML file (default: every rule that differs)"
    parser.add_argument("--toggles", nargs="+", action="extend", default=[], metavar="KEY", help=about)
    parser.add_argument("--seeds", type=positive, default=30, metavar="N", help="paired seeds (default: 30)")


def _attribute(arguments: Arguments) -> None:
    from creditregime.laboratory.attribution import attribute
    from creditregime.laboratory.attribution.explain import check_workshop
    from creditregime.laboratory.attribution.lines import attribution_lines
    from creditregime.laboratory.store import default_folder

    save, scenario = saver(), scenario_of(arguments)
    folder = arguments.out or default_folder("attribute", scenario.title)
    check_workshop(folder.absolute())
    toggles = arguments.toggles[0] if len(arguments.toggles) == 1 else arguments.toggles
    arguments.kept = f"finished runs are kept in {folder}; the same command with --out {folder} goes on"
    result = attribute(
        arguments.scenario,
        *arguments.overrides,
        against=against(arguments.against),
        toggles=toggles or None,
        seeds=arguments.seeds,
        workers=arguments.workers,
        folder=folder,
        progress=not arguments.quiet,
    )
    finish(arguments, result, save, folder, attribution_lines)
