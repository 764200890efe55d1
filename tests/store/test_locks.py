"""Locks in SQLite, and sessions that are counted when they open."""

from dataclasses import replace

import pytest

from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_readonly, open_store
from tests.samples import session

LOCK = Lock("l1", "user", "ann", "laptop stolen", 10.0, "local:root")


def test_a_lock_comes_back_as_it_was_kept(store):
    """Every field, None included."""
    store.locks.add(LOCK)
    store.locks.add(replace(LOCK, id="l2", created_at=11.0, expires_at=20.5))
    assert store.locks.standing(12.0) == [
        LOCK,
        replace(LOCK, id="l2", created_at=11.0, expires_at=20.5),
    ]


@pytest.mark.parametrize(("now", "stands"), [(10.0, True), (19.9, True), (20.0, False)])
def test_a_lock_stands_until_it_runs_out(store, now, stands):
    """Not one moment longer."""
    store.locks.add(replace(LOCK, expires_at=20.0))
    assert bool(store.locks.standing(now)) is stands


def test_lifting_ends_one_lock(store):
    """The others stand; who lifted it is kept; twice is once."""
    store.locks.add(LOCK)
    store.locks.add(replace(LOCK, id="l2"))
    assert store.locks.lift("l1", 15.0, "local:bob")
    assert not store.locks.lift("l1", 16.0, "local:eve")
    assert not store.locks.lift("absent", 16.0, "local:eve")
    assert [lock.id for lock in store.locks.standing(17.0)] == ["l2"]
    newest, oldest = store.locks.latest(10)
    assert (oldest.lifted_at, oldest.lifted_by) == (15.0, "local:bob")
    assert newest.lifted_at is None


def test_a_lock_that_ran_out_cannot_be_lifted(store):
    """It ended by itself, and its history says so."""
    store.locks.add(replace(LOCK, expires_at=20.0))
    assert not store.locks.lift("l1", 20.0, "x")


def test_locks_can_be_read_through_the_read_only_door(store, tmp_path):
    """By which a warden looks."""
    store.locks.add(LOCK)
    reader = open_readonly(tmp_path / "bastion.db")
    assert reader.locks.standing(11.0) == [LOCK]
    reader.close()


def test_a_person_has_no_more_sessions_open_than_allowed(store):
    """Those that have ended and those of others do not count."""
    store.sessions.open(session(id="ended"))
    store.sessions.close("ended", 2.0, "exit", 0)
    store.sessions.open(session(id="other", subject="somebody else"))
    assert store.sessions.open(session(id="s1"), 2)
    assert store.sessions.open(session(id="s2"), 2)
    assert not store.sessions.open(session(id="s3"), 2)
    assert {found.id for found in store.sessions.unfinished()} == {"other", "s1", "s2"}
    store.sessions.close("s1", 3.0, "exit", 0)
    assert store.sessions.open(session(id="s3"), 2)
    assert store.sessions.open(session(id="s4"))


def test_two_processes_count_together(store, tmp_path):
    """The last place is given once."""
    other = open_store(tmp_path / "bastion.db")
    assert store.sessions.open(session(id="s1"), 1)
    assert not other.sessions.open(session(id="s2"), 1)
    other.close()
