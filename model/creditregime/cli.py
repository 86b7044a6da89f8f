"""The command line: run, compare, rerun, check, show, list, describe, systems."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from creditregime import __version__
from creditregime.errors import CreditRegimeError
from creditregime.laboratory import interruption

if TYPE_CHECKING:
    from creditregime.laboratory.compare import Comparison
    from creditregime.laboratory.run import RunResult
    from creditregime.scenario import Scenario

WRONG, INTERRUPTED, TERMINATED = 2, 130, 143


class Terminated(KeyboardInterrupt):
    """The process was asked to end: cleaned up after like Ctrl-C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0, 2 for what the user can mend, 130 after Ctrl-C."""
    interruption.forget()
    before = {}
    arguments = argparse.Namespace()
    try:
        for number, handler in ((signal.SIGTERM, _terminate), (signal.SIGINT, _interrupt)):
            before[number] = signal.signal(number, handler)
    except ValueError:  # not in the main thread: the caller deals with signals
        pass
    try:
        arguments = _parse(sys.argv[1:] if argv is None else argv)
        arguments.command(arguments)
        sys.stdout.flush()
    except CreditRegimeError as error:
        return _fail(str(error), WRONG)
    except MemoryError:
        return _fail("not enough memory for this scenario; fewer firms, months or workers are needed", WRONG)
    except Terminated:
        return _fail(f"terminated; {_kept(arguments)}", TERMINATED)
    except KeyboardInterrupt:
        return _fail(f"interrupted; {_kept(arguments)}", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone: there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
    return 0


def _run(arguments: argparse.Namespace) -> None:
    from creditregime.laboratory.console import run_table
    from creditregime.laboratory.run import run

    scenario = _scenario(arguments)
    save, folder = _destination(arguments, "run", scenario.title)
    result = run(scenario, progress=not arguments.quiet)
    _finish(arguments, result, save, folder, run_table)


def _compare(arguments: argparse.Namespace) -> None:
    from creditregime.laboratory.compare import compare
    from creditregime.laboratory.console import effect_lines

    scenario = _scenario(arguments)
    save, folder = _destination(arguments, "compare", scenario.title)
    result = compare(
        arguments.scenario,
        *arguments.overrides,
        against=_against(arguments.against),
        seeds=arguments.seeds,
        workers=arguments.workers,
        progress=not arguments.quiet,
    )
    _finish(arguments, result, save, folder, effect_lines)


def _sweep(arguments: argparse.Namespace) -> None:
    from creditregime.laboratory.console import sweep_lines
    from creditregime.laboratory.sweeps import Study, sweep
    from creditregime.laboratory.sweeps.engine import named

    _load_rules(arguments)
    study = Study.read(arguments.study)
    folder = arguments.out or Path("results") / f"sweep-{arguments.study.parent.resolve().name}-{arguments.study.stem}"
    arguments.kept = f"finished runs are kept in {folder}; the same command goes on"
    engine = named(arguments.engine, arguments.address, arguments.workers)
    result = sweep(study, folder, engine=engine, progress=not arguments.quiet)
    print(result.folder if arguments.quiet else sweep_lines(result))


def _rerun(arguments: argparse.Namespace) -> None:
    from creditregime.laboratory.archive import read_scenario, rerun
    from creditregime.laboratory.console import effect_lines, run_table
    from creditregime.laboratory.run import RunResult

    _load_rules(arguments)
    save, folder = _destination(arguments, "rerun", read_scenario(Path(arguments.folder)).title)
    result = rerun(arguments.folder, workers=arguments.workers, progress=not arguments.quiet)
    if isinstance(result, RunResult):
        _finish(arguments, result, save, folder, run_table)
    else:
        _finish(arguments, result, save, folder, effect_lines)


def _check(arguments: argparse.Namespace) -> None:
    from creditregime.build import build_world
    from creditregime.laboratory.run import check_strategy

    scenario = _scenario(arguments)
    check_strategy(scenario)
    world = build_world(scenario)  # some demands can only be checked against the firms
    print(f"OK: {scenario.title or 'untitled scenario'}")
    for note in world.economy.notes:
        print(f"  {note}")


def _show(arguments: argparse.Namespace) -> None:
    print(_scenario(arguments).to_yaml(), end="")


def _list(arguments: argparse.Namespace) -> None:
    from creditregime.laboratory.catalogue import overview

    _load_rules(arguments)
    print(overview())


def _describe(arguments: argparse.Namespace) -> None:
    from creditregime.composition import load
    from creditregime.laboratory.catalogue import describe

    _load_rules(arguments)
    print(describe(arguments.name, load()))


def _export(arguments: argparse.Namespace) -> None:
    from creditregime.laboratory.export import export_population
    from creditregime.laboratory.store import check_folder

    scenario = _scenario(arguments)
    folder = export_population(scenario, check_folder(arguments.folder), arguments.format)
    print(f"Tables: {folder}\nRun:    creditregime run --scenario {folder / 'scenario.yaml'}")


def _schema(arguments: argparse.Namespace) -> None:
    from creditregime.population.schema import overview

    print(overview())


def _systemic_risk(arguments: argparse.Namespace) -> None:
    from creditregime.laboratory.console import risk_lines
    from creditregime.laboratory.store import open_file
    from creditregime.laboratory.systemic_risk import systemic_risk

    scenario = _scenario(arguments)
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


def _systems(arguments: argparse.Namespace) -> None:
    from creditregime.laboratory.console import evidence_lines, system_lines
    from creditregime.laboratory.systems import show, system, systems

    if not arguments.numbers:
        print(system_lines(systems()))
        return
    chosen = [system(number) for number in dict.fromkeys(arguments.numbers)]
    found = show(chosen, seeds=arguments.seeds, size="small" if arguments.small else "full", workers=arguments.workers)
    print(evidence_lines(chosen, found))


def _validate(arguments: argparse.Namespace) -> None:
    if arguments.departures:
        return _validate_departures(arguments)
    if arguments.structure:
        return _validate_structure(arguments)
    _validate_oracles(arguments)


def _validate_oracles(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from creditregime.laboratory.console import validation_lines
    from creditregime.validation import oracles, validate

    _load_rules(arguments)
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


def _validate_departures(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from creditregime.validation.departures import declared, departures
    from creditregime.validation.lines import departure_lines

    _load_rules(arguments)
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


def _validate_structure(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from creditregime.validation.lines import structure_lines
    from creditregime.validation.structural import Extent, parts, structural

    _load_rules(arguments)
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


def _app(arguments: argparse.Namespace) -> None:
    raise CreditRegimeError("the classroom app is not part of this version")


def _scenario(arguments: argparse.Namespace) -> Scenario:
    from creditregime.laboratory.run import resolve

    _load_rules(arguments)
    return resolve(arguments.scenario, *arguments.overrides)


def _load_rules(arguments: argparse.Namespace) -> None:
    from creditregime import plugins

    plugins.discover()
    for name in arguments.rules:
        plugins.load_rules(name)


def _against(texts: Sequence[str]) -> dict[str, Any] | None:
    from creditregime.composition import parse_override

    return dict(map(parse_override, texts)) if texts else None


Save = Callable[..., Path]


def _destination(arguments: argparse.Namespace, command: str, title: str) -> tuple[Save, Path]:
    """Return how and where to save, both tried before anything is simulated, so that no work is lost."""
    from creditregime.laboratory.store import check_folder, default_folder

    folder = check_folder(arguments.out or default_folder(command, title))
    return _saver(), folder


def _saver() -> Save:
    from creditregime.presentation.folder import save

    return save


def _finish(
    arguments: argparse.Namespace,
    result: RunResult | Comparison,
    save: Save,
    folder: Path,
    table: Callable[[Any], str],
) -> None:
    if not arguments.quiet:
        print(table(result))
    written = Path(save(result, folder))
    print(f"\nResults: {written}" if not arguments.quiet else written)
    if not arguments.quiet:
        for name, label in (("figures", "Figures"), ("report.html", "Report")):
            if (written / name).exists():
                print(f"{label + ':':<8} {written / name}")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, whichever command it is wrong in."""

    def error(self, message: str) -> NoReturn:
        raise CreditRegimeError(f"{message}; see: {self.prog} --help")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    arguments, extra = _parser().parse_known_args(list(argv))
    for text in extra:  # argparse takes overrides on one side of the options only
        if text.startswith("-") or not hasattr(arguments, "overrides"):
            raise CreditRegimeError(f"unrecognized argument: {text}; see: creditregime --help")
        arguments.overrides.append(text)
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("creditregime", description="A laboratory of corporate credit-rating regimes.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"creditregime {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="name_of_command")
    run = _command(commands, "run", _run, "simulate a scenario", scenario=True, output=True)
    compare = _command(commands, "compare", _compare, "compare two scenarios", scenario=True, output=True, workers=True)
    compare.add_argument("--against", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help=_HELP_AGAINST)
    compare.add_argument("--seeds", type=_positive, default=30, metavar="N", help="paired seeds (default: 30)")
    rerun = _command(commands, "rerun", _rerun, "run a result folder again", output=True, workers=True)
    rerun.add_argument("folder", metavar="FOLDER", help="a folder that run, compare or rerun wrote")
    run.set_defaults(workers=1)
    _sweep_command(commands)
    _command(commands, "check", _check, "validate a scenario", scenario=True)
    _command(commands, "show", _show, "print the resolved scenario as YAML", scenario=True)
    _command(commands, "list", _list, "list presets, rules and strategies")
    describe = _command(commands, "describe", _describe, "explain a rule or a parameter")
    describe.add_argument("name", metavar="NAME", help="a family.kind (rating.points) or a key (rating.base)")
    _population_commands(commands)
    systems = _command(commands, "systems", _systems, "list the systems, or show that one acts", workers=True)
    systems.add_argument("numbers", nargs="*", type=_positive, metavar="NUMBER", help="run these demonstrations")
    systems.add_argument("--seeds", type=_positive, default=10, metavar="N", help="paired seeds (default: 10)")
    systems.add_argument("--small", action="store_true", help="120 firms and 3 years: quick")
    _risk_command(commands)
    _validation_command(commands)
    _command(commands, "app", _app, "the classroom app (not part of this version: says so and stops)")
    return parser


def _sweep_command(commands: Any) -> None:
    text = "run a study: many scenarios, many seeds; goes on where it was stopped"
    parser = _command(commands, "sweep", _sweep, text, output=True, workers=True)
    parser.add_argument("study", type=Path, metavar="STUDY", help="a study.yaml")
    parser.add_argument("--engine", choices=("local", "dask"), default="local", help="where runs are simulated")
    parser.add_argument("--address", metavar="ADDRESS", help="scheduler of the Dask cluster, such as tcp://host:8786")


def _risk_command(commands: Any) -> None:
    text = "what every firm of a scenario would cost the economy by closing"
    parser = _command(commands, "systemic-risk", _systemic_risk, text, scenario=True)
    parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="CSV file to write")
    choices, about = ("market_share", "none"), "whether others of a sector take over (default: as in the scenario)"
    parser.add_argument("--replaceability", choices=choices, help=about)
    parser.add_argument("--final-demand", action="store_true", help="count sales to others than firms as out-strength")
    parser.add_argument("--workers", type=_positive, metavar="N", help="threads (default: one a processor)")
    parser.add_argument("--quiet", action="store_true", help="print the file's name only")


def _validation_command(commands: Any) -> None:
    parser = _command(commands, "validate", _validate, "run the validation suite on this machine", workers=True)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these oracles, departures or parts (default: all)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--departures", action="store_true", help="what the full model should violate, and by how much")
    what.add_argument("--structure", action="store_true", help="headline effects under another order, network, size")
    parser.add_argument("--list", action="store_true", help="list what can be run, and what it states")
    parser.add_argument("--small", action="store_true", help="fewer firms and seeds: quick, with wider tolerances")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the table as CSV")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _population_commands(commands: Any) -> None:
    text = "firms and links as tables: write them, or tell their columns"
    parser = commands.add_parser("population", help=text, description=text, allow_abbrev=False)
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="name_of_action")
    export = actions.add_parser("export", help="write who exists in a scenario as tables", allow_abbrev=False)
    export.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    export.add_argument("--format", choices=("csv", "parquet"), default="csv", help="format of the tables")
    _configure(export, _export, scenario=True)
    _command(actions, "schema", _schema, "tell the columns of tables of firms, links, sectors and input-output")


_HELP_AGAINST = "what the other scenario changes (default: no joint punishment, no partner spillover)"


def _command(
    commands: Any,
    name: str,
    function: Callable[[argparse.Namespace], None],
    text: str,
    *,
    scenario: bool = False,
    output: bool = False,
    workers: bool = False,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    return _configure(parser, function, scenario=scenario, output=output, workers=workers)


def _configure(
    parser: argparse.ArgumentParser,
    function: Callable[[argparse.Namespace], None],
    *,
    scenario: bool = False,
    output: bool = False,
    workers: bool = False,
) -> argparse.ArgumentParser:
    parser.set_defaults(command=function)
    parser.add_argument("--rules", action="append", default=[], metavar="MODULE", help="module or .py file to import")
    if scenario:
        parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="preset (regime=...) or parameter")
        parser.add_argument("--scenario", type=Path, metavar="FILE", help="YAML file to start from, not the presets")
    if output:
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="result folder (default: a new one in results/)")
        parser.add_argument("--quiet", action="store_true", help="print the result folder only")
    if workers:
        parser.add_argument("--workers", type=_positive, metavar="N", help="processes (default: one a processor)")
    return parser


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: a whole number of at least 1 is needed")
    return number


def _kept(arguments: argparse.Namespace) -> str:
    """Return what is left of a command that was stopped."""
    return str(getattr(arguments, "kept", "nothing was written"))


def _terminate(number: int, frame: object) -> NoReturn:
    interruption.request(Terminated())
    raise Terminated


def _interrupt(number: int, frame: object) -> NoReturn:
    interruption.request(KeyboardInterrupt())
    raise KeyboardInterrupt


def _fail(text: str, code: int) -> int:
    sys.stdout.flush()
    print(f"creditregime: error: {' '.join(text.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
