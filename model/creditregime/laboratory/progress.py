"""Tasks in several processes, with a bar that counts those that are done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from tqdm import tqdm

from creditregime.laboratory.workers import available, each

T = TypeVar("T")


def counted(
    function: Callable[..., T],
    common: tuple[Any, ...],
    tasks: Sequence[Any],
    *,
    what: str,
    unit: str,
    workers: int | None,
    modules: Iterable[str],
    progress: bool,
) -> list[T]:
    """Return what `workers.each` returns, with a progress bar if wanted.

    Parameters
    ----------
    function, common, tasks, modules
        See `workers.each`.
    what, unit
        What the bar counts, many and one.
    workers
        Number of processes; by default one a processor.
    progress
        Whether to show the bar, on the standard error stream.
    """
    with tqdm(total=len(tasks), desc=what, unit=unit, disable=not progress, leave=False) as bar:
        return each(function, common, tasks, workers=workers or available(), modules=modules, done=bar.update)
