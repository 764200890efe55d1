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
