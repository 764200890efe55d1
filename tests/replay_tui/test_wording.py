"""How moments, verdicts and endings are worded."""

import unicodedata
from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.events import Judged, Outcome
from replay_tui import wording
from replay_tui.reel import Entry


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0:00"), (59.9, "0:59"), (65, "1:05"), (3600, "1:00:00"), (90_061, "25:01:01")],
)
def test_positions(seconds, told):
    """Hours only where there are some."""
    assert wording.clock_time(seconds) == told


def test_moments_are_in_the_viewers_zone():
    """Long, and short for narrow windows."""
    east = timezone(timedelta(hours=2))
    assert wording.moment(1_800_000_000, UTC) == "2027-01-15 08:00:00"
    assert wording.moment(1_800_000_000, east) == "2027-01-15 10:00:00"
    assert wording.moment(1_800_000_000, UTC, is_short=True) == "Jan 15 08:00"


def test_endings(story):
    """An exit with its status, anything else by its name."""
    session = story.session
    assert wording.ending(session) == "exit 0"
    assert wording.ending(replace(session, ending="lost", exit_status=None)) == "lost"
    assert wording.ending(replace(session, ending="\x1b[2J", exit_status=None)) == "\\x1b[2J"
    assert wording.ending(replace(session, ending="")) == ""


def test_a_verdict_tells_its_outcome_once_it_is_known():
    """While a command is held nobody knows yet; a block that was a block is not said twice."""
    held = Judged("1", "x", "hold", "r.y", "")
    entry = Entry(10.0, held, Outcome("1", "denied", "bob"), 20.0)
    assert wording.verdict(entry, 15.0) == "held by r.y"
    assert wording.verdict(entry, 20.0) == "held by r.y, denied by bob"
    blocked = Entry(1.0, replace(held, verdict="block"), Outcome("1", "blocked"), 1.0)
    assert wording.verdict(blocked) == "blocked by r.y"
    assert wording.verdict(Entry(1.0, Judged("1", "x", "allow", "", ""))) == "allowed"


def test_every_verdict_has_a_sign_and_a_word():
    """And no two have the same."""
    assert wording.SYMBOLS.keys() == wording.WORDS.keys()
    assert len(set(wording.SYMBOLS.values())) == 5


@given(st.text(st.characters()))
def test_on_screen_keeps_the_columns(text):
    """One character for one, and none that a terminal would obey."""
    shown = wording.on_screen(text)
    assert len(shown) == len(text)
    categories = {unicodedata.category(char) for char in shown}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_on_screen_keeps_what_has_a_shape():
    """Accents, emoji, and the private glyphs that prompts use."""
    assert wording.on_screen("é日😀\ue0b0 \u00a0") == "é日😀\ue0b0 \u00a0"
