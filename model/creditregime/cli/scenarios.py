"""Commands about scenarios, nothing of which is simulated: check, show, list, describe, population."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditregime.cli.common import Arguments, configure, declare, load_rules, scenario_of


def add(commands: Any) -> None:
    """Declare the commands."""
    declare(commands, "check", _check, "validate a scenario", scenario=True)
    declare(commands, "show", _show, "print the resolved scenario as YAML", scenario=True)
    declare(commands, "list", _list, "list presets, rules and strategies")
    describe = declare(commands, "describe", _describe, "explain a rule or a parameter")
    describe.add_argument("name", metavar="NAME", help="a family.kind (rating.points) or a key (rating.base)")
    _add_population(commands)


def _add_population(commands: Any) -> None:
    text = "firms and links as tables: write them, or tell their columns"
    parser = commands.add_parser("population", help=text, description=text, allow_abbrev=False)
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="name_of_action")
    export = actions.add_parser("export", help="write who exists in a scenario as tables", allow_abbrev=False)
    export.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    export.add_argument("--format", choices=("csv", "parquet"), default="csv", help="format of the tables")
    configure(export, _export, scenario=True)
    declare(actions, "schema", _schema, "tell the columns of tables of firms, links, sectors and input-output")


def _check(arguments: Arguments) -> None:
    from creditregime.build import build_world
    from creditregime.laboratory.run import check_strategy

    scenario = scenario_of(arguments)
    check_strategy(scenario)
    world = build_world(scenario)  # some demands can only be checked against the firms
    print(f"OK: {scenario.title or 'untitled scenario'}")
    for note in world.economy.notes:
        print(f"  {note}")


def _show(arguments: Arguments) -> None:
    print(scenario_of(arguments).to_yaml(), end="")


def _list(arguments: Arguments) -> None:
    from creditregime.laboratory.catalogue import overview

    load_rules(arguments)
    print(overview())


def _describe(arguments: Arguments) -> None:
    from creditregime.composition import load
    from creditregime.laboratory.catalogue import describe

    load_rules(arguments)
    print(describe(arguments.name, load()))


def _export(arguments: Arguments) -> None:
    from creditregime.laboratory.export import export_population
    from creditregime.laboratory.store import check_folder

    scenario = scenario_of(arguments)
    folder = export_population(scenario, check_folder(arguments.folder), arguments.format)
    print(f"Tables: {folder}\nRun:    creditregime run --scenario {folder / 'scenario.yaml'}")


def _schema(arguments: Arguments) -> None:
    from creditregime.population.schema import overview

    print(overview())
