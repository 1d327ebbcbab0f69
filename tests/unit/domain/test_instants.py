"""Instants as they are written."""

import pytest

from ohmstead.domain.instants import EARLIEST_US, parse_rfc3339

NOON = 1_758_456_000_000_000  # 2025-09-21T12:00:00Z


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-09-21T12:00:00Z", NOON),
        ("2025-09-21t12:00:00z", NOON),
        ("2025-09-21 12:00:00Z", NOON),
        ("2025-09-21T14:00:00+02:00", NOON),
        ("2025-09-21T08:30:00-03:30", NOON),
        ("2025-09-21T12:00:00.5Z", NOON + 500_000),
        ("2025-09-21T12:00:00.123456789Z", NOON + 123_456),
        ("2000-01-01T00:00:00Z", EARLIEST_US),
        ("1969-12-31T23:59:59Z", -1_000_000),
        ("0001-01-01T00:00:00+23:59", -62_135_683_140_000_000),
    ],
)
def test_rfc_3339_names_an_instant(text: str, instant: int) -> None:
    assert parse_rfc3339(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2025-09-21",
        "20250921T120000Z",
        "2025-W38-7T12:00:00Z",
        "2025-02-30T12:00:00Z",
        "2025-09-21T25:00:00Z",
        "2025-09-21T12:00:00",
        "2025-09-21T12:00:00Z" + " " * 40,
        "２０２５-09-21T12:00:00Z",
        "2025-09-21T12:00:00\ud800",
    ],
)
def test_other_texts_name_none(text: str) -> None:
    assert parse_rfc3339(text) is None


def test_a_text_without_offset_is_utc_only_when_asked() -> None:
    assert parse_rfc3339("2025-09-21T12:00:00", bare_is_utc=True) == NOON
