"""Requests for approval in SQLite."""

import pytest

from tests.samples import request


def test_a_request_comes_back_as_it_was_kept(store):
    """Marked parts and approvers too."""
    store.requests.add(request())
    assert store.requests.get("r1") == request()
    assert store.requests.get("r2") is None


def test_a_request_moves_only_from_where_it_is(store):
    """Of two decisions one wins; the other is told and changes nothing."""
    store.requests.add(request())
    decided = {"decided_at": 5.0, "decided_by": "s-bob", "decider": "bob", "decision_reason": "ok"}
    assert store.requests.move("r1", "pending", "approved", decided)
    assert not store.requests.move("r1", "pending", "denied", {**decided, "decider": "eve"})
    found = store.requests.get("r1")
    assert (found.state, found.decider, found.decided_at) == ("approved", "bob", 5.0)


@pytest.mark.parametrize("field", ["text", "binding", "state", "expires_at", "id = id, text"])
def test_a_decision_cannot_change_what_was_asked(store, field):
    """What an approval is bound to stays as it is, whatever a caller hands in."""
    store.requests.add(request())
    with pytest.raises(ValueError, match="a decision does not change"):
        store.requests.move("r1", "pending", "approved", {field: "x"})
    assert store.requests.get("r1") == request()


def test_pending_and_latest(store):
    """Pending ones oldest first, all of them newest first."""
    for number in range(1, 4):
        store.requests.add(request(id=f"r{number}"))
    store.requests.move("r2", "pending", "expired", {})
    assert [r.id for r in store.requests.pending()] == ["r1", "r3"]
    assert [r.id for r in store.requests.latest(2)] == ["r3", "r2"]


def test_states_of_many_at_once(store):
    """Unknown identifiers are left out; none at all is fine; a quote is data."""
    store.requests.add(request())
    assert store.requests.states(["r1", "r9", "'"]) == {"r1": "pending"}
    assert store.requests.states([]) == {}
