"""Commands that simulate a scenario, or two: run, compare, rerun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from creditregime.cli.common import Arguments, declare, destination, finish, load_rules, positive, scenario_of


def add(commands: Any) -> None:
    """Declare the commands."""
    run = declare(commands, "run", _run, "simulate a scenario", scenario=True, output=True)
    run.set_defaults(workers=1)
    compare = declare(commands, "compare", _compare, "compare two scenarios", scenario=True, output=True, workers=True)
    about = "what the other scenario changes (default: no joint punishment, no partner spillover)"
    compare.add_argument("--against", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help=about)
    compare.add_argument("--seeds", type=positive, default=30, metavar="N", help="paired seeds (default: 30)")
    compare.add_argument("--all", action="store_true", help="print the effects on all outcomes, not the main ones")
    rerun = declare(commands, "rerun", _rerun, "run a result folder again", output=True, workers=True)
    rerun.add_argument("folder", metavar="FOLDER", help="a folder that run, compare, attribute or rerun wrote")


def _run(arguments: Arguments) -> None:
    from creditregime.laboratory.console import run_table
    from creditregime.laboratory.run import run

    scenario = scenario_of(arguments)
    save, folder = destination(arguments, "run", scenario.title)
    result = run(scenario, progress=not arguments.quiet)
    finish(arguments, result, save, folder, run_table)


def _compare(arguments: Arguments) -> None:
    from creditregime.laboratory.compare import compare
    from creditregime.laboratory.console import effect_lines

    scenario = scenario_of(arguments)
    save, folder = destination(arguments, "compare", scenario.title)
    result = compare(
        arguments.scenario,
        *arguments.overrides,
        against=against(arguments.against),
        seeds=arguments.seeds,
        workers=arguments.workers,
        progress=not arguments.quiet,
    )
    finish(arguments, result, save, folder, lambda found: effect_lines(found, every=arguments.all))


def _rerun(arguments: Arguments) -> None:
    from creditregime.laboratory.archive import rerun
    from creditregime.laboratory.attribution import Attribution
    from creditregime.laboratory.attribution.lines import attribution_lines
    from creditregime.laboratory.console import effect_lines, run_table
    from creditregime.laboratory.reading import read_scenario
    from creditregime.laboratory.run import RunResult

    load_rules(arguments)
    save, folder = destination(arguments, "rerun", read_scenario(Path(arguments.folder)).title)
    result = rerun(arguments.folder, workers=arguments.workers, progress=not arguments.quiet)
    if isinstance(result, RunResult):
        finish(arguments, result, save, folder, run_table)
    elif isinstance(result, Attribution):
        finish(arguments, result, save, folder, attribution_lines)
    else:
        finish(arguments, result, save, folder, effect_lines)


def against(texts: Sequence[str]) -> dict[str, Any] | None:
    """Return what the other scenario changes, if the command line says so."""
    from creditregime.composition import parse_override

    return dict(map(parse_override, texts)) if texts else None
