"""What one session may ask of the server, and what it may not read there."""

from __future__ import annotations

from typing import Any, NamedTuple

from creditregime.errors import ScenarioError
from creditregime.paths import config_root
from creditregime.scenario import NAMED, Scenario

LONGEST_TEXT = 200_000
"""Characters of a scenario file that a browser may send."""
LONGEST_LINK = 16_000
"""Characters of a shared link's setting."""
MOST_NAMED = 300
"""Lists, measures, ... of each sort in a scenario."""
MOST_PARTNERS = 50.0
"""Mean number of partners that firms look for."""


class Limits(NamedTuple):
    """Firms and months of a session, and sessions at a time."""

    firms: int = 1000
    months: int = 240
    sessions: int = 60

    def in_words(self) -> str:
        """Return the limits as the page tells them."""
        return (
            f"This server lets each session have up to {self.firms:,} firms and {self.months:,} months, "
            f"and {self.sessions} sessions at a time."
        )

    def check(self, scenario: Scenario) -> Scenario:
        """Return a scenario that a session may run; raise a `ScenarioError` of one line for another."""
        if scenario.months > self.months:
            raise ScenarioError(f"months: {scenario.months} is more than the {self.months} that this server allows")
        self._check_population(scenario.population)
        for key in (*NAMED, "phases"):
            if len(getattr(scenario, key)) > MOST_NAMED:
                raise ScenarioError(f"{key}: {len(getattr(scenario, key))} are more than the {MOST_NAMED} allowed here")
        return scenario

    def check_firms(self, number: int) -> None:
        """Raise a `ScenarioError` for more firms than allowed."""
        if number > self.firms:
            raise ScenarioError(
                f"population: {number:,} firms are more than the {self.firms:,} that this server allows"
            )

    def _check_population(self, population: Any) -> None:
        refuse_files(population)
        self.check_firms(int(getattr(population, "firms", 0)))
        self.check_firms(len(getattr(population, "links", ())))
        for key in ("mean_suppliers", "mean_degree", "contract_degree"):
            if getattr(population, key, 0) > MOST_PARTNERS:
                raise ScenarioError(f"population.{key}: at most {MOST_PARTNERS:g} are allowed here")
        if max(getattr(population, "degrees", ()), default=0) > MOST_PARTNERS:
            raise ScenarioError(f"population.degrees: at most {MOST_PARTNERS:g} are allowed here")


def refuse_files(population: Any) -> None:
    """Raise a `ScenarioError` for a population that would read a file of the server."""
    for key in population.paths:
        if getattr(population, key) not in bundled_tables():
            raise ScenarioError(
                f"population.{key}: the classroom reads no files of the server; allowed: "
                + (", ".join(bundled_tables()) if key == "input_output" else "the kinds generated, graph_model, links")
            )


def bundled_tables() -> tuple[str, ...]:
    """Return the names of the input-output tables that ship with the package."""
    return tuple(sorted(file.stem for file in (config_root() / "input_output").glob("*.yaml")))
