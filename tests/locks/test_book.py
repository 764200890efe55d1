"""The locks in force, as a process reads them."""

import sqlite3

import pytest

from bastion.errors import StoreError
from bastion.locks.book import LockBook
from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from tests.locks.test_lock import ANN


@pytest.fixture
def worker(tmp_path):
    opened = StoreWorker(lambda: open_store(tmp_path / "bastion.db"))
    yield opened
    opened.close()


async def test_a_lock_of_another_process_counts_at_once(worker, clock, tmp_path):
    """Nothing is remembered between two questions."""
    book = LockBook(worker, clock)
    assert await book.refusal(ANN) is None
    other = open_store(tmp_path / "bastion.db")
    other.locks.add(Lock("l1", "user", "ann", "why", clock.now(), "x"))
    assert "(why)" in (await book.refusal(ANN)).text()
    other.locks.lift("l1", clock.now(), "x")
    assert await book.refusal(ANN) is None
    other.close()


async def test_a_lock_ends_by_the_clock(worker, clock):
    """To the moment."""
    book, until = LockBook(worker, clock), clock.now() + 60
    await worker.run(
        lambda store: store.locks.add(Lock("l1", "host", "gpu-*", "why", 1.0, "x", until))
    )
    clock.advance(59.9)
    assert await book.refusal(ANN, ("gpu-01",)) is not None
    assert await book.refusal(ANN) is None
    clock.advance(0.1)
    assert await book.refusal(ANN, ("gpu-01",)) is None


async def test_a_store_that_fails_lets_nobody_in(worker, clock):
    """It raises, and callers refuse."""

    def break_it(store):
        store.locks._database.execute("DROP TABLE locks")

    await worker.run(break_it)
    with pytest.raises(StoreError) as caught:
        await LockBook(worker, clock).refusal(ANN)
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
