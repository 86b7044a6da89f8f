"""Stopping a command for good: a request to stop is remembered as well as raised.

An exception that a signal handler raises is lost if it happens to arise inside a finalizer or a callback of compiled
code. Long loops therefore also ask here.
"""

from __future__ import annotations

_requests: list[BaseException] = []


def request(stop: BaseException) -> None:
    """Remember that the process was asked to stop."""
    _requests.append(stop)


def forget() -> None:
    """Forget earlier requests."""
    _requests.clear()


def check() -> None:
    """Raise what was requested, if anything was."""
    if _requests:
        raise _requests[0]
