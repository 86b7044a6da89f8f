"""The server of the classroom: restarts, limits, and where it listens."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from creditregime import cli
from creditregime.classroom import server
from creditregime.classroom.server import names_of
from tests.browser.conftest import Visitor
from tests.browser.served import Served, Student, expected_table, free_port

ARGUMENTS = ("population.firms=60", "--sessions", "2", "--months", "130", "--firms", "300")


def test_after_a_restart_in_mid_run_the_page_goes_on_where_it_was(visitor: Visitor) -> None:
    with Served(*ARGUMENTS) as served:
        student = Student(visitor.page(), served.url)
        student.control("rewards", "b").uncheck()
        expect(student.page.get_by_role("region", name="World B", exact=True)).to_contain_text("without rewards")
        student.page.get_by_label("Go to month").fill("20")
        student.wait_for_month(20)
        student.press("Play")
        student.wait_past(23)
        served.stop(signal.SIGKILL)
        expect(student.page.get_by_text("The connection to the server is lost")).to_be_visible(timeout=60_000)
        student.shot("lost", whole=False)
        setting = student.setting()
        month = int((re.search(r"month=(\d+)", student.link()) or [0, 0])[1])
        served.restart()
        student.page.wait_for_url(re.compile(f"month={month}"), timeout=60_000)
        expect(student.page.get_by_text("The connection to the server is lost")).to_be_hidden(timeout=60_000)
        student.wait_for_month(month)
        assert student.setting() == setting
        assert student.table() == expected_table(setting, month)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served(*ARGUMENTS, patient=False) as server:
        yield server


def test_limits_are_told_and_kept(served: Served, visitor: Visitor, browser: Browser) -> None:
    student = Student(visitor.page(), served.url)
    expect(student.page.locator("#limits")).to_contain_text("up to 300 firms and 130 months, and 2 sessions")
    student.page.get_by_label("Firms", exact=True).fill("301")
    student.page.get_by_label("Firms", exact=True).press("Enter")
    student.says_error("301 firms are more than the 300 that this server allows")
    student.page.get_by_label("Months", exact=True).fill("131")
    student.page.get_by_label("Months", exact=True).press("Enter")
    student.says_error("months: 131 is more than the 130 that this server allows")
    student.shot("limits")
    context = browser.new_context()
    Student(context.new_page(), served.url)
    third = context.new_page()
    third.goto(served.url)
    expect(third.get_by_text("This classroom is full: 2 sessions are open.")).to_be_visible()
    context.close()  # who leaves makes room
    page = visitor.page()
    for _ in range(40):
        page.goto(served.url)
        if page.locator("#seen[data-frames]").or_(page.get_by_text("is full")).first.text_content() == "":
            return
        page.wait_for_timeout(500)
    pytest.fail("a session that ended still counts")


def test_it_listens_to_this_machine_alone_unless_told_otherwise(served: Served) -> None:
    outside = [entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    for address in {*outside, "127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(3)
            heard = probe.connect_ex((str(address), served.port)) == 0
        assert heard == str(address).startswith("127.")


def test_a_page_of_another_site_cannot_use_the_server() -> None:
    assert "*" not in names_of("127.0.0.1") + names_of("0.0.0.0")
    assert "127.0.0.1" in names_of("0.0.0.0")
    assert names_of("192.0.2.7")[0] == "192.0.2.7"


def test_it_ends_in_a_line_and_refuses_a_taken_port_in_one() -> None:
    with Served(*ARGUMENTS) as served:
        command = [sys.executable, "-m", "creditregime.cli", "app", "--no-browser", "--port", str(served.port)]
        second = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert second.returncode == 2
        assert second.stderr.startswith(f"creditregime: error: 127.0.0.1 port {served.port}: cannot be used")
        assert len(second.stderr.splitlines()) == 1
        assert served.stop(signal.SIGINT) == "creditregime: error: interrupted; the classroom is closed\n"
        assert served.process.returncode == 130


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["regime=nothing"], "regime: unknown preset 'nothing'"),
        (["population.firms=5000"], "5,000 firms are more than the 1,000"),
        (["--port", "0"], "argument --port: 0 is not allowed"),
        (["--port", "70000"], "argument --port: 70000 is not allowed: at most 65535"),
        (["--against", "population=million"], "only a regime can be another preset in world B"),
        (["--address", "not.an.address.invalid"], "cannot be used"),
    ],
)
def test_a_bad_command_line_is_refused_in_one_line(
    words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server.pn, "serve", lambda *given, **more: pytest.fail("it is served"))
    port = [] if "--port" in words else ["--port", str(free_port())]
    assert cli.main(["app", "--no-browser", *port, *words]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert len(told.err.splitlines()) == 1
    assert told.out == ""
