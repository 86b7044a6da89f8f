"""All figures of a result."""

from __future__ import annotations

from creditregime.laboratory.attribution import Attribution
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.presentation import (
    attribution_figures,
    comparison_figures,
    effects_figure,
    network_figure,
    paths_figure,
    run_figures,
)
from creditregime.presentation.style import Picture

__all__ = ["Picture", "figures"]


def figures(result: RunResult | Comparison | Attribution) -> list[Picture]:
    """Return the figures of a run, a comparison or an attribution, in the order in which a reader wants them.

    Examples
    --------
    >>> from creditregime.laboratory.run import run
    >>> [picture.name for picture in figures(run("regime=fines_only", "population=classroom", months=12))]
    ['conduct', 'enforcement', 'exits', 'groups', 'network']
    """
    if isinstance(result, Attribution):
        return _of_attribution(result)
    return _of_run(result) if isinstance(result, RunResult) else _of_comparison(result)


def _of_run(result: RunResult) -> list[Picture]:
    draw = (
        run_figures.conduct,
        run_figures.enforcement,
        run_figures.exits,
        run_figures.bearers,
        network_figure.network,
    )
    return [figure(result) for figure in draw]


def _of_comparison(result: Comparison) -> list[Picture]:
    drawn = [
        effects_figure.effects(result),
        paths_figure.paths(result),
        comparison_figures.exits(result),
        comparison_figures.groups(result),
    ]
    if result.paired_firms:  # with other firms there is nothing to follow from one world to the other
        drawn.append(comparison_figures.twins(result))
        drawn.append(network_figure.network_twins(result.example, result.labels))
    return drawn


def _of_attribution(result: Attribution) -> list[Picture]:
    drawn = [effects_figure.effects(result), attribution_figures.shares(result), comparison_figures.groups(result)]
    if result.paired_firms:
        drawn.append(attribution_figures.channels(result))
        drawn.append(comparison_figures.exits(result))
    return drawn
