"""Commands that read finished results, and what prepares them: factors, sensitivity, burn-in, runs-needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditregime.cli.common import Arguments, declare, load_rules, positive, scenario_of
from creditregime.errors import ScenarioError

if TYPE_CHECKING:
    from creditregime.laboratory.compare import Comparison
    from creditregime.laboratory.run import RunResult
    from creditregime.laboratory.sweeps import Sweep


def add(commands: Any) -> None:
    """Declare the commands."""
    text = "list what can be varied in a scenario, as the design of a study"
    parser = declare(commands, "factors", _factors, text, scenario=True)
    about = "ranges of the values now ± this share (default: all that the parameters allow)"
    parser.add_argument("--within", type=float, metavar="SHARE", help=about)
    _add_sensitivity(commands)
    _add_burn_in(commands)
    _add_runs_needed(commands)


def _add_sensitivity(commands: Any) -> None:
    text = "which parameters the outcomes of a finished sweep depend on"
    parser = declare(commands, "sensitivity", _sensitivity, text)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of a sweep")
    parser.add_argument("--outcomes", nargs="+", default=[], metavar="NAME", help="outcomes (default: those kept)")
    about = "default: what the design is made for"
    parser.add_argument("--method", choices=("sobol", "morris", "pawn"), help=about)
    parser.add_argument("--confidence", type=float, default=0.95, metavar="LEVEL", help="of intervals (default: 0.95)")
    parser.add_argument(
        "--resamples", type=positive, default=1000, metavar="N", help="of the bootstrap (default: 1000)"
    )
    parser.add_argument("--slices", type=positive, default=10, metavar="N", help="of a range, for PAWN (default: 10)")
    about = "also write the table (FILE.csv), or table, LaTeX and figures (a new folder)"
    parser.add_argument("--out", type=Path, metavar="PATH", help=about)


def _add_burn_in(commands: Any) -> None:
    text = "how many months indicators take to forget the start"
    parser = declare(commands, "burn-in", _burn_in, text)
    about = "folder of a sweep that keeps months, of a comparison or of a run"
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=about)
    parser.add_argument("--indicators", nargs="+", default=[], metavar="NAME", help="indicators (default: those kept)")
    about = "also write the table (FILE.csv), or table and figures (a new folder)"
    parser.add_argument("--out", type=Path, metavar="PATH", help=about)


def _add_runs_needed(commands: Any) -> None:
    text = "how many runs it takes until intervals are as narrow as asked for"
    parser = declare(commands, "runs-needed", _runs_needed, text)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of a sweep or of a comparison: the pilot")
    parser.add_argument(
        "--half-width",
        nargs="+",
        default=[],
        metavar="OUTCOME=SIZE",
        help="half-width in the outcome's unit (compliance=0.5), or relative error (compliance=2%%)",
    )
    about = "of a sweep: paired effects against a point (its number, or values of factors: KEY=VALUE), not means"
    parser.add_argument("--against", nargs="+", default=[], metavar="POINT", help=about)
    parser.add_argument("--confidence", type=float, default=0.95, metavar="LEVEL", help="of intervals (default: 0.95)")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="also write the table")


def _factors(arguments: Arguments) -> None:
    from creditregime.laboratory.sensitivity.proposals import design_block

    print(design_block(scenario_of(arguments), within=arguments.within))


def _sensitivity(arguments: Arguments) -> None:
    from creditregime.laboratory.analysis_lines import sensitivity_lines
    from creditregime.laboratory.sensitivity import interactions, sensitivity
    from creditregime.laboratory.sweeps import open_sweep
    from creditregime.presentation.analysis_folder import check_place, save_sensitivity

    load_rules(arguments)
    check_place(arguments.out)
    result = open_sweep(arguments.folder)
    bootstrap = {"confidence": arguments.confidence, "resamples": arguments.resamples}
    found = sensitivity(result, arguments.outcomes, arguments.method, slices=arguments.slices, **bootstrap)
    of_pairs = getattr(result.study.design, "second_order", False) and arguments.method != "pawn"
    pairs = interactions(result, arguments.outcomes, **bootstrap) if of_pairs else None
    print(sensitivity_lines(found, pairs))
    if arguments.out:
        print(f"\nResults: {save_sensitivity(found, arguments.out, pairs)}")


def _burn_in(arguments: Arguments) -> None:
    from creditregime.laboratory.analysis_lines import burn_in_lines
    from creditregime.laboratory.burn_in import burn_in, series
    from creditregime.presentation.analysis_folder import check_place, save_burn_in

    check_place(arguments.out)
    result = _result(arguments)
    found = burn_in(result, arguments.indicators)
    print(burn_in_lines(found))
    if arguments.out:
        print(f"\nResults: {save_burn_in(found, [*series(result, arguments.indicators)], arguments.out)}")


def _runs_needed(arguments: Arguments) -> None:
    from creditregime.laboratory.analysis_lines import runs_lines
    from creditregime.laboratory.run import RunResult
    from creditregime.laboratory.runs_needed import runs_needed
    from creditregime.laboratory.store import open_file

    absolute, relative = _sizes(arguments.half_width)
    result = _result(arguments)
    if isinstance(result, RunResult):
        raise ScenarioError(
            f"{arguments.folder}: is a single run, which has no spread; a sweep or a comparison is needed"
        )
    against = _reference(arguments.against)
    found = runs_needed(result, absolute, relative=relative, against=against, confidence=arguments.confidence)
    print(runs_lines(found, arguments.confidence))
    if arguments.out:
        with open_file(arguments.out) as file:
            found.to_csv(file, index=False, lineterminator="\n")
        print(f"\nTable: {arguments.out}")


def _result(arguments: Arguments) -> Sweep | Comparison | RunResult:
    """Return what a folder holds: a sweep, a comparison or a run."""
    from creditregime.laboratory.archive import read
    from creditregime.laboratory.attribution import Attribution

    load_rules(arguments)
    found = read(arguments.folder)
    if isinstance(found, Attribution):
        raise ScenarioError(f"{arguments.folder}: is an attribution; the sweep that it was made of is in its sweep/")
    return found


def _reference(texts: list[str]) -> int | dict[str, Any] | None:
    """Return the point that is meant: its number, or values of factors; None for none."""
    from creditregime.composition import parse_override

    if len(texts) == 1 and texts[0].isdecimal():
        return int(texts[0])
    return dict(map(parse_override, texts)) or None


def _sizes(texts: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return half-widths and relative errors by outcome, from ``outcome=size`` and ``outcome=size%``."""
    absolute, relative = dict[str, float](), dict[str, float]()
    for text in texts:
        name, _, size = text.partition("=")
        try:
            number = float(size.removesuffix("%"))
        except ValueError:
            raise ScenarioError(
                f"--half-width: {text} is not allowed: OUTCOME=SIZE is needed, as in exits=5%"
            ) from None
        if size.endswith("%"):
            relative[name] = number / 100
        else:
            absolute[name] = number
    return absolute, relative
