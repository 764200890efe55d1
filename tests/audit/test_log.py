"""The audit log: what was appended is proven, what was touched is named."""

import asyncio
import json
import sqlite3

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion import chain
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog, check, maker
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from tests.servers.audited import tamper


@pytest.fixture
def signer():
    return chain.Signer(Ed25519PrivateKey.generate())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bastion.db"


@pytest.fixture
def store(path):
    opened = open_store(path)
    yield opened
    opened.close()


@pytest.fixture
def log(store, signer):
    """A log of five entries."""
    for number in range(1, 6):
        detail = {"number": number, "text": "ünïcode \u202e", "at": 0.1}
        store.audit.append(maker(number + 0.5, AuditCode.LOGIN_ACCEPTED, "ann", detail, signer))
    return store


def test_an_untouched_log_fits(log, signer):
    """Unicode and floats survive the way through the store."""
    assert check(log, signer.verifier) == ""


def test_an_empty_log_fits(store, signer):
    """Nothing is nothing to doubt."""
    assert check(store, signer.verifier) == ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET at = 9.5 WHERE seq = 3",
        "UPDATE audit SET code = 'login-refused' WHERE seq = 3",
        "UPDATE audit SET subject = 'eve' WHERE seq = 3",
        """UPDATE audit SET detail = '{"number": 9}' WHERE seq = 3""",
        "UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 2) WHERE seq = 3",
        "UPDATE audit SET signature = (SELECT signature FROM audit WHERE seq = 2) WHERE seq = 3",
    ],
)
def test_a_changed_entry_is_named(log, path, signer, statement):
    """Whichever field was touched."""
    tamper(path, statement)
    assert "entry 3" in check(log, signer.verifier)


def test_a_removed_entry_is_named(log, path, signer):
    """A gap, and also one that was closed by renumbering."""
    tamper(path, "DELETE FROM audit WHERE seq = 2")
    assert check(log, signer.verifier) == "entry 2 is missing"


def test_renumbering_does_not_close_the_gap(log, path, signer):
    """The number is part of what is linked."""
    tamper(
        path,
        "DELETE FROM audit WHERE seq = 2",
        "UPDATE audit SET seq = seq - 1 WHERE seq = 3",
        "UPDATE audit SET seq = seq - 1 WHERE seq = 4",
        "UPDATE audit SET seq = seq - 1 WHERE seq = 5",
    )
    assert "entry 2" in check(log, signer.verifier)


def test_exchanged_entries_are_named(log, path, signer):
    """Order is part of what is linked."""
    tamper(
        path,
        "UPDATE audit SET seq = 30 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 30",
    )
    assert "entry 3" in check(log, signer.verifier)


def test_a_log_chained_anew_with_another_key_is_named(log, path, signer):
    """Whoever has the file but not the key cannot write a log that fits."""
    tamper(path, "DELETE FROM audit")
    other = chain.Signer(Ed25519PrivateKey.generate())
    log.audit.append(maker(1.0, AuditCode.LOGIN_ACCEPTED, "ann", {}, other))
    assert check(log, signer.verifier) == "entry 1 is not signed by this bastion"


@pytest.mark.parametrize("statement", ["UPDATE audit SET subject = 'eve'", "DELETE FROM audit"])
@pytest.mark.usefixtures("log")
def test_the_store_itself_refuses_changes(path, statement):
    """A bug in the bastion cannot rewrite the log."""
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


async def test_many_writers_make_one_chain(path, clock, signer):
    """Also over several connections to the same file, as several processes have."""
    workers = [StoreWorker(lambda: open_store(path)) for _ in range(3)]
    logs = [AuditLog(worker, signer, clock) for worker in workers]
    appends = [
        log.append(AuditCode.COMMAND_BLOCKED, f"s{number}", number=number)
        for number in range(20)
        for log in logs
    ]
    entries = await asyncio.gather(*appends)
    assert sorted(entry.seq for entry in entries) == list(range(1, 61))
    assert await workers[0].run(lambda store: check(store, signer.verifier)) == ""
    for worker in workers:
        worker.close()


async def test_an_entry_says_who_did_what_when(path, clock, signer):
    """The time is the clock's."""
    worker = StoreWorker(lambda: open_store(path))
    entry = await AuditLog(worker, signer, clock).append(
        AuditCode.ACCESS_DENIED, "ann", target="gpu-01"
    )
    assert (entry.at, entry.code, entry.subject) == (clock.now(), "access-denied", "ann")
    assert entry.detail == {"target": "gpu-01"}
    worker.close()


def test_more_entries_than_a_page_are_followed(store, path, signer):
    """The last of 1,500 is checked like the first."""
    for number in range(1500):
        store.audit.append(maker(float(number), AuditCode.LOGIN_ACCEPTED, "", {}, signer))
    assert check(store, signer.verifier) == ""
    tamper(path, "UPDATE audit SET subject = 'eve' WHERE seq = 1500")
    assert "entry 1500" in check(store, signer.verifier)


@pytest.mark.usefixtures("log")
def test_the_detail_is_stored_as_json(path):
    """So that other programs can read it."""
    connection = sqlite3.connect(path)
    (detail,) = connection.execute("SELECT detail FROM audit WHERE seq = 1").fetchone()
    connection.close()
    assert json.loads(detail)["number"] == 1
