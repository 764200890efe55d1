"""Stores in a file of their own, and rows to put into them."""

from dataclasses import replace

import pytest

from bastion.store.rows import Command, Request, Session
from bastion.store.sqlite.database import open_store

SESSION = Session(
    id="01kah9aaaaaaaaaaaaaaaaaaaa",
    kind="shell",
    subject="248289761001",
    account="ann",
    address="192.0.2.7",
    serial=7,
    target="gpu-01",
    login="root",
    command="",
    started_at=1_800_000_000.25,
    recording="2027/01/15/01kah9aaaaaaaaaaaaaaaaaaaa.cast",
)
COMMAND = Command(
    id="c1",
    session_id=SESSION.id,
    at=1_800_000_001.0,
    source="screen",
    text="rm -rf /mnt/x",
    verdict="hold",
    rule="data.delete",
    reason="deletes data",
)
REQUEST = Request(
    id="r1",
    session_id=SESSION.id,
    command_id="c1",
    created_at=1.0,
    expires_at=301.0,
    state="pending",
    subject="248289761001",
    account="ann",
    target="gpu-01",
    login="root",
    text="rm -rf /mnt/x",
    rule="data.delete",
    reason="deletes data",
    binding="ab" * 32,
    dangerous=((0, 6), (7, 13)),
    approvers=("leads", "security"),
)


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    opened = open_store(tmp_path / "bastion.db")
    yield opened
    opened.close()


@pytest.fixture
def session():
    """A session, or one like it: `session(id=…)`."""
    return lambda **changes: replace(SESSION, **changes)


@pytest.fixture
def command():
    """A judged command, or one like it."""
    return lambda **changes: replace(COMMAND, **changes)


@pytest.fixture
def request_row():
    """A request that waits, or one like it."""
    return lambda **changes: replace(REQUEST, **changes)
