"""A desk on a real store, and what an engineer asks for."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion.approval.desk import Desk
from bastion.approval.link import Links
from bastion.approval.request import new_request
from bastion.approval.telling import Telling
from bastion.audit.log import AuditLog
from bastion.chain import Signer
from bastion.config import Approval
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from tests.samples import wanted

LINK_KEY = bytes(range(32))
URL = "https://bastion.example"


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
    return lambda *messengers: Desk(worker, clock, settings, Telling(audit, links, messengers))


@pytest.fixture
def request_row(clock):
    """A pending request of ann's, or one like it."""
    made = new_request(wanted(), clock=clock, seconds=300, approvers=("leads",))
    return lambda **changes: replace(made, **changes)
