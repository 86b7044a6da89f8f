"""What the commands share: how a scenario is named, where results go, how a command is declared."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creditregime.laboratory.attribution import Attribution
    from creditregime.laboratory.compare import Comparison
    from creditregime.laboratory.run import RunResult
    from creditregime.laboratory.tournament import Tournament
    from creditregime.scenario import Scenario

Arguments = argparse.Namespace
Save = Callable[..., Path]


def scenario_of(arguments: Arguments) -> Scenario:
    """Return the scenario that a command line names."""
    from creditregime.laboratory.run import resolve

    load_rules(arguments)
    return resolve(arguments.scenario, *arguments.overrides)


def load_rules(arguments: Arguments) -> None:
    """Import the rules of installed packages, and those that the command line names."""
    from creditregime import plugins

    plugins.discover()
    for name in arguments.rules:
        plugins.load_rules(name)


def destination(arguments: Arguments, command: str, title: str) -> tuple[Save, Path]:
    """Return how and where to save, both tried before anything is simulated, so that no work is lost."""
    from creditregime.laboratory.store import check_folder, default_folder

    folder = check_folder(arguments.out or default_folder(command, title))
    return saver(), folder


def saver() -> Save:
    """Return what writes a result folder: it takes a second to import, before anything is simulated."""
    from creditregime.presentation.folder import save

    return save


def finish(
    arguments: Arguments,
    result: RunResult | Comparison | Attribution | Tournament,
    save: Save,
    folder: Path,
    table: Callable[[Any], str],
) -> None:
    """Print a result, save it, and say where."""
    if not arguments.quiet:
        print(table(result))
    written = Path(save(result, folder))
    print(f"\nResults: {written}" if not arguments.quiet else written)
    if not arguments.quiet:
        for name, label in (("figures", "Figures"), ("report.html", "Report")):
            if (written / name).exists():
                print(f"{label + ':':<8} {written / name}")


def declare(
    commands: Any,
    name: str,
    function: Callable[[Arguments], None],
    text: str,
    *,
    scenario: bool = False,
    output: bool = False,
    workers: bool = False,
) -> argparse.ArgumentParser:
    """Declare a command and the options that it shares with others; return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    return configure(parser, function, scenario=scenario, output=output, workers=workers)


def configure(
    parser: argparse.ArgumentParser,
    function: Callable[[Arguments], None],
    *,
    scenario: bool = False,
    output: bool = False,
    workers: bool = False,
) -> argparse.ArgumentParser:
    """Give a parser its function and the options that it shares with others."""
    parser.set_defaults(command=function)
    parser.add_argument("--rules", action="append", default=[], metavar="MODULE", help="module or .py file to import")
    if scenario:
        parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="preset (regime=...) or parameter")
        parser.add_argument("--scenario", type=Path, metavar="FILE", help="YAML file to start from, not the presets")
    if output:
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="result folder (default: a new one in results/)")
        parser.add_argument("--quiet", action="store_true", help="print the result folder only")
    if workers:
        parser.add_argument("--workers", type=positive, metavar="N", help="processes (default: one a processor)")
    return parser


def positive(text: str) -> int:
    """Return the whole number in a text, at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: a whole number of at least 1 is needed")
    return number
