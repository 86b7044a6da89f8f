"""Tasks in several processes: the same results for any number of them, and none left behind."""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

from creditregime import acceleration, plugins
from creditregime.errors import CreditRegimeError

T = TypeVar("T")


def available() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def each(
    function: Callable[..., T],
    common: tuple[Any, ...],
    tasks: Sequence[Any],
    *,
    workers: int,
    modules: Iterable[str] = (),
    done: Callable[[], object] = lambda: None,
) -> list[T]:
    """Return ``function(*common, task)`` of every task, in their order.

    Parameters
    ----------
    function
        A function of a module: workers import it by name.
    common
        First arguments of every call; sent to each worker once.
    tasks
        Last argument of each call.
    workers
        Number of processes; with 1 everything happens in this one.
    modules
        Modules with the user's rules and strategies. Where a worker could not import one, everything happens here.
    done
        Called after each finished task.
    """
    modules = list(modules)
    if workers > 1 and len(tasks) > 1 and reachable(modules):
        return _in_processes(function, common, tasks, min(workers, len(tasks)), modules, done)
    results = []
    for task in tasks:
        results.append(function(*common, task))
        done()
    return results


def reachable(modules: Iterable[str]) -> bool:
    """Tell whether another process can import all of some modules: not the user's script or notebook."""
    return all(map(_reachable, modules))


def _reachable(module: str) -> bool:
    try:
        return module != "__main__" and importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _in_processes(
    function: Callable[..., T],
    common: tuple[Any, ...],
    tasks: Sequence[Any],
    workers: int,
    modules: Sequence[str],
    done: Callable[[], object],
) -> list[T]:
    pool = Processes(workers, modules, function, common)
    futures: list[Future[T]] = []
    try:
        futures += [pool.submit(_call, task) for task in tasks]
        for future in as_completed(futures):
            future.result()
            done()
        return [future.result() for future in futures]
    except BrokenProcessPool:
        raise CreditRegimeError("a worker process died (out of memory?); try fewer workers") from None
    finally:  # after an error or Ctrl-C nobody waits for the tasks in hand
        pool.dismiss(wait=all(future.done() for future in futures))


class Processes(ProcessPoolExecutor):
    """Local processes that know the user's rules, end with this one, and leave Ctrl-C to it.

    Parameters
    ----------
    workers
        Number of processes.
    modules
        Modules that each of them imports.
    function, common
        What `each` calls, and its first arguments.
    """

    def __init__(
        self,
        workers: int,
        modules: Sequence[str] = (),
        function: Callable[..., Any] = print,
        common: tuple[Any, ...] = (),
    ) -> None:
        self._before = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")
        super().__init__(workers, context, _begin, (plugins.loaded(), modules, function, common))

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand over a task; a process is started for it where fewer are there than allowed."""
        with _quiet_birth():
            return super().submit(function, *args, **kwargs)

    def dismiss(self, *, wait: bool) -> None:
        """End all processes, at once unless they are to finish what they do."""
        self.shutdown(wait=wait, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - self._before:
            child.terminate()


_work: Callable[[Any], Any]


def _begin(
    rules: Sequence[tuple[str, str]], modules: Sequence[str], function: Callable[..., Any], common: tuple[Any, ...]
) -> None:
    """Make a worker ready: the user's rules are imported, and Ctrl-C is left to the parent."""
    global _work  # noqa: PLW0603 - what a worker works on is the state of its process
    acceleration.threads = 1  # the other processors have workers of their own
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    plugins.discover()
    for name, folder in rules:
        plugins.load_rules(name, folder)
    for name in modules:
        importlib.import_module(name)
    _work = lambda task: function(*common, task)  # noqa: E731


def _call(task: Any) -> Any:
    return _work(task)


def _end_with_parent() -> None:
    """Leave no orphan behind when the parent is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _quiet_birth() -> Iterator[None]:
    """Start processes that neither run the user's script again nor answer to Ctrl-C.

    A spawned Python imports the main script: five lines without ``if __name__ == "__main__"`` would start workers of
    workers. Workers need none of it, so it is hidden from them. A blocked signal stays blocked in children; here, it
    is delivered as soon as they have started.
    """
    main = sys.modules["__main__"]
    mask = getattr(signal, "pthread_sigmask", None)
    if mask:
        mask(signal.SIG_BLOCK, {signal.SIGINT})
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        if mask:
            mask(signal.SIG_UNBLOCK, {signal.SIGINT})
