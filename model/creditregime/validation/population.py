"""Population: published regularities of firms and supply networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from creditregime.population.economy import Economy
from creditregime.population.input_output import read_table
from creditregime.validation.findings import Finding, outside, within
from creditregime.validation.firm_statistics import flow_error, output_error, regularities, sales_error
from creditregime.validation.oracles import Size, oracle, reduction

BANDS = {
    "size exponent": (0.96, 1.17),
    "in-degree exponent": (1.23, 1.49),
    "out-degree exponent": (1.17, 1.37),
    "in-degree with in-strength": (0.65, 0.85),
    "out-degree with out-strength": (0.40, 0.60),
    "assortativity": (-0.35, -0.05),
}
"""What 5,000 firms may show: exponents by Hill's estimate from the top tenth, correlations of logs, of degrees."""
SOURCE = "Axtell 2001, Science 293:1818; Fujiwara, Aoyama 2010, Eur. Phys. J. B 77:565; Bacilieri et al. 2023"


@oracle("population", source=SOURCE, reductions=("networks",))
def firm_networks(size: Size) -> Iterator[Finding]:
    """In generated economies sizes (1.06) and degrees (1.35 in, 1.26 out) have the tails that data have.

    At 5,000 firms Hill's estimates from the top tenth lie in [.96, 1.17], [1.23, 1.49] and [1.17, 1.37]; the logs of
    in-degree and in-strength correlate by about .75, those of out-degree and out-strength by about .5; degrees are
    assortative by −.05 to −.35. At other sizes and in other economies the mean over seeds is compared.
    """
    for seed in range(1, size.of(21, 7)):
        found = regularities(_built(seed))
        for name, (low, high) in BANDS.items():
            yield within(f"{name}, 5,000 firms, seed {seed}", low, high, found[name])
    others: tuple[dict[str, Any], ...] = ({"firms": 10_000}, {"firms": 20_000}, {"state_share": 0.3, "regions": 12})
    for changes in others if size.full else others[:1]:
        found_by_seed = [regularities(_built(seed, **changes)) for seed in range(1, size.of(9, 4))]
        where = ", ".join(f"{name} {value:,}" for name, value in changes.items())
        for name, (low, high) in BANDS.items():
            values = [found[name] for found in found_by_seed]
            spread = f"single seeds {min(values):.3g} to {max(values):.3g}"
            yield within(f"{name}, {where}, mean of {len(values)} ({spread})", low, high, float(np.mean(values)))


@oracle("population", source="World Input-Output Database 2013 (Timmer et al. 2015)", reductions=("networks",))
def sector_flows(size: Size) -> Iterator[Finding]:
    """Flows between sectors follow the input-output table within 5% (L1), strengths and outputs are met to 1e-6.

    What a firm sells to firms and to final demand is its size; sectors' shares in output are the table's.
    """
    table = read_table("china_2011")
    sizes = (1_000, 2_000, 5_000, 20_000, 100_000) if size.full else (1_000, 5_000)
    for firms in sizes:
        for seed in range(1, size.of(4, 3)):
            economy = _built(seed, firms=firms)
            where = f"{firms:,} firms, seed {seed}"
            yield within(f"flows between sectors, {where}", 0, 0.05, flow_error(economy, table))
            yield within(f"sales of firms, {where}", 0, 1e-6, sales_error(economy))
            yield within(f"output of sectors, {where}", 0, 1e-6, output_error(economy, table))


@oracle("population", source="Barabási, Albert 1999, Science 286:509", reductions=("preferential_attachment",))
def preferential_attachment(size: Size) -> Iterator[Finding]:
    """On a plain graph of preferential attachment degrees and sizes are less unequal: their exponent is 2."""
    for mean in (4.0, 8.0):
        for seed in range(1, size.of(6, 3)):
            spec = reduction("preferential_attachment", population__mean_degree=mean)
            found = regularities(spec.population.build(seed))
            for name in ("size exponent", "in-degree exponent", "out-degree exponent"):
                yield outside(f"{name}, mean degree {mean:g}, seed {seed}", *BANDS[name], found[name])
            yield within(
                f"in-degree exponent, mean degree {mean:g}, seed {seed}", 1.6, 2.6, found["in-degree exponent"]
            )


def _built(seed: int, **changes: Any) -> Economy:
    spec = reduction("networks", **{f"population__{name}": value for name, value in changes.items()})
    return spec.population.build(seed)
