"""What a scenario rests on: how sure it is that each rule that is switched on exists, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from creditregime.component import Settings, details
from creditregime.laboratory import differences as between
from creditregime.regime.spillover import Spillover
from creditregime.scenario import Scenario

STANDINGS = {
    "real": "documented",
    "partly": "partly documented",
    "unverified": "claimed, not verified",
    "assumption": "assumption",
}
"""How the report calls the standing of a claim, surest first."""


@dataclass(frozen=True)
class Claim:
    """One rule or parameter that is switched on and says how sure its source is."""

    path: str
    value: str
    description: str
    standing: str
    source: str


def claims(scenario: Scenario) -> list[Claim]:
    """Return the claims that are switched on, the least sure first; parts of the same kind are counted once."""
    found: dict[tuple[str, str], Claim] = {}
    for claim in _walk(scenario, ""):
        found.setdefault((claim.description, claim.value), claim)
    return _least_sure_first(found)


def claims_of_all(scenarios: Iterable[Scenario]) -> list[Claim]:
    """Return the claims that are switched on in any of some scenarios, each once, the least sure first."""
    found: dict[tuple[str, str], Claim] = {}
    for scenario in scenarios:
        for claim in claims(scenario):
            found.setdefault((claim.description, claim.value), claim)
    return _least_sure_first(found)


def _least_sure_first(found: Mapping[Any, Claim]) -> list[Claim]:
    order = list(STANDINGS.values())
    return sorted(found.values(), key=lambda claim: -order.index(claim.standing))


def differences(scenario: Scenario, against: Scenario) -> list[tuple[str, str, str]]:
    """Return each key in which two scenarios differ, with both values; a rule that changed is one row."""
    return [(path, brief(one), brief(other)) for path, one, other in between.differences(scenario, against)]


def brief(value: Any) -> str:
    """Return a value as one line of text: a rule by its kind and fields, nothing as 'off'."""
    if value is None or value == {}:
        return "off"
    if not isinstance(value, dict):
        return str(value)
    inner = ", ".join(f"{key}: {brief(item)}" for key, item in value.items() if key != "kind")
    if "kind" not in value:
        return inner
    return f"{value['kind']} ({inner})" if inner else str(value["kind"])


def _walk(settings: Settings, path: str) -> Iterator[Claim]:
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        place = f"{path}.{name}" if path else name
        standing, off = details(field).get("standing"), _off(value)
        if standing and not off:
            source = str(details(field).get("source") or "")
            yield Claim(place, _shown(value), field.description or "", STANDINGS[standing], source)
        if off or (isinstance(value, Spillover) and value == Spillover()):
            continue
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for key, item in inner:
            if isinstance(item, Settings):
                yield from _walk(item, f"{place}.{key}" if key else place)


def _off(value: Any) -> bool:
    return getattr(value, "kind", None) == "none" or value in (None, False, 0, "none", (), {})


def _shown(value: Any) -> str:
    return str(getattr(value, "kind", value)) if isinstance(value, Settings) else str(value)
