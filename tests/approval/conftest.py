"""A desk on a real store, and what an engineer wants."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion.approval.desk import Desk
from bastion.approval.link import Links
from bastion.approval.request import Wanted, new_request
from bastion.audit.log import AuditLog
from bastion.chain import Signer
from bastion.config import Approval
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from bastion.verdict import Span

LINK_KEY = bytes(range(32))
URL = "https://bastion.example"
WANTED = Wanted(
    subject="248289761001",
    account="ann",
    target="gpu-01",
    login="root",
    session_id="01kah9aaaaaaaaaaaaaaaaaaaa",
    command_id="01kah9aaaaaaaaaaaaaaaaaaac",
    text="rm -rf /mnt/x",
    rule="data-delete",
    reason="deletes data",
    dangerous=(Span(0, 6), Span(7, 13)),
)


@dataclass(frozen=True)
class Somebody:
    """Somebody who signed in."""

    subject: str = "s-bob"
    account: str = "bob"
    groups: frozenset[str] = frozenset({"leads"})


@pytest.fixture
def database(tmp_path) -> Path:
    """Where the store is."""
    return tmp_path / "bastion.db"


@pytest.fixture
def worker(database):
    """The store on its thread."""
    opened = StoreWorker(lambda: open_store(database))
    yield opened
    opened.close()


@pytest.fixture
def beside(database, worker):  # noqa: ARG001  the worker makes the file
    """A second connection to the same store: another process's view."""
    opened = open_store(database)
    yield opened
    opened.close()


@pytest.fixture
def audit(worker, clock):
    return AuditLog(worker, Signer(Ed25519PrivateKey.generate()), clock)


@pytest.fixture
def links():
    return Links(LINK_KEY, URL)


@pytest.fixture
def new_desk(worker, audit, clock, links):
    """Makes a desk with messengers: `new_desk(messenger)`."""
    settings = Approval(timeout_seconds=300, approvers=("leads",))
    return lambda *messengers: Desk(
        worker, audit, clock, settings, links=links, messengers=messengers
    )


@pytest.fixture
def wanted():
    """What ann wants, or something like it."""
    return lambda **changes: replace(WANTED, **changes)


@pytest.fixture
def request_row(clock):
    """A pending request of ann's, or one like it."""
    made = new_request(WANTED, clock=clock, seconds=300, approvers=("leads",))
    return lambda **changes: replace(made, **changes)
