"""Requests for approval in SQLite."""

from dataclasses import replace

import pytest

from tests.samples import request


def test_a_request_comes_back_as_it_was_kept(store):
    """Marked parts and approvers too."""
    store.requests.add(request())
    assert store.requests.get("r1") == request()
    assert store.requests.get("r2") is None


def test_where_a_command_would_run_comes_back(store):
    """The folder, what it comes to, and the screen; each as text that may hold anything."""
    row = request(directory="/mnt/\u2028x", resolved=("rm -rf a", "echo 'b\nc'"), screen="a\nb\x1b")
    store.requests.add(row)
    assert store.requests.get(row.id) == row


def test_bytes_that_are_no_text_are_told_by_a_sign(store):
    """A folder's name and a line may hold any; spans stay where they are."""
    row = request(directory="/mnt/\udce9x", text="rm \udcffx", resolved=("rm \udcffx",))
    store.requests.add(row)
    assert store.requests.get(row.id) == replace(row, directory="/mnt/\ufffdx", text="rm \ufffdx")


def test_a_screen_is_kept_only_while_somebody_may_decide(store):
    """It was shown for the decision, and may hold what is nobody else's."""
    store.requests.add(request(screen="$ cat private"))
    assert store.requests.move("r1", "pending", "denied", {})
    assert store.requests.get("r1").screen == ""


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


def access(**changes):
    """A request for access of ann's."""
    facts = {"kind": "access", "seconds": 600, "session_id": "", "command_id": "", "text": ""}
    return request(**facts | changes)


def test_a_request_for_access_comes_back_as_it_was_kept(store):
    """With its time and where it came from."""
    row = access(address="192.0.2.9", revoked_at=5.0, revoker="bob", revoke_reason="enough")
    store.requests.add(row)
    assert store.requests.get("r1") == row


def test_the_same_access_is_asked_for_once(store):
    """Whoever comes second shares the request that waits; one that is over is not shared."""
    assert store.requests.share(access()) == access()
    assert store.requests.share(access(id="r2", seconds=60)) == access()
    for other in ({"subject": "x"}, {"target": "x"}, {"login": "x"}, {"approvers": ("x",)}):
        made = access(id=f"r-{next(iter(other))}", **other)
        assert store.requests.share(made) == made
    late = access(id="r3", created_at=301.0, expires_at=601.0)
    assert store.requests.share(late) == late
    store.requests.move("r3", "pending", "approved", {"decided_at": 302.0})
    after = access(id="r4", created_at=303.0, expires_at=603.0)
    assert store.requests.share(after) == after


def test_who_leaves_cancels_what_is_not_kept(store):
    """A request that was made without waiting stays, also where it joined one that was not."""
    store.requests.share(access())
    assert store.requests.share(access(id="r2", is_kept=True)) == access(is_kept=True)
    assert not store.requests.leave("r1")
    store.requests.share(access(id="r3", target="x"))
    assert store.requests.leave("r3")
    assert not store.requests.leave("r3")
    assert store.requests.states(["r1", "r3"]) == {"r1": "pending", "r3": "cancelled"}


def test_a_command_that_waits_is_no_request_for_access(store):
    """Though it is of the same person, host and login."""
    store.requests.add(request())
    assert store.requests.share(access(id="r2")).id == "r2"
    assert store.requests.asked("s-ann", 0.0) == 1
    store.requests.move("r1", "pending", "approved", {"decided_at": 2.0})
    assert store.requests.approved(3.0) == []


def test_approved_access_is_listed_while_its_time_lasts(store):
    """Of one subject or of all."""
    for number, subject in enumerate(("s-ann", "s-bob", "s-ann")):
        store.requests.add(access(id=f"r{number}", subject=subject))
    for number in (0, 1):
        store.requests.move(f"r{number}", "pending", "approved", {"decided_at": 100.0})
    assert [row.id for row in store.requests.approved(699.9)] == ["r0", "r1"]
    assert [row.id for row in store.requests.approved(699.9, "s-bob")] == ["r1"]
    assert store.requests.approved(700.0) == []
    store.requests.move("r0", "approved", "revoked", {"revoked_at": 101.0, "revoker": "bob"})
    assert [row.id for row in store.requests.approved(102.0)] == ["r1"]
    assert {row.state for row in store.requests.some(["r0", "r2", "'", "r9"])} == {
        "revoked",
        "pending",
    }


def test_how_often_somebody_asked(store):
    """From a moment on, whatever became of it."""
    for number in range(3):
        store.requests.add(access(id=f"r{number}", created_at=float(number)))
    store.requests.move("r2", "pending", "cancelled", {})
    assert store.requests.asked("s-ann", 1.0) == 2
    assert store.requests.asked("s-bob", 0.0) == 0
