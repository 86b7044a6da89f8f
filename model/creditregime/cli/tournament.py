"""The command that lets strategies compete: tournament."""

from __future__ import annotations

from typing import Any

from creditregime.cli.common import Arguments, declare, destination, finish, load_rules, positive


def add(commands: Any) -> None:
    """Declare the command."""
    text = "let strategies (NAME NAME ..., by default all) compete for profit, each with an equal share of the firms"
    parser = declare(commands, "tournament", _tournament, text, scenario=True, output=True, workers=True)
    parser.add_argument("--seeds", type=positive, default=10, metavar="N", help="seeds (default: 10)")


def _tournament(arguments: Arguments) -> None:
    from creditregime.laboratory.tournament import tournament
    from creditregime.presentation.leaderboard_figure import leaderboard_lines

    load_rules(arguments)
    players = [word for word in arguments.overrides if "=" not in word]
    save, folder = destination(arguments, "tournament", "")
    played = tournament(
        players or None,
        arguments.scenario,
        *(word for word in arguments.overrides if "=" in word),
        seeds=arguments.seeds,
        workers=arguments.workers,
        progress=not arguments.quiet,
    )
    finish(arguments, played, save, folder, leaderboard_lines)
