"""Peers: the equilibria of firms that look at what others do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.validation.findings import Finding, close, holds, sampled
from creditregime.validation.oracles import Size, oracle, reduction

Side = Literal["upper", "lower"]
Reals = NDArray[np.float64]
BRANCHES: dict[Side, tuple[float, int]] = {"upper": (1.0, 1), "lower": (0.0, 2)}
"""Initial compliance from which a branch is reached, and a seed of its own."""
BROCK_DURLAUF = "Brock & Durlauf 2001, Rev. Econ. Stud. 68:235"


class Pull(NamedTuple):
    """What moves a firm, in the notation of Brock and Durlauf: precision β, private motive h, weight of peers J."""

    beta: float
    motive: float
    weight: float

    @property
    def edge(self) -> tuple[float, float]:
        """m_c and h_c: a branch ends at mean choice ±m_c where the motive is ∓h_c; none (0, 0) up to βJ = 1."""
        strength = self.beta * self.weight
        if strength <= 1:
            return 0.0, 0.0
        mean = math.sqrt(1 - 1 / strength)
        return mean, self.weight * mean - math.atanh(mean) / self.beta

    def equilibrium(self, side: Side) -> float:
        """Return the highest or the lowest m = tanh(β(h + Jm)): where unanimous firms end up."""
        if side == "lower":
            return 0.0 - self._replace(motive=-self.motive).equilibrium("upper")
        mean, limit = self.edge
        if self.motive < -limit:  # the upper branch has ended
            return self._root(-1, -mean)
        return self._root(mean if limit else -1, 1)

    def _root(self, low: float, high: float) -> float:
        """Return the equilibrium between two choices; there the motive that it needs rises with it."""
        nearly = 1 - 1e-15
        ends = max(low, -nearly), min(high, nearly)
        return float(brentq(lambda m: math.atanh(m) - self.beta * (self.motive + self.weight * m), *ends, xtol=1e-14))

    def persistence(self, mean: float) -> float:
        """Return the share λ = βJ(1 − m²) of a small deviation from an equilibrium that is left after a month."""
        return self.beta * self.weight * (1 - mean**2)

    def noise(self, mean: float, firms: int, months: int) -> tuple[float, float]:
        """Return the standard error of a mean over months, and its bias, in an economy of finite size.

        To first order m is autoregressive around its equilibrium, with persistence λ and shocks of variance
        (1 − m²)/N; to second order the curvature of tanh shifts its mean.
        """
        shocks, persistence = (1 - mean**2) / firms, self.persistence(mean)
        bend = abs(mean) * (1 - mean**2) * (self.beta * self.weight) ** 2
        bias = bend * shocks / (1 - persistence**2) / (1 - persistence)
        return math.sqrt(shocks / months) / (1 - persistence), bias

    def changes(self) -> dict[str, Any]:
        """Return the keys of the scenario that say this."""
        return {
            "behaviour__precision": 2 * self.beta,
            "behaviour__conformity": self.weight,
            "topics__offence__fine": fine(self.motive),
        }


def fine(motive: float) -> float:
    """Return the fine at which h is the expected fine less the cost, per cost, in the reduction `peers`."""
    return 2 * (1 + motive)


def choices(spec: Scenario) -> Reals:
    """Return the mean choice m = 2 × compliance − 1 of each month."""
    model = CreditRegime(spec).run_model()
    mean: Reals = 2 * model.series.monthly()["compliance"].to_numpy(np.float64) - 1
    return mean


@oracle("enforcement", source=BROCK_DURLAUF, reductions=("peers",))
def peers(size: Size) -> Iterator[Finding]:
    """Under logit choice with the example of all others, m = tanh(β(h + Jm)), where m = 2 × compliance − 1.

    There are two stable equilibria if βJ > 1 and |h| is small, else one.
    """
    for strength, printed in ((1.2, 0.658570), (1.5, 0.858560)):
        yield close(f"formula: βJ = {strength}", printed, Pull(1, 0, strength).equilibrium("upper"), absolute=5e-7)
    firms, months = size.of(50_000, 20_000), size.of(300, 60)
    for beta, motive, weight in (
        (1, 0, 0.5),
        (1, 0, 0.8),
        (1, 0, 1.2),
        (1, 0, 1.5),
        (0.25, 0, 8),
        (1, 0.1, 1.5),
        (1, 0.3, 1.5),
        (2, -0.02, 0.6),
        (0.5, 0.4, 1),
        (1, -0.6, 0),
    ):
        for side in BRANCHES:
            yield _settles(Pull(beta, motive, weight), side, firms, months)


def _settles(pull: Pull, side: Side, firms: int, months: int) -> Finding:
    """Start with all firms or none complying, and see where they are once only a millionth of that is left."""
    initial, seed = BRANCHES[side]
    expected = pull.equilibrium(side)
    settle = 30 + math.ceil(math.log(1e-6) / math.log(max(pull.persistence(expected), 1e-6)))
    spec = reduction(
        "peers",
        seed=seed,
        population__firms=firms,
        months=settle + months,
        behaviour__initial=initial,
        **pull.changes(),
    )
    error, bias = pull.noise(expected, firms, months)
    where = (
        f"β = {pull.beta}, h = {pull.motive}, J = {pull.weight}, {'all' if initial else 'nobody'} complying at first"
    )
    obtained = float(choices(spec)[settle:].mean())
    return sampled(where, expected, obtained, error, firms * months, floor=float(f"{bias:.1g}"))


@oracle("enforcement", source=BROCK_DURLAUF, reductions=("peers_loop",))
def peers_loop(size: Size) -> Iterator[Finding]:
    """As h rises and falls again, m stays on its branch up to h_c and jumps there.

    The branches end at m_c = √(1 − 1/(βJ)) and h_c = J m_c − artanh(m_c)/β, the lower one at h = h_c and the upper
    one at h = −h_c.
    """
    for beta, weight in ((1.0, 1.5), (1.0, 1.25), (0.8, 2.0)):
        yield from _loop(Pull(beta, 0, weight), size)


def _loop(pull: Pull, size: Size) -> Iterator[Finding]:
    firms, dwell, near = size.of(50_000, 10_000), size.of(300, 90), size.of(0.03, 0.08)
    rising = [share * pull.edge[1] for share in (-1.3, -0.8, -0.4, 0, 0.4, 0.8, 1 - near, 1 + near, 1.3)]
    falling = [0.0 - motive for motive in rising[1:]]
    means = _swept(pull, [*rising, *falling], firms, dwell)
    up, down = means[: len(rising)], means[len(rising) - 1 :]
    case = f"β = {pull.beta}, J = {pull.weight}"
    yield _jump(f"{case}: h where m jumps up", pull.edge[1], rising, up)
    yield _jump(f"{case}: h where m jumps down", -pull.edge[1], [rising[-1], *falling], down)
    sides: tuple[tuple[Side, list[float], Reals], ...] = (
        ("lower", rising[1:6], up[1:6]),
        ("upper", falling, down[1:6]),
    )
    for side, motives, found in sides:
        for motive, mean in zip(motives, found, strict=False):
            yield _on_branch(pull._replace(motive=motive), side, float(mean), firms, dwell // 2)


def _swept(pull: Pull, motives: Sequence[float], firms: int, dwell: int) -> Reals:
    """Return m under one motive after the other, over the second half of the months of each."""
    phases = [
        {"month": number * dwell, "changes": {"topics.offence.fine": fine(motive)}}
        for number, motive in enumerate(motives)
        if number
    ]
    changes = pull._replace(motive=motives[0]).changes() | {"population__firms": firms, "months": dwell * len(motives)}
    mean = choices(reduction("peers_loop", phases=phases, **changes))
    return mean.reshape(len(motives), dwell)[:, dwell // 2 :].mean(axis=1)


def _jump(where: str, expected: float, motives: Sequence[float], means: Reals) -> Finding:
    """Compare with the step of the sweep in which m moves most."""
    number = int(np.argmax(np.abs(np.diff(means))))
    low, high = sorted(motives[number : number + 2])
    found = holds(where, f"{expected:.6g}", low < expected < high, f"between {low:.6g} and {high:.6g}")
    return found._replace(tolerance="the step of the sweep")


def _on_branch(pull: Pull, side: Side, obtained: float, firms: int, months: int) -> Finding:
    expected = pull.equilibrium(side)
    error, bias = pull.noise(expected, firms, months)
    where = f"β = {pull.beta}, J = {pull.weight}, h {'rising' if side == 'lower' else 'falling'}: {pull.motive:.4g}"
    return sampled(where, expected, obtained, error, firms * months, floor=float(f"{bias:.1g}"))


@oracle(
    "enforcement",
    source="Ising 1925, Z. Phys. 31:253; Glauber 1963, J. Math. Phys. 4:294",
    reductions=("peers_ring",),
)
def peers_ring(size: Size) -> Iterator[Finding]:
    """In a ring, where firms look at two neighbours, there is one equilibrium however strongly they conform.

    m = sinh(βh)/√(sinh²(βh) + exp(−2βJ)); and with h = 0 unanimity fades as m = tanh(βJ)^t.
    """
    firms, months = size.of(50_000, 5_000), size.of(600, 150)
    for beta, motive, weight in ((1, 0, 1.5), (0.5, 0, 4), (1, 0.05, 1.5), (0.5, -0.1, 2), (1, 0.3, 0.4)):
        for side in BRANCHES:
            yield from _around(Pull(beta, motive, weight), side, firms, months)


def _around(pull: Pull, side: Side, firms: int, months: int) -> Iterator[Finding]:
    initial, seed = BRANCHES[side]
    fading, sinh = math.tanh(pull.beta * pull.weight), math.sinh(pull.beta * pull.motive)
    half, settle = (round(math.log(left) / math.log(fading)) for left in (0.5, 1e-4))
    spec = reduction("peers_ring", seed=seed, population__firms=firms, behaviour__initial=initial, **pull.changes())
    early, late = _ring(CreditRegime(spec), settle, months)
    case = f"β = {pull.beta}, h = {pull.motive}, J = {pull.weight}, {'all' if initial else 'nobody'} complying at first"
    expected = sinh / math.sqrt(sinh**2 + math.exp(-2 * pull.beta * pull.weight))
    error = float(late.std(ddof=1)) / math.sqrt(len(late))  # stretches are long beside what their firms share
    yield sampled(case, expected, float(late.mean()), error, firms * months, floor=1e-4)
    if not pull.motive and half:
        error = math.sqrt(math.cosh(pull.beta * pull.weight) / firms)
        unanimity = (2 * initial - 1) * fading**half
        yield sampled(f"{case}: m after {half} months", unanimity, float(early[half - 1]), error, firms)


def _ring(model: CreditRegime, settle: int, months: int) -> tuple[Reals, Reals]:
    """Return m in each of the first months, and over the months after them for each of 100 stretches of the ring."""
    early, late = [], np.zeros(model.world.rows)
    for month in range(settle + months):
        model.step()
        choice = 2.0 * model.world.firms.effort[0] - 1
        if month < settle:
            early.append(float(choice.mean()))
        else:
            late += choice / months
    return np.array(early), late.reshape(100, -1).mean(axis=1)
