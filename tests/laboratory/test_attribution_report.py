"""Figures, report and LaTeX of an attribution say what its tables say, and need nothing from outside."""

from __future__ import annotations

import re

import pytest

from creditregime.laboratory.attribution import Attribution, attribute
from creditregime.laboratory.attribution.lines import attribution_lines
from creditregime.presentation import attribution_tables
from creditregime.presentation.figures import figures
from creditregime.presentation.report import report
from creditregime.presentation.report_of_attribution import context
from creditregime.presentation.style import Picture
from tests.laboratory.conftest import RISKY
from tests.unit.test_presentation import Page, addresses, check

NAMES = ["effects", "shares", "groups", "channels", "exits"]


@pytest.fixture(scope="module")
def pictures(small_attribution: Attribution) -> list[Picture]:
    return figures(small_attribution)


@pytest.fixture(scope="module")
def text(small_attribution: Attribution, pictures: list[Picture]) -> str:
    return report(small_attribution, pictures)


def test_every_figure_is_drawn_and_described(small_attribution: Attribution, pictures: list[Picture]) -> None:
    assert [picture.name for picture in pictures] == NAMES
    check(pictures)
    assert figures(small_attribution) == pictures
    value = small_attribution.shares(["compliance"]).set_index("toggle").loc["joint_punishment", "effect"]
    assert f"joint punishment {value:+.3g}"[:20] in next(p.alt for p in pictures if p.name == "shares")


def test_the_report_is_one_page_without_outside_addresses(text: str) -> None:
    page = Page(text)
    assert len(page.all("img")) == len(NAMES)
    assert all(str(image["src"]).startswith("data:image/svg+xml;base64,") for image in page.all("img"))
    assert not addresses(re.sub(r"base64,[^\"]*", "", text))
    assert not page.all("script")
    assert all("scope" in cell for cell in page.all("th"))
    assert {str(link["href"])[1:] for link in page.all("a")} <= {attributes.get("id") for _, attributes in page.tags}
    assert not re.search(r"\bnan\b", page.words, re.IGNORECASE)


def test_the_report_tells_shares_channels_groups_and_both_stories(text: str, small_attribution: Attribution) -> None:
    words = " ".join(Page(text).words.split())
    shared = attribution_tables.shared(small_attribution)
    assert shared
    for item in shared:
        assert all(row.effect in words and row.share in words for row in item.shares)
    examples = small_attribution.examples()
    assert len(examples) >= 3
    for row in examples.to_dict("records"):
        assert f"firm {row['firm']} of seed {row['seed']}" in words
        for world in ("scenario", "against"):
            assert all(line in words for line in row[f"story_{world}"].splitlines())
    counts = attribution_tables.crossed(small_attribution).frame.set_index("Channel").astype(int)
    assert counts.to_numpy().sum() == (small_attribution.firms["fate"] != "both").sum()
    assert "creditregime rerun" in words


def test_lines_that_stand_in_one_story_only_are_marked(small_attribution: Attribution) -> None:
    for example in context(small_attribution)["examples"]:
        one, other = (dict(side["lines"]) for side in example["sides"])
        assert {line for line, differs in one.items() if not differs} == set(one) & set(other)
        assert any(one.values())


def test_latex_holds_the_shares(small_attribution: Attribution) -> None:
    latex = attribution_tables.to_latex(small_attribution)
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\midrule") == len(attribution_tables.shared(small_attribution))
    assert r"joint punishment & " in latex


def test_one_seed_shares_nothing_out() -> None:
    found = attribute(*RISKY, seeds=1, workers=1)
    page = Page(report(found))
    assert "One pair of runs gives no interval" in page.words
    assert not re.search(r"\bnan\b", page.words, re.IGNORECASE)
    assert "One seed gives no interval" in attribution_lines(found)
    assert attribution_tables.shared(found) == []
