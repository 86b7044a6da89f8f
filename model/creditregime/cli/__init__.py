"""The command line: one module a group of commands, each of which imports what it needs when it is called."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from creditregime import __version__
from creditregime.cli import (
    analysis,
    calibration,
    classroom,
    evidence,
    pictures,
    replay,
    runs,
    scenarios,
    studies,
    tournament,
)
from creditregime.errors import CreditRegimeError
from creditregime.laboratory import interruption

WRONG, INTERRUPTED, TERMINATED = 2, 130, 143


class Terminated(KeyboardInterrupt):
    """The process was asked to end: cleaned up after like Ctrl-C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0, 2 for what the user can mend, 130 after Ctrl-C."""
    arguments = argparse.Namespace()

    def work() -> None:
        nonlocal arguments
        arguments = _parse(sys.argv[1:] if argv is None else argv)
        arguments.command(arguments)

    return answered(work, lambda: str(getattr(arguments, "kept", "nothing was written")))


def answered(work: Callable[[], None], kept: Callable[[], str]) -> int:
    """Do the work of a command and return its exit code; what stopped it, and what is left of it, is told in a line."""
    interruption.forget()
    before = {}
    try:
        for number, handler in ((signal.SIGTERM, _terminate), (signal.SIGINT, _interrupt)):
            before[number] = signal.signal(number, handler)
    except ValueError:  # not in the main thread: the caller deals with signals
        pass
    try:
        work()
        sys.stdout.flush()
    except CreditRegimeError as error:
        return _fail(str(error), WRONG)
    except MemoryError:
        return _fail("not enough memory for this scenario; fewer firms, months or workers are needed", WRONG)
    except Terminated:
        return _fail(f"terminated; {kept()}", TERMINATED)
    except KeyboardInterrupt:
        return _fail(f"interrupted; {kept()}", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone: there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
    return 0


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, whichever command it is wrong in."""

    def error(self, message: str) -> NoReturn:
        raise CreditRegimeError(f"{message}; see: {self.prog} --help")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    arguments, extra = _parser().parse_known_args(list(argv))
    for text in extra:  # argparse takes overrides on one side of the options only
        if text.startswith("-") or not hasattr(arguments, "overrides"):
            raise CreditRegimeError(f"unrecognized argument: {text}; see: creditregime --help")
        arguments.overrides.append(text)
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("creditregime", description="A laboratory of corporate credit-rating regimes.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"creditregime {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="name_of_command")
    for module in (runs, studies, analysis, calibration, pictures, replay, scenarios, evidence, tournament, classroom):
        module.add(commands)
    return parser


def _terminate(number: int, frame: object) -> NoReturn:
    interruption.request(Terminated())
    raise Terminated


def _interrupt(number: int, frame: object) -> NoReturn:
    interruption.request(KeyboardInterrupt())
    raise KeyboardInterrupt


def _fail(text: str, code: int) -> int:
    sys.stdout.flush()
    print(f"creditregime: error: {' '.join(text.split())}", file=sys.stderr)
    return code
