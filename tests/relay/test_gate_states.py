"""The states of the gate, row by row."""

import itertools
from pathlib import Path

import pytest

from bastion.relay.gate_states import MANNERS, NEXT, PRINTED, Event, Keys, State, after

_SHELLS_OWN = {Event.PROMPT, Event.MORE}

ROWS = [
    # A shell comes up, shows its prompt, gets a line, asks, runs it and is back.
    (State.STARTING, Event.TYPED, State.STARTING),
    (State.STARTING, Event.ACCEPTED, State.STARTING),
    (State.STARTING, Event.COMMAND, State.HELD),
    (State.STARTING, Event.PROMPT, State.PROMPT),
    (State.PROMPT, Event.TYPED, State.EDITING),
    (State.PROMPT, Event.ACCEPTED, State.ASKING),
    (State.EDITING, Event.TYPED, State.EDITING),
    (State.EDITING, Event.ACCEPTED, State.ASKING),
    (State.ASKING, Event.LINE, State.HELD),
    (State.HELD, Event.ALLOWED, State.RUNNING),
    (State.RUNNING, Event.PROMPT, State.PROMPT),
    # An empty line, a line that goes on, a line of which nothing is heard.
    (State.ASKING, Event.PROMPT, State.PROMPT),
    (State.ASKING, Event.MORE, State.EDITING),
    (State.ASKING, Event.UNHEARD, State.RUNNING),
    # A line that is denied: nothing goes to the shell before its prompt is back.
    (State.HELD, Event.DENIED, State.ASKING),
    # Commands of a line, and of keys that run some.
    (State.RUNNING, Event.COMMAND, State.HELD),
    (State.EDITING, Event.COMMAND, State.HELD),
    (State.HELD, Event.ANSWERED, State.RUNNING),
    # What was typed ahead is asked for without an Enter.
    (State.PROMPT, Event.LINE, State.HELD),
    (State.RUNNING, Event.LINE, State.HELD),
    (State.RUNNING, Event.MORE, State.EDITING),
    # Programs.
    (State.RUNNING, Event.FULL, State.FULL_SCREEN),
    (State.FULL_SCREEN, Event.PLAIN, State.RUNNING),
    (State.RUNNING, Event.SILENT, State.NO_ECHO),
    (State.NO_ECHO, Event.PROMPT, State.PROMPT),
    (State.FULL_SCREEN, Event.PROMPT, State.PROMPT),
    # The shell leaves, perhaps for another program.
    (State.EDITING, Event.LEAVING, State.RUNNING),
    (State.RUNNING, Event.LEAVING, State.RUNNING),
    # What cannot be is no word of the shell's.
    (State.STARTING, Event.MORE, State.LOST),
    (State.PROMPT, Event.ALLOWED, State.LOST),
]


@pytest.mark.parametrize(("state", "event", "to"), ROWS)
def test_a_row_of_the_table(state, event, to):
    """Each row as it is meant."""
    assert after(state, event) is to


def test_the_page_tells_every_state():
    """What becomes of a key that accepts, and why a line is opaque there, are as documented."""
    page = Path(__file__).parents[2] / "docs" / "states.md"
    rows = [line.strip("| ").split(" | ") for line in page.read_text().split("\n") if "|" in line]
    told = {cells[0]: cells for cells in rows[2:]}
    assert set(told) == {str(state) for state in State}
    for state, manner in MANNERS.items():
        cells = told[state]
        assert cells[2].startswith(manner.keys)
        assert manner.reason in cells[-1]


def test_every_state_has_a_manner():
    """The gate knows everywhere what to do with a key."""
    assert set(MANNERS) == set(State)


def test_nothing_leaves_lost():
    """Trust that is lost does not come back."""
    assert {after(State.LOST, event) for event in Event} == {State.LOST}


def test_everywhere_the_end_of_the_shells_word_is_lost():
    """Whatever the gate was doing."""
    assert {after(state, Event.GONE) for state in State} == {State.LOST}


def test_only_the_shells_own_words_lead_to_a_prompt():
    """No key, no ruling, no output and no time that passes opens the gate for keys."""
    for (state, event), to in NEXT.items():
        if MANNERS[to].keys is Keys.PASS and MANNERS[state].keys is not Keys.PASS:
            assert event in _SHELLS_OWN, (state, event)


@pytest.mark.parametrize(("state", "event"), itertools.product(State, sorted(PRINTED)))
def test_printing_never_makes_the_gate_more_trusting(state, event):
    """What the host prints leaves the treatment of keys as it is, and no reason is lifted."""
    now, then = MANNERS[state], MANNERS[after(state, event)]
    assert then.keys is now.keys
    assert then.reason == now.reason
