"""Where units are simulated: anything with the interface of `concurrent.futures.Executor`.

Local processes by default; a Dask cluster through its client's own executor. An engine for Ray or MPI is an `Engine`
whose ``open`` returns such an executor (`mpi4py.futures.MPIPoolExecutor` is one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any, NamedTuple

from creditregime.errors import ScenarioError
from creditregime.laboratory.workers import Processes, available


class Engine(NamedTuple):
    """Where units are simulated.

    Attributes
    ----------
    open
        Opens an executor; a sweep opens another one where the first broke with a worker that died.
    workers
        How many units it works on at a time.
    """

    open: Callable[[], Executor]
    workers: int


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


def local(workers: int | None = None, modules: Sequence[str] = ()) -> Engine:
    """Return the engine of local processes, each of which imports some modules; with one worker it is this process."""
    number = workers or available()
    return Engine(Here if number == 1 else lambda: Processes(number, modules), number)


def dask(address: str | None, timeout: float = 15) -> Engine:
    """Return the engine of a running Dask cluster, told by the address of its scheduler.

    A unit whose worker dies is given to another one; Dask gives up on it after its own number of `allowed-failures`.

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
        raise ScenarioError("engine: dask needs --address, such as tcp://host:8786")
    try:
        client = Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        text = " ".join(str(error).split())
        raise ScenarioError(f"engine: no Dask scheduler answers at {address}: {text}") from None
    cores = sum(client.ncores().values())
    return Engine(lambda: client.get_executor(pure=False), max(cores, 1))


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
