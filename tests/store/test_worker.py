"""The store's thread."""

import asyncio
import sqlite3
import threading

import pytest

from bastion.errors import StoreError
from bastion.store.sqlite.database import open_readonly, open_store
from bastion.store.worker import StoreWorker
from tests.samples import session


@pytest.fixture
def worker(tmp_path):
    """A worker on an empty store."""
    started = StoreWorker(lambda: open_store(tmp_path / "bastion.db"))
    yield started
    started.close()


async def test_operations_run_in_order_on_one_thread(worker):
    """Never two at a time, never on the event loop's thread."""
    seen = []

    def note(_store, number):
        seen.append((number, threading.get_ident()))

    await asyncio.gather(*(worker.run(note, number) for number in range(20)))
    assert [number for number, _ in seen] == list(range(20))
    assert len({thread for _, thread in seen}) == 1
    assert threading.get_ident() not in {thread for _, thread in seen}


async def test_a_database_failure_arrives_as_store_error(worker):
    """So that callers fail closed."""
    await worker.run(lambda store: store.sessions.open(session()))
    with pytest.raises(StoreError, match="the store failed") as caught:
        await worker.run(lambda store: store.sessions.open(session()))
    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)


async def test_a_fault_in_an_operation_leaves_the_store_usable(worker):
    """It arrives as what it is, its transaction is undone, and the next operation runs."""

    def fault(_last):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda store: store.audit.append(fault))
    assert await worker.run(lambda store: store.audit.entries(0, 9)) == []


def test_a_store_that_cannot_be_opened_says_so(tmp_path):
    """At once, to who made the worker."""
    with pytest.raises(StoreError):
        StoreWorker(lambda: open_readonly(tmp_path / "none.db"))
