"""A firm's story as text: what it did, what was seen of it, what was done to it, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from creditregime.agents.chronicle import Entry, chronicle, dated
from creditregime.codes import Event
from creditregime.units import MONTHS
from creditregime.world import World

_SOURCES = {
    "inspection": "an inspection {}found",
    "monitoring": "monitoring {}found",
    "complaint": "a complaint led to an inspection that {}found",
    "association": "association {}found",
    "inquiry": "an inquiry into its reports {}found",
    "self_report": "it {}reported",
}
_CAUSES = {
    "insolvency": "it was insolvent",
    "revoked": "its licence was revoked",
    "voluntary": "its foreign owner could earn more elsewhere",
    "background": "for reasons outside the model",
    "relocated": "it moved abroad, where regulation costs less",
}
_NEIGHBOURS = {
    "partner": "its partners",
    "contractor": "its contractors",
    "group": "its group",
    "person": "the other firms of its responsible person",
}
_ATTRIBUTIONS = {
    "own_sanctions": "sanctions for its own acts",
    "associated_sanctions": "sanctions through association",
    "lost_suppliers": "the loss of suppliers",
    "lost_buyers": "the loss of buyers",
    "finance": "dear or missing credit",
}


def tell(model: Any, row: int, number: int | None = None) -> str:
    """Return the story of the firms that had a place, the present one last: a line a month in which something happened.

    Violations that nobody saw are summed up by year. With `number`, counted from 1, it is that firm's story alone: it
    ends where the firm left.
    """
    entries, left = chronicle(model, row), False
    if number is not None:
        entries = [entry for entry in entries if entry.firm == number]
        ends = [position for position, entry in enumerate(entries) if entry.event == "exited"]
        entries, left = entries[: ends[0] + 1] if ends else entries, bool(ends)
    lines = [_introduction(model.firm(row))]
    for (_, year), group in groupby(entries, key=lambda entry: (entry.firm, entry.month // MONTHS)):
        lines += _year(model, row, year, list(group))
    if len(lines) == 1:
        lines.append("Nothing has happened to it yet.")
    return "\n".join(lines if left else [*lines, _present(model.firm(row))])


def _introduction(firm: Any) -> str:
    kind = f"{firm.ownership} firm in {_plain(firm.sector)}, {_plain(firm.region)}"
    return f"Firm {firm.row}: a {kind}; initial revenue {firm.size:.2g} (the average firm's is 1)."


def _year(model: Any, row: int, year: int, entries: list[Entry]) -> list[str]:
    lines = []
    for month, group in groupby((e for e in entries if e.event != "violated"), key=lambda entry: entry.month):
        date = dated(month)
        lines.append(f"{date[0].upper()}{date[1:]}: {'; '.join(_month(model, row, list(group)))}.")
    did: dict[str, Counter[str]] = {}
    for e in entries:
        if e.event == "violated":
            did.setdefault(e.subject, Counter())[e.detail] += 1
    if did:
        summary = f"Year {year + 1}: it violated {_joined(_times(*item) for item in did.items())}."
        lines.insert(int(entries[0].event == "entered"), summary)
    return lines


def _month(model: Any, row: int, entries: list[Entry]) -> Iterable[str]:
    for event, group in groupby(entries, key=lambda entry: entry.event):
        for text, count in Counter(_SAY[event](model, row, list(group))).items():
            yield text if count == 1 else f"{text} ({count} times)"


def _recorded(model: Any, row: int, entries: list[Entry]) -> list[str]:
    said = []
    for e in entries:
        origin, _, wrongly = e.reason.partition(", ")
        adverb = f"{wrongly} " if wrongly else ""
        said.append(f"{_SOURCES[origin].format(adverb)} a {e.detail} violation of {_plain(e.subject)} rules")
    return said


def _fined(model: Any, row: int, entries: list[Entry]) -> list[str]:
    return [f"it was fined for {_joined(_plain(e.subject) for e in entries)}"]


def _graded(model: Any, row: int, entries: list[Entry]) -> list[str]:
    said = []
    for e in entries:
        file = "its grade" if e.subject == "all" else f"its {_plain(e.subject)} grade"
        change, _, blame = e.reason.rpartition("by association")
        blame = f" by association{blame}" if change or e.reason.startswith("by ") else ""
        change = change.rstrip(", ") if blame else e.reason
        said.append(f"{file} {f'{change} to' if change else 'became'} {e.detail}{blame}")
    return said


def _listed(model: Any, row: int, entries: list[Entry]) -> list[str]:
    said = []
    for e in entries:
        target = _list(model, e.subject, e.month)
        if e.detail == "association":
            said.append(f"it was put on {target} by association {e.reason}".rstrip())
        elif model.territories_of(e.month).lists[e.subject].colour == "red":
            said.append(f"it entered {target}")
        else:
            said.append(f"it was put on {target} for {_reason(e.reason)}" if e.reason else f"it stood on {target}")
    return said


def _reason(reason: str) -> str:
    return reason if reason == "its grade" else f"its {_plain(reason).replace(', ', ' and its ')}"


def _delisted(model: Any, row: int, entries: list[Entry]) -> list[str]:
    why = {
        "repaired": "its credit was repaired",
        "term over": "its term was over",
        "not kept there": "no such list is kept there",
    }
    return [f"it left {_list(model, e.subject, e.month)}: {why.get(e.detail, e.detail)}" for e in entries]


def _sanctioned(model: Any, row: int, entries: list[Entry]) -> list[str]:
    groups: dict[tuple[str, bool], list[str]] = {}
    for e in entries:
        groups.setdefault((e.detail, e.reason == "jointly"), []).append(_plain(e.subject))
    return [
        f"the {_plain(agency)} agency {'joined in with' if jointly else 'imposed'} {_joined(names)}"
        for (agency, jointly), names in groups.items()
    ]


def _associated(model: Any, row: int, entries: list[Entry]) -> list[str]:
    return [f"it began to bear part of the measures against {e.reason or _NEIGHBOURS[e.subject]}" for e in entries]


def _lost_supplier(model: Any, row: int, entries: list[Entry]) -> list[str]:
    words = {
        "left business": "its {partners} went out of business",
        "blacklisted": "it dropped its blacklisted {partners}",
        "": "it lost its {partners}",
    }
    return _partners(entries, "supplier", words)


def _lost_buyer(model: Any, row: int, entries: list[Entry]) -> list[str]:
    words = {
        "left business itself": "its {partners} had to look elsewhere",
        "avoided as blacklisted": "its {partners} turned away from it as blacklisted",
        "": "it lost its {partners}",
    }
    return _partners(entries, "buyer", words)


def _found_supplier(model: Any, row: int, entries: list[Entry]) -> list[str]:
    return _partners(entries, "new supplier", {"": "it found {partners}"})


def _moved(model: Any, row: int, entries: list[Entry]) -> list[str]:
    return [f"it moved from {_plain(e.subject)} to {_plain(e.detail)}, where regulation costs less" for e in entries]


def _adopted(model: Any, row: int, entries: list[Entry]) -> list[str]:
    return [
        f"{_plain(e.subject)} took up the rules of the pilot '{_plain(e.detail)}'"
        if e.detail
        else f"{_plain(e.subject)} returned to the national rules"
        for e in entries
    ]


def _struck_off(model: Any, row: int, entries: list[Entry]) -> list[str]:
    return [f"on its {e.detail} a {_plain(e.subject)} record was struck off" for e in entries]


def _exited(model: Any, row: int, entries: list[Entry]) -> list[str]:
    cause, origin = _CAUSES[entries[0].detail], _ATTRIBUTIONS.get(entries[0].reason)
    blamed = f", which is put down to {origin}" if origin else ""
    return [f"it went out of business: {cause}{blamed}"]


def _entered(model: Any, row: int, entries: list[Entry]) -> list[str]:
    return [f"a new firm of the same sector, region and size took its place{_person(model, row, entries[0].firm)}"]


def _person(model: Any, row: int, number: int) -> str:
    """Tell who runs the new firm, where it can be known: persons of firms in between are not kept."""
    world = model.world
    entries = int(((world.events["firm"] == row) & (world.events["kind"] == Event.ENTERED)).sum())
    if world.firms.person[row] < world.first_persons:
        return ", run by the same person" + _marked(world, row, number > entries)
    return (", run by another person" if entries == 1 else "") + _marked(world, row, number > entries)


def _marked(world: World, row: int, last: bool) -> str:
    until = int(world.firms.associated_until[row])
    if not last or until < 0:
        return ""
    return f", and was graded lowest until {dated(until)} for an earlier blacklisted firm of its responsible person"


_SAY: dict[str, Callable[[Any, int, list[Entry]], list[str]]] = {
    "recorded": _recorded,
    "fined": _fined,
    "graded": _graded,
    "listed": _listed,
    "delisted": _delisted,
    "sanctioned": _sanctioned,
    "associated": _associated,
    "lost_supplier": _lost_supplier,
    "lost_buyer": _lost_buyer,
    "found_supplier": _found_supplier,
    "moved": _moved,
    "adopted": _adopted,
    "struck_off": _struck_off,
    "exited": _exited,
    "entered": _entered,
}


def _present(firm: Any) -> str:
    if not firm.active:
        return "Now: the place is empty."
    rating = "unrated" if len(firm.model.world.law.grades) == 1 else f"score {firm.score:.3g}, grade {firm.grade}"
    records = f"{firm.live_records} live record{'' if firm.live_records == 1 else 's'}"
    listed = "".join(
        f"; on {_list(firm.model, name, firm.model.world.month)} since {dated(since)}"
        for name, since in firm.lists.items()
    )
    return f"Now: {rating}; {records}{listed}; equity {firm.equity:.2g}, output {firm.output:.0%} of the start."


def _partners(entries: list[Entry], word: str, texts: dict[str, str]) -> list[str]:
    said = []
    for reason, text in texts.items():
        rows = sorted({e.partner for e in entries if e.reason == reason})
        if rows:
            named = _joined([f"firm {row}" for row in rows[:3]] + ([f"{len(rows) - 3} more"] if len(rows) > 3 else []))
            said.append(text.format(partners=f"{word}{'s' if len(rows) > 1 else ''} {named}"))
    return said


def _times(topic: str, severities: Counter[str]) -> str:
    total = severities.total()
    often = {1: "once", 2: "twice"}.get(total, f"{total} times")
    named = list(severities) if len(severities) == 1 else [f"{count} {name}" for name, count in severities.items()]
    return f"{_plain(topic)} rules {often} ({', '.join(named)})"


def _list(model: Any, name: str, month: int) -> str:
    return f"the {model.territories_of(month).lists[name].colour}list '{_plain(name)}'"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _joined(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
