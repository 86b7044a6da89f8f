"""Tables of columns, and logs that grow."""

from __future__ import annotations

import dataclasses

import numpy as np

from creditregime.state import Events, Firms, Records, Regulators
from creditregime.tables import Journal, Log, Table, column


@dataclasses.dataclass(eq=False)
class Things(Table):
    """Two columns."""

    month: np.ndarray = column(np.int16, "month", "when")
    value: np.ndarray = column(np.float32, "-", "what", fill=2.5)


def test_columns_are_arrays_with_their_fill() -> None:
    sizes = {"topic": 3, "severity": 3, "file": 1, "list": 2, "lever": 11, "financed": 0, "tax_year": 3}
    table = Firms.allocate(7, sizes | {"report": 3, "forecast": 1, "memory": 0, "clean": 0, "hold": 0})
    assert type(table.effort) is np.ndarray
    assert table.effort.shape == (3, 7)
    assert table.live.shape == (3, 3, 7)
    assert table.active.all()
    assert (table.aware == 1).all()
    assert table.nbytes == sum(getattr(table, field.name).nbytes for field in dataclasses.fields(table))


def test_every_column_says_unit_and_meaning() -> None:
    for table in (Firms, Regulators, Records, Events):
        for name, declared in table.dictionary().items():
            assert declared["unit"], name
            assert declared["meaning"], name


def test_a_log_grows_and_remembers_its_months() -> None:
    log = Log(Things)
    assert len(log) == 0
    written = [3, 0, 2000, 5]
    for month, count in enumerate(written):
        assert log.append(count, month=month) == slice(sum(written[:month]), sum(written[: month + 1]))
        log.append(1, month=month, value=np.float32(month))
        written[month] += 1
        log.close_month()
    assert len(log) == sum(written)
    for month, count in enumerate(written):
        part = log.of_month(month)
        assert part.stop - part.start == count
        assert (log["month"][part] == month).all()
        assert log["value"][part][-1] == month
        assert (log["value"][part][:-1] == 2.5).all()
    assert log.of_month(-1) == log.of_month(4) == slice(0, 0)
    assert set(log.columns()) == {"month", "value"}


def test_a_journal_reads_as_a_log_and_takes_less() -> None:
    logs = Log(Things), Journal(Things)
    for month in range(5):
        given = np.arange(month * 300, dtype=np.float16)
        for log in logs:
            log.append(len(given), month=month, value=given)
            log.append(3, month=np.full(3, month))
            log.close_month()
        given[:] = -1  # what was appended stays as it was
    log, journal = logs
    assert len(log) == len(journal) == 3015
    for name, column_of_log in log.columns().items():
        assert journal[name].dtype == column_of_log.dtype
        np.testing.assert_array_equal(journal[name], column_of_log)
    assert [journal.of_month(month) for month in range(6)] == [log.of_month(month) for month in range(6)]
    assert journal.nbytes == 3000 * 2 + 5 * 3 * 2  # values as they came; months once an append, or as they came
    journal.append(1, month=9)
    assert journal["month"][-1] == 9
    assert journal["value"].tolist() == [*log["value"], 2.5]
