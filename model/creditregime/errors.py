"""What can go wrong, each with one line that names what, where, and what is allowed."""

from __future__ import annotations

import yaml

BAD_YAML = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)
"""What PyYAML's safe loader raises: also other errors than its own, for ``!!float abc`` or very deep nesting."""


class CreditRegimeError(Exception):
    """Base class of every error that a user can mend; its text is one line, whatever it quotes."""

    def __init__(self, text: str = "") -> None:
        super().__init__(" ".join(text.split()))


class ScenarioError(CreditRegimeError, ValueError):
    """A scenario is wrong: the text names the key's path, the value and what is allowed."""


class PopulationError(CreditRegimeError, ValueError):
    """A population (graph, table or generated economy) cannot be simulated."""


class StoreError(CreditRegimeError, OSError):
    """A result folder cannot be written or read."""
