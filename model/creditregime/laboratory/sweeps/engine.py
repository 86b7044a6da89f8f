"""Where units are simulated: anything with the interface of `concurrent.futures.Executor`.

Local processes by default; a Dask cluster through its client's own executor. An engine for Ray or MPI is an `Engine`
whose ``open`` returns such an executor (`mpi4py.futures.MPIPoolExecutor` is one).
"""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.workers import Processes, available

AT_LEAST = 32
"""Workers for which a Dask cluster is given work: it may grow, and grows only if there is work for more."""


class Engine(NamedTuple):
    """Where units are simulated.

    What is submitted is a function of a module and its arguments: all can be pickled, and workers need nothing but an
    installed creditregime. Futures must be those of `concurrent.futures`, as `concurrent.futures.wait` waits for them.
    Where a worker dies, the future raises: `BrokenExecutor` if the executor is of no more use, and another one is then
    opened, or anything else, and it is used further. Either way runs under way are tried again one by one, and one that
    ends its worker again is told as failed.

    Attributes
    ----------
    open
        Opens an executor.
    workers
        How many units it works on at a time: a number, or a function that returns the present one.
    """

    open: Callable[[], Executor]
    workers: int | Callable[[], int]

    def size(self) -> int:
        """Return how many units it works on at a time."""
        return self.workers if isinstance(self.workers, int) else self.workers()


class Here(Executor):
    """Does what is submitted at once, in this process."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a future that is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def local(workers: int | None = None) -> Engine:
    """Return the engine of local processes; with one worker everything happens in this process."""
    number = workers or available()
    return Engine(Here if number == 1 else lambda: Processes(number), number)


def dask(address: str | None, timeout: float = 15) -> Engine:
    """Return the engine of a running Dask cluster.

    A unit whose worker dies is given to another one; Dask gives up on it after its own number of `allowed-failures`.
    Workers may come and go; where there is none yet, work waits for the first.

    Parameters
    ----------
    address
        Of its scheduler, such as ``tcp://host:8786``, or the path of the scheduler's file (``dask scheduler
        --scheduler-file``), which is waited for.
    timeout
        How many seconds to wait for an answer; four times as many for the file.

    Raises
    ------
    ScenarioError
        If Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ScenarioError("engine: dask needs Dask: install creditregime[cluster]") from None
    if address is None:
        raise ScenarioError("engine: dask needs --address, such as tcp://host:8786 or scheduler.json")
    if address.endswith(".json"):
        address = _address_in(Path(address), time.monotonic() + 4 * timeout)
    try:
        client = Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        text = " ".join(str(error).split())
        raise ScenarioError(f"engine: no Dask scheduler answers at {address}: {text}") from None
    return Engine(lambda: Sealed(client.get_executor(pure=False)), lambda: _cores(client))


def _cores(client: Any) -> int:
    """Return for how many workers there should be work."""
    try:
        return max(sum(client.ncores().values()), AT_LEAST)
    except OSError:  # the scheduler is lost; the futures tell it
        return AT_LEAST


class Sealed(Executor):
    """Hands over what is submitted as bytes: a worker that cannot import the function says so.

    A Dask worker that cannot read a task's function ends, and is waited for forever.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the future of a call."""
        try:
            return self._inner.submit(pickle.loads, pickle.dumps(_Call(function, args, kwargs)))
        except Exception as error:  # Dask has many; the call itself has not begun
            raise CreditRegimeError(f"the Dask scheduler is lost; finished runs are kept: {error}") from None

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave no work behind."""
        self._inner.shutdown(wait=wait)


class _Call:
    """A call: to unpickle it is to make it."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._call = partial(function, **kwargs), args

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


def _address_in(file: Path, until: float) -> str:
    """Return the address in a scheduler's file as soon as it is there."""
    while True:
        try:
            return str(json.loads(file.read_text(encoding="utf-8"))["address"])
        except (OSError, ValueError, KeyError, TypeError) as error:  # not there, or not whole yet
            if time.monotonic() > until:
                told = f"{type(error).__name__}: {error}"
                raise ScenarioError(f"engine: {file} is not the file of a Dask scheduler: {told}") from None
        time.sleep(0.1)


def named(name: str, address: str | None = None, workers: int | None = None) -> Engine:
    """Return the engine of a name: ``local`` or ``dask``."""
    if name == "dask":
        return dask(address)
    if address is not None:
        raise ScenarioError("address: belongs to --engine dask; local processes have none")
    return local(workers)


@contextmanager
def opened(engine: Engine) -> Iterator[Executor]:
    """Open an executor, and leave no work behind."""
    executor = engine.open()
    try:
        yield executor
    finally:
        if isinstance(executor, Processes):
            executor.dismiss(wait=False)
        else:
            executor.shutdown(wait=False)
