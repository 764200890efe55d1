"""Certificates that no CA of ours would make, and a client that offers whatever it is given.

With it, what the audit log says of such a login.
"""

import os
from typing import Any

import asyncssh
from asyncssh.packet import NameList, String
from asyncssh.public_key import CERT_TYPE_USER, SSHKeyPair

from bastion.ca.certificate import _algorithm, _Certificate, signature_algorithm
from bastion.store.rows import AuditEntry
from tests.servers.deployment import Deployment
from tests.servers.plain_ssh import plain_ssh


def option(name: str, value: bytes = b"") -> bytes:
    """A critical option or an extension in wire format."""
    return String(name) + String(value)


def groups(*names: str) -> bytes:
    """The extension that holds groups."""
    return option("groups@bastion", NameList(name.encode() for name in names))


def forge(ca: asyncssh.SSHKey, key: asyncssh.SSHKey, **changes: Any) -> bytes:
    """A certificate for *key* with the *changes*, truly signed by *ca*."""
    said: dict[str, Any] = {
        "kind": CERT_TYPE_USER,
        "serial": int.from_bytes(os.urandom(7)),
        "key_id": "sub-engineer",
        "principals": ("engineer",),
        "valid_after": 0,
        "valid_before": 0,
        "critical": b"",
        "extensions": option("permit-port-forwarding") + option("permit-pty"),
        "ca_key": ca.public_data,
        "ca_algorithm": signature_algorithm(ca),
    } | changes
    body = _Certificate._encode(
        key.convert_to_public(),
        said["serial"],
        said["kind"],
        said["key_id"],
        b"".join(String(principal) for principal in said["principals"]),
        said["valid_after"],
        said["valid_before"],
        said["critical"],
        said["extensions"],
    )
    data = String(_algorithm(key)) + body + String(said["ca_key"])
    return data + String(ca.sign(data, said["ca_algorithm"]))


class Offer(SSHKeyPair):
    """What a client offers: any bytes as a key, signed for by any key, by any algorithm."""

    _key_type = "forged"

    def __init__(
        self, key: asyncssh.SSHKey, data: bytes, algorithm: bytes = b"", signs_by: bytes = b""
    ) -> None:
        algorithm = algorithm or _algorithm(key)
        super().__init__(
            algorithm, signature_algorithm(key), key.sig_algorithms, (algorithm,), data, None
        )
        self._key, self._signs_by = key, signs_by or signature_algorithm(key)

    def set_sig_algorithm(self, sig_algorithm: bytes) -> None:
        """Stay with what was chosen."""

    def sign(self, data: bytes) -> bytes:
        """Prove it, or try to."""
        return self._key.sign(data, self._signs_by)


async def log_in(port: int, offer: Any, username: str = "engineer") -> str:
    """Log in with *offer* and nothing else: what the bastion says, empty where it lets us in."""
    try:
        connection = await plain_ssh(
            port, username=username, client_keys=[offer], preferred_auth="publickey"
        )
    except asyncssh.Error as error:
        return str(error)
    connection.close()
    await connection.wait_closed()
    return ""


async def refused(deployment: Deployment, offer: Any, username: str = "engineer") -> AuditEntry:
    """Log in with *offer*, which is refused: the one audit entry of it."""
    before = len(deployment.audited("login-refused"))
    assert "Permission denied" in await log_in(deployment.ssh_port, offer, username)
    (entry,) = deployment.audited("login-refused")[before:]
    assert entry.detail["address"] == "127.0.0.1"
    assert all(str(value).isprintable() for value in entry.detail.values())
    return entry


async def accepted(deployment: Deployment, subject: str) -> None:
    """The audit log says that the newest login was of *subject*."""
    assert deployment.audited("login-accepted")[-1].subject == subject
