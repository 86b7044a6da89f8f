"""All figures of a result."""

from __future__ import annotations

from creditregime.laboratory.attribution import Attribution
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against
from creditregime.laboratory.tournament import Tournament
from creditregime.presentation import (
    alluvial_figure,
    attribution_figures,
    comparison_figures,
    effects_figure,
    leaderboard_figure,
    network_figure,
    network_time,
    paths_figure,
    run_figures,
    survival_figure,
    sweep_figures,
)
from creditregime.presentation.style import Picture

__all__ = ["Picture", "figures"]


def figures(
    result: RunResult | Comparison | Attribution | Tournament | Sweep, against: Against | None = None
) -> list[Picture]:
    """Return the figures of a result, in the order in which a reader wants them.

    Parameters
    ----------
    result
        A run, a comparison, an attribution, a tournament or a sweep.
    against
        Of a sweep: what its points are compared with (see `contrasts`); by default the first one.

    Examples
    --------
    >>> from creditregime.laboratory.run import run
    >>> [picture.name for picture in figures(run("regime=fines_only", "population=classroom", months=12))][:3]
    ['conduct', 'enforcement', 'grades_through_time']
    """
    if isinstance(result, Sweep):
        return sweep_figures.sweep_figures(result, against)
    if isinstance(result, Attribution):
        return _of_attribution(result)
    if isinstance(result, Tournament):
        return [leaderboard_figure.leaderboard(result)]
    return _of_run(result) if isinstance(result, RunResult) else _of_comparison(result)


def _of_run(result: RunResult) -> list[Picture]:
    draw = (
        run_figures.conduct,
        run_figures.enforcement,
        alluvial_figure.alluvial,
        run_figures.exits,
        run_figures.bearers,
        survival_figure.survival,
        network_time.network_through_time,
        network_figure.network,
    )
    return [figure(result) for figure in draw]


def _of_comparison(result: Comparison) -> list[Picture]:
    drawn = [
        effects_figure.effects(result),
        paths_figure.paths(result),
        comparison_figures.exits(result),
        comparison_figures.groups(result),
        survival_figure.survival(result),
    ]
    if result.paired_firms:  # with other firms there is nothing to follow from one world to the other
        drawn.append(comparison_figures.twins(result))
        drawn.append(network_time.twins_through_time(result.example, result.labels))
        drawn.append(network_figure.network_twins(result.example, result.labels))
    return drawn


def _of_attribution(result: Attribution) -> list[Picture]:
    drawn = [effects_figure.effects(result), attribution_figures.shares(result), comparison_figures.groups(result)]
    if result.paired_firms:
        drawn.append(attribution_figures.channels(result))
        drawn.append(comparison_figures.exits(result))
    return drawn
