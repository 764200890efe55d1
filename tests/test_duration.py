"""Durations as people write and read them."""

import pytest

from bastion.duration import seconds_of, span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("45m", 2700), ("2h", 7200), ("1h30m", 5400), ("7d", 604_800), ("1w", 604_800)],
)
def test_what_is_a_duration(text, seconds):
    """Numbers with units, one after the other."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "2", "h", "2 h", "-2h", "2h ", "2H", "1.5h", "\uff12h", "2h\n"]
)
def test_what_is_none(text):
    """Nothing is guessed."""
    assert seconds_of(text) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45, "45 s"), (5400, "1 h 30 min"), (7200, "2 h"), (3661, "1 h 1 min 1 s")],
)
def test_how_it_is_said(seconds, text):
    """In hours, minutes and seconds, without what is nothing."""
    assert span(seconds) == text
