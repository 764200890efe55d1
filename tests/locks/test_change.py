"""Setting and lifting, with the audit log."""

import pytest

from bastion.audit import log
from bastion.chain import Signer, create_key, load_signer
from bastion.locks.change import lift_lock, set_lock
from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_store

LOCK = Lock("l1", "user", "ann", "laptop stolen", 10.0, "local:root", 99.0)


@pytest.fixture
def signer(tmp_path) -> Signer:
    create_key(tmp_path / "record_key")
    return load_signer(tmp_path / "record_key")


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "bastion.db")
    yield opened
    opened.close()


class BrokenError(Exception):
    """The audit log cannot be written."""


class NoAudit:
    """A store whose audit log fails."""

    def __init__(self, store) -> None:
        self.locks, self.audit = store.locks, self

    def append(self, make):  # noqa: ARG002  the store's
        raise BrokenError


def test_both_are_audited_and_signed(store, signer):
    """Who, what, why, until when."""
    set_lock(store, LOCK, signer)
    assert lift_lock(store, LOCK, at=20.0, by="local:bob", signer=signer)
    first, second = store.audit.entries(0, 10)
    assert (first.code, first.subject, first.at) == ("lock-set", "local:root", 10.0)
    assert first.detail == {
        "lock": "l1",
        "kind": "user",
        "value": "ann",
        "reason": "laptop stolen",
        "expires_at": 99.0,
    }
    assert (second.code, second.subject, second.at) == ("lock-lifted", "local:bob", 20.0)
    assert log.check(store, signer.verifier) == ""


def test_lifting_twice_lifts_once(store, signer):
    """The second time nothing happens, and nothing is audited."""
    set_lock(store, LOCK, signer)
    assert lift_lock(store, LOCK, at=20.0, by="x", signer=signer)
    assert not lift_lock(store, LOCK, at=21.0, by="y", signer=signer)
    assert len(store.audit.entries(0, 10)) == 2
    (kept,) = store.locks.latest(10)
    assert (kept.lifted_at, kept.lifted_by) == (20.0, "x")


def test_a_lock_that_ran_out_cannot_be_lifted(store, signer):
    """It has ended already."""
    set_lock(store, LOCK, signer)
    assert not lift_lock(store, LOCK, at=99.0, by="x", signer=signer)


def test_without_an_audit_log_the_door_is_shut(store, signer):
    """Set: it is in force all the same. Lift: it stays."""
    with pytest.raises(BrokenError):
        set_lock(NoAudit(store), LOCK, signer)
    assert store.locks.standing(20.0) == [LOCK]
    with pytest.raises(BrokenError):
        lift_lock(NoAudit(store), LOCK, at=20.0, by="x", signer=signer)
    assert store.locks.standing(20.0) == [LOCK]
