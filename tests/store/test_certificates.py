"""Issued certificates in SQLite."""

import sqlite3
from dataclasses import replace

import pytest

from bastion.store.rows import Certificate

CERTIFICATE = Certificate(
    serial=1,
    subject="s",
    account="ann",
    groups=("ml", "ops"),
    fingerprint="SHA256:x",
    valid_after=1,
    valid_before=2,
    issued_at=1.0,
    address="192.0.2.7",
    token_sha256="ab" * 32,
)


def test_a_token_becomes_one_certificate(store):
    """The second exchange of a token is told, and keeps nothing."""
    assert store.certificates.add(CERTIFICATE)
    assert not store.certificates.add(replace(CERTIFICATE, serial=2))
    assert store.certificates.add(replace(CERTIFICATE, serial=2, token_sha256="cd" * 32))


def test_a_serial_is_used_once(store):
    """Two certificates with one serial are a fault, not a replay."""
    store.certificates.add(CERTIFICATE)
    with pytest.raises(sqlite3.IntegrityError):
        store.certificates.add(replace(CERTIFICATE, token_sha256="cd" * 32))


def test_the_newest_certificate_of_somebody_is_found(store):
    """By subject or account; who has the name as subject goes before whoever has it as account."""
    for number, changes in enumerate(
        [
            {"issued_at": 5.0, "groups": ("old",)},
            {"issued_at": 9.0, "groups": ("new",)},
            {"issued_at": 7.0, "groups": ("between",)},
            {"issued_at": 99.0, "subject": "other", "account": "s"},
        ]
    ):
        changed = replace(CERTIFICATE, serial=number + 1, token_sha256=f"{number:064}", **changes)
        assert store.certificates.add(changed)
    assert store.certificates.newest("ann").groups == ("new",)
    assert store.certificates.newest("s").serial == 2
    assert store.certificates.newest("other").account == "s"
    for name in ("bob", "", "an_", "%", "' OR 1=1 --"):
        assert store.certificates.newest(name) is None
