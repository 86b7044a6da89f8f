"""Commands that show what the model rests on: systems, validate, systemic-risk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditregime.cli.common import Arguments, declare, load_rules, positive, scenario_of
from creditregime.errors import CreditRegimeError


def add(commands: Any) -> None:
    """Declare the commands."""
    systems = declare(commands, "systems", _systems, "list the systems, or show that one acts", workers=True)
    systems.add_argument("numbers", nargs="*", type=positive, metavar="NUMBER", help="run these demonstrations")
    systems.add_argument("--seeds", type=positive, default=10, metavar="N", help="paired seeds (default: 10)")
    systems.add_argument("--small", action="store_true", help="120 firms and 3 years: quick")
    _add_systemic_risk(commands)
    _add_validate(commands)


def _add_systemic_risk(commands: Any) -> None:
    text = "what every firm of a scenario would cost the economy by closing"
    parser = declare(commands, "systemic-risk", _systemic_risk, text, scenario=True)
    parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="CSV file to write")
    choices, about = ("market_share", "none"), "whether others of a sector take over (default: as in the scenario)"
    parser.add_argument("--replaceability", choices=choices, help=about)
    parser.add_argument("--final-demand", action="store_true", help="count sales to others than firms as out-strength")
    parser.add_argument("--workers", type=positive, metavar="N", help="threads (default: one a processor)")
    parser.add_argument("--quiet", action="store_true", help="print the file's name only")


def _add_validate(commands: Any) -> None:
    parser = declare(commands, "validate", _validate, "run the validation suite on this machine", workers=True)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these oracles, departures or parts (default: all)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--departures", action="store_true", help="what the full model should violate, and by how much")
    what.add_argument("--structure", action="store_true", help="headline effects under another order, network, size")
    parser.add_argument("--list", action="store_true", help="list what can be run, and what it states")
    parser.add_argument("--small", action="store_true", help="fewer firms and seeds: quick, with wider tolerances")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the table as CSV")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _systemic_risk(arguments: Arguments) -> None:
    from creditregime.laboratory.console import risk_lines
    from creditregime.laboratory.store import open_file
    from creditregime.laboratory.systemic_risk import systemic_risk

    scenario = scenario_of(arguments)
    how = arguments.replaceability or getattr(scenario.trade, "replaceability", "market_share")
    with open_file(arguments.out) as file:
        economy = scenario.population.build(scenario.seed)
        found = systemic_risk(
            economy,
            replaceability=how,
            final_demand=arguments.final_demand,
            threads=arguments.workers,
            progress=not arguments.quiet,
        )
        found.to_csv(file, lineterminator="\n")
    if not arguments.quiet:
        print(f"{risk_lines(found, how)}\n")
    print(f"Table: {arguments.out}" if not arguments.quiet else arguments.out)


def _systems(arguments: Arguments) -> None:
    from creditregime.laboratory.console import evidence_lines, system_lines
    from creditregime.laboratory.systems import show, system, systems

    if not arguments.numbers:
        print(system_lines(systems()))
        return
    chosen = [system(number) for number in dict.fromkeys(arguments.numbers)]
    found = show(chosen, seeds=arguments.seeds, size="small" if arguments.small else "full", workers=arguments.workers)
    print(evidence_lines(chosen, found))


def _validate(arguments: Arguments) -> None:
    if arguments.departures:
        return _validate_departures(arguments)
    if arguments.structure:
        return _validate_structure(arguments)
    _validate_oracles(arguments)


def _validate_oracles(arguments: Arguments) -> None:
    from tqdm import tqdm

    from creditregime.laboratory.console import validation_lines
    from creditregime.validation import oracles, validate

    load_rules(arguments)
    if arguments.list:
        print("\n".join(f"{name:<32} {entry.statement}" for name, entry in oracles().items()))
        return
    total = len(set(arguments.names)) or len(oracles())
    with tqdm(total=total, unit="oracle", disable=arguments.quiet, leave=False) as bar:
        found = validate(*arguments.names, full=not arguments.small, workers=arguments.workers, done=bar.update)
    print(validation_lines(found))
    if arguments.out:
        found.to_csv(arguments.out, index=False)
    expected = [name for name, entry in oracles().items() if entry.known]
    if (found.loc[~found["oracle"].isin(expected), "verdict"] == "not met").any():
        raise CreditRegimeError("validation: at least one statement is not met; see the table")


def _validate_departures(arguments: Arguments) -> None:
    from tqdm import tqdm

    from creditregime.validation.departures import declared, departures
    from creditregime.validation.lines import departure_lines

    load_rules(arguments)
    if arguments.list:
        print("\n".join(f"{name:<32} {entry.breaks}" for name, entry in declared().items()))
        return
    total = len(set(arguments.names)) or len(declared())
    with tqdm(total=total, unit="departure", disable=arguments.quiet, leave=False) as bar:
        found = departures(*arguments.names, full=not arguments.small, workers=arguments.workers, done=bar.update)
    print(departure_lines(found))
    if arguments.out:
        found.to_csv(arguments.out, index=False)
    if (found["verdict"] != "departs").any():
        raise CreditRegimeError("validation: at least one departure is not as it is told; see the table")


def _validate_structure(arguments: Arguments) -> None:
    from tqdm import tqdm

    from creditregime.validation.lines import structure_lines
    from creditregime.validation.structural import Extent, parts, structural

    load_rules(arguments)
    chosen = parts(arguments.names)
    if arguments.list:
        print("\n".join(chosen))
        return
    full = not arguments.small
    total = len(chosen) * Extent.of(full).seeds
    with tqdm(total=total, unit="pair", disable=arguments.quiet, leave=False) as bar:
        found = structural(full, arguments.workers, bar.update, arguments.names)
    print(structure_lines(found))
    if arguments.out:
        found.to_csv(arguments.out, index=False)
