"""Working off a plan: units out, results in, each made durable before the next is asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory import interruption
from creditregime.laboratory.sweeps.dataset import Dataset
from creditregime.laboratory.sweeps.engine import Engine, opened
from creditregime.laboratory.sweeps.kit import Kit, packed, worked
from creditregime.laboratory.sweeps.plan import Part
from creditregime.laboratory.sweeps.study import Precise
from creditregime.laboratory.sweeps.tables import Done, joined
from creditregime.laboratory.sweeps.units import failed

AHEAD = 3
"""Units that wait for each worker, so that none of them is idle."""


class Unit(NamedTuple):
    """One point of a part, and the seeds that are simulated side by side."""

    part: Part
    number: int
    point: int
    seeds: tuple[int, ...]


class Session:
    """What is left of a sweep, and what is under way.

    Parameters
    ----------
    dataset
        Where results go.
    engine
        Where the work is done.
    done
        Called with the number of runs of each finished unit.
    """

    def __init__(self, dataset: Dataset, engine: Engine, done: Callable[[int], object]) -> None:
        self.dataset, self.engine, self.done = dataset, engine, done
        self.study = dataset.study
        self.kept = self.study.kept
        self._parts: deque[Part] = deque(self._left())
        self._units: deque[Unit] = deque()
        self._results: dict[str, dict[int, Done]] = {}
        self._texts: dict[int, str] = {}
        self._kits: dict[int, Kit] = {}

    def run(self) -> None:
        """Work until nothing is left. A worker that dies takes only its own run with it."""
        suspects: list[Unit] = []
        while self._parts or self._units or suspects:
            self._run_singly(suspects)
            with opened(self.engine) as executor:
                suspects = self._work(executor)
        self.dataset.close()

    def _work(self, executor: Executor) -> list[Unit]:
        """Work until nothing is left, or until a worker dies; return what was under way where one died."""
        flying: dict[Future[Done], Unit] = {}
        try:
            return self._fly(executor, flying)
        finally:
            for future in flying:
                future.cancel()

    def _fly(self, executor: Executor, flying: dict[Future[Done], Unit]) -> list[Unit]:
        suspects: list[Unit] = []
        while True:
            most = self.engine.size() * AHEAD
            while len(flying) < most and (unit := self._next()) is not None:
                flying[self._submit(executor, unit)] = unit
            if not flying:
                return suspects
            finished, _ = wait(flying, return_when=FIRST_COMPLETED, timeout=1)
            interruption.check()
            for future in finished:
                try:
                    done = future.result()
                except BrokenExecutor:
                    return [*suspects, *flying.values()]
                except CancelledError:
                    raise CreditRegimeError("the engine gave up its work; finished runs are kept") from None
                except (CreditRegimeError, ImportError) as error:
                    raise _useless(error) from None
                except Exception:  # not of the run, whose errors are results, but of the worker
                    suspects.append(flying.pop(future))
                else:
                    self._keep(flying.pop(future), done)

    def _run_singly(self, suspects: Sequence[Unit]) -> None:
        """Simulate run by run what was under way when a worker died, to find the run that kills it."""
        with ExitStack() as stack:
            executor: Executor | None = None
            for unit in suspects:
                found = []
                for seed in unit.seeds:
                    executor = executor or stack.enter_context(opened(self.engine))
                    try:
                        found.append(self._submit(executor, unit._replace(seeds=(seed,))).result())
                    except (CreditRegimeError, ImportError) as error:
                        raise _useless(error) from None
                    except Exception as error:
                        found.append(self._died(unit, seed, error))
                        executor = None
                self._keep(unit, joined(found))

    def _died(self, unit: Unit, seed: int, error: Exception) -> Done:
        told = CreditRegimeError(f"the process that simulated it died, out of memory perhaps ({type(error).__name__})")
        return failed(self.kept, unit.point, self._text(unit), seed, told)

    def _submit(self, executor: Executor, unit: Unit) -> Future[Done]:
        text = self._text(unit)
        if unit.point not in self._kits:
            self._kits[unit.point] = packed(text)
        return executor.submit(worked, self._kits[unit.point], self.kept, unit.point, text, unit.seeds)

    def _text(self, unit: Unit) -> str:
        if unit.point not in self._texts:
            self._texts = self.dataset.scenario_texts(unit.part.points)
            self._kits = {}
        return self._texts[unit.point]

    def _next(self) -> Unit | None:
        while not self._units and self._parts:
            self._begin(self._parts.popleft())
        return self._units.popleft() if self._units else None

    def _begin(self, part: Part) -> None:
        found = self._results[part.name] = self.dataset.units(part.name)
        start = self.study.first_seed
        for number, (point, first, last) in enumerate(part.units(self.dataset.layout.block)):
            if number not in found:
                self._units.append(Unit(part, number, point, tuple(range(start + first, start + last))))
        self.done(sum(len(unit["runs"]) + len(unit["failures"]) for unit in found.values()))
        if self._is_whole(part):
            self._seal(part)

    def _keep(self, unit: Unit, done: Done) -> None:
        self._results[unit.part.name][unit.number] = done
        if self._is_whole(unit.part):
            self._seal(unit.part)
        else:
            self.dataset.save_unit(unit.part.name, unit.number, done)
        self.done(len(unit.seeds))

    def _is_whole(self, part: Part) -> bool:
        return len(self._results[part.name]) == len(part.units(self.dataset.layout.block))

    def _seal(self, part: Part) -> None:
        """Write a part, and go on with its points where they need more seeds."""
        results = self._results.pop(part.name)
        self.dataset.seal(part.name, joined([results[number] for number in sorted(results)]))
        following = self._following(part)
        if following is not None:
            self._parts.appendleft(following)

    def _left(self) -> Iterator[Part]:
        """Yield the parts that are not complete yet."""
        complete = self.dataset.complete()
        self.done(sum(complete.values()))
        for first in self.dataset.layout.parts(self.study):
            part: Part | None = first
            while part is not None and part.name in complete:
                part = self._following(part)
            if part is not None:
                yield part

    def _following(self, part: Part) -> Part | None:
        """Return the part with more seeds for the points that are not precise enough yet."""
        rule = self.study.replicates
        if not isinstance(rule, Precise):
            return None
        runs = self.dataset.runs_of(part.group)
        wide = tuple(point for point in part.points if _too_wide(runs[runs["point"] == point], rule))
        return self.dataset.layout.next_part(part, rule, wide)


def _useless(error: Exception) -> CreditRegimeError:
    """Return what is said of a worker that can do nothing: every unit would end like this one."""
    if isinstance(error, CreditRegimeError):
        return error
    return ScenarioError(f"a worker cannot import what it needs, install creditregime there as here: {error}")


def _too_wide(runs: object, rule: Precise) -> bool:
    """Tell whether the interval of any outcome that matters is wider than asked for."""
    number = len(runs)  # type: ignore[arg-type]
    if number < 2:
        return True
    quantile = float(stdtrit(number - 1, (1 + rule.confidence) / 2))
    widths = {name: quantile * runs[name].std(ddof=1) / np.sqrt(number) for name in rule.half_width}  # type: ignore[index]
    return any(not widths[name] <= most for name, most in rule.half_width.items())
