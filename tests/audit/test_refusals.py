"""Refusals in the log: as many as it takes, one entry for the others, and a failing store."""

import sqlite3

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion import chain
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.audit.restraint import ALL_ADDRESSES, ONE_ADDRESS, ONE_PERSON
from bastion.errors import StoreError
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bastion.db"


@pytest.fixture
async def log(path, clock):
    """A log in a store of its own."""
    store = StoreWorker(lambda: open_store(path))
    yield AuditLog(store, chain.Signer(Ed25519PrivateKey.generate()), clock)
    store.close()


def entries(path, most=1000):
    store = open_store(path)
    try:
        return store.audit.entries(0, most)
    finally:
        store.close()


async def _flood(log, number: int) -> None:
    for _ in range(number):
        await log.refused(AuditCode.LOGIN_REFUSED, address="192.0.2.7", cause="none")


async def test_a_flood_is_one_entry(log, path):
    """It says how many, by code and address; where nothing was counted there is none."""
    await log.settle()
    await _flood(log, ONE_ADDRESS.burst + 12)
    await log.settle()
    await log.settle()
    *single, summary = entries(path)
    assert [entry.code for entry in single] == ["login-refused"] * ONE_ADDRESS.burst
    assert single[0].detail == {"address": "192.0.2.7", "cause": "none"}
    assert summary.code == "refusals-counted"
    assert summary.detail == {"number": 12, "refused": {"login-refused": {"192.0.2.7": 12}}}


async def test_counts_outlive_a_store_that_fails(log, path):
    """They are written when it answers again."""
    await _flood(log, ONE_ADDRESS.burst + 3)
    blocker = sqlite3.connect(path)
    blocker.execute("ALTER TABLE audit RENAME TO away")
    blocker.commit()
    with pytest.raises(StoreError):
        await log.settle()
    await _flood(log, 1)
    blocker.execute("ALTER TABLE away RENAME TO audit")
    blocker.commit()
    blocker.close()
    await log.settle()
    assert entries(path)[-1].detail["number"] == 4


async def test_somebody_who_goes_on_asking_is_counted(log, path):
    """By their subject; strangers do not use up what people may leave, nor one person another's."""
    for number in range(2 * ALL_ADDRESSES.burst):
        address = f"192.0.{number % 256}.{number // 256}"
        await log.refused(AuditCode.LOGIN_REFUSED, address=address)
    for _ in range(ONE_PERSON.burst + 7):
        await log.denied(AuditCode.ACCESS_DENIED, "s-ann", target="gpu-99")
    await log.denied(AuditCode.ACCESS_DENIED, "s-eve", target="gpu-01")
    await log.settle()
    kept = entries(path, 10_000)
    assert [e.subject for e in kept].count("s-ann") == ONE_PERSON.burst
    assert [e.detail for e in kept if e.subject == "s-eve"] == [{"target": "gpu-01"}]
    assert kept[-1].detail == {"number": 7, "refused": {"access-denied": {"s-ann": 7}}}
