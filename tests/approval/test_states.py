"""The table of states."""

import itertools

import pytest

from bastion.approval.states import (
    APPROVED,
    CANCELLED,
    DENIED,
    EXPIRED,
    LAPSED,
    MOVES,
    PENDING,
    REVOKED,
    USED,
    may_move,
)

ALLOWED = {
    (PENDING, APPROVED),
    (PENDING, DENIED),
    (PENDING, EXPIRED),
    (PENDING, CANCELLED),
    (APPROVED, USED),
    (APPROVED, LAPSED),
    (APPROVED, REVOKED),
}
STATES = [PENDING, APPROVED, USED, LAPSED, REVOKED, DENIED, EXPIRED, CANCELLED]


@pytest.mark.parametrize(("source", "to"), itertools.product(STATES, STATES))
def test_only_these_moves(source, to):
    """Seven moves are allowed; above all, nothing comes back, and nothing is used unapproved."""
    assert may_move(source, to) == ((source, to) in ALLOWED)


@pytest.mark.parametrize("state", ["", "PENDING", "unknown", "pending "])
def test_an_unknown_state_moves_nowhere(state):
    """And nothing moves into it."""
    assert not any(may_move(state, to) or may_move(to, state) for to in STATES)


def test_every_state_stands_in_the_table():
    """A terminal one with no way out; the table cannot be changed while running."""
    assert set(MOVES) == set(STATES)
    assert {state for state, ways in MOVES.items() if not ways} == {
        USED,
        LAPSED,
        REVOKED,
        DENIED,
        EXPIRED,
        CANCELLED,
    }
    with pytest.raises(TypeError):
        MOVES[USED] = frozenset({PENDING})
