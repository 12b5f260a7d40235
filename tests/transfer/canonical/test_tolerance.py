"""Values are tolerated less than one unit of the last common digit apart, and no further."""

import pytest

from engines.columns import Kind, LogicalType
from transfer.canonical.columns import ComparedColumn, Form, Held
from transfer.canonical.tolerance import within


def column(form: Form, digits: int | None) -> ComparedColumn:
    """A column compared in this form."""
    held = Held(name="c", native="", type=LogicalType(kind=Kind.OTHER))
    return ComparedColumn(name="c", form=form, source=held, target=held, digits=digits, tolerance="cut")


@pytest.mark.parametrize(
    ("form", "digits", "source", "target", "equal"),
    [
        (Form.NUMBER, 2, "1.239", "1.23", True),
        (Form.NUMBER, 2, "1.239", "1.24", True),
        (Form.NUMBER, 2, "1.239", "1.25", False),
        (Form.NUMBER, 2, "1.23", "1.24", False),
        (Form.NUMBER, 0, "-0.6", "-1", True),
        (Form.NUMBER, 0, "-0.6", "0", True),
        (
            Form.NUMBER,
            0,
            "12345678901234567890123456789012345678901",
            "12345678901234567890123456789012345678902",
            False,
        ),
        (Form.NUMBER, 2, "NaN", "NaN", True),
        (Form.NUMBER, 2, "NaN", "1", False),
        (Form.NUMBER, 2, "Infinity", "-Infinity", False),
        (Form.NUMBER, 2, "text:31", "1", False),
        (Form.NUMBER, None, "1.001", "1", False),
        (Form.SINGLE, None, "0.10000000149011612", "0.10000000894069672", False),
        (Form.TIMESTAMP, 3, "2024-05-01 10:00:00.123556", "2024-05-01 10:00:00.123", True),
        (Form.TIMESTAMP, 3, "2024-05-01 10:00:00.123556", "2024-05-01 10:00:00.124", True),
        (Form.TIMESTAMP, 3, "2024-05-01 10:00:00.123", "2024-05-01 10:00:00.124", False),
        (Form.TIMESTAMP, 0, "2024-12-31 23:59:59.7", "2025-01-01 00:00:00", True),
        (Form.TIMESTAMP, 0, "2024-02-28 23:59:59.7", "2024-03-01 00:00:00", False),
        (Form.TIMESTAMP, 0, "0001-12-31 23:59:59.7 BC", "0001-01-01 00:00:00", True),
        (Form.TIMESTAMP, 0, "12024-12-31 23:59:59.7", "12025-01-01 00:00:00", True),
        (Form.TIMESTAMP, 0, "0000-00-00 00:00:00", "0000-00-00 00:00:00.5", False),
        (Form.TIMESTAMP, 0, "infinity", "-infinity", False),
        (Form.TIME, 0, "23:59:59.9", "24:00:00", True),
        (Form.TIME, 0, "-00:00:00.5", "00:00:00", True),
        (Form.TIME, 0, "-838:59:59", "838:59:59", False),
        (Form.TIMETZ, 0, "10:00:00.5+02", "10:00:01+02", True),
        (Form.TIMETZ, 0, "10:00:00.5+02", "10:00:01+01", False),
        (Form.INTERVAL, 3, "1 2 3000400", "1 2 3000000", True),
        (Form.INTERVAL, 3, "1 2 3000400", "1 3 3000400", False),
        (Form.TEXT, 2, "a", "b", False),
    ],
)
def test_within(form: Form, digits: int | None, source: str, target: str, equal: bool) -> None:
    compared = column(form, digits)
    assert within(compared, source.encode(), target.encode()) is equal
    assert within(compared, target.encode(), source.encode()) is equal


@pytest.mark.parametrize(("source", "target", "equal"), [(None, None, True), (None, b"1", False), (b"0", None, False)])
def test_null_is_no_number(source: bytes | None, target: bytes | None, equal: bool) -> None:
    assert within(column(Form.NUMBER, 0), source, target) is equal
