"""Which keys a host may prove itself with, and in which order it is asked."""

import asyncssh

from bastion.target import Target
from bastion.upstream.hostkeys import algorithms, fingerprints, pinned


def line(kind: str) -> str:
    return asyncssh.generate_private_key(kind).export_public_key().decode().strip()


RSA, CA = line("ssh-rsa"), line("ssh-ed25519")


def test_only_what_is_pinned_is_known():
    """For any address, and never nothing at all: that would mean the user's own file."""
    trusted, authorities, revoked = pinned(Target("h", "a", host_keys=(RSA,), host_cas=(CA,)))(
        "x", "y", None
    )
    assert trusted == [asyncssh.import_public_key(RSA)]
    assert authorities == [asyncssh.import_public_key(CA)]
    assert revoked == []


def test_what_is_pinned_is_asked_for_first():
    """A host with several keys shows the pinned one; one without it shows what it has."""
    assert algorithms(Target("h", "a", host_keys=(RSA,)))[:2] == ["rsa-sha2-512", "rsa-sha2-256"]
    assert algorithms(Target("h", "a", host_keys=(RSA,)))[2:] == [
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
    ]


def test_certificates_are_asked_for_where_a_ca_is_pinned():
    """Before plain keys, and only there."""
    with_ca = algorithms(Target("h", "a", host_cas=(CA,)))
    assert with_ca[0] == "ssh-ed25519-cert-v01@openssh.com"
    assert with_ca[-1] == "rsa-sha2-256"
    assert not any("cert" in name for name in algorithms(Target("h", "a", host_keys=(RSA,))))


def test_fingerprints_name_the_kind():
    """Keys first, then CAs."""
    shown = fingerprints(Target("h", "a", host_keys=(RSA,), host_cas=(CA,)))
    assert [text.split(":")[0] for text in shown] == ["ssh-rsa SHA256", "ssh-ed25519 SHA256"]
