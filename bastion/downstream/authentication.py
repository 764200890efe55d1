"""Who is at the other end: a certificate of ours, proven by its key, becomes an `Identity`.

asyncssh checks the signatures, that the certificate is a user certificate, its times, its
principals against a user name, its source-address and its critical options. What it leaves open is
closed here: principals may not be empty (OpenSSH and asyncssh read that as anybody), the
certificate may not live too long, keys and signatures must be strong, names must be printable.

What always holds: an `Identity` is made here only, from a certificate whose key has just signed
this very request; an unsigned probe proves nothing. What it does not do: decide where the person
may go.
"""

from asyncssh.packet import PacketDecodeError, SSHPacket
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.ca.certificate import facts
from bastion.ca.issue import is_strong
from bastion.downstream.destination import parse
from bastion.guards.algorithms import SIGNATURES
from bastion.identity import Identity
from bastion.printable import printable


def weakness(certificate: SSHOpenSSHCertificate, username: str, *, max_seconds: int) -> str:
    """Why *certificate* is not accepted for a login as *username*; empty where it is."""
    known = facts(certificate)
    names = [known.key_id, *certificate.principals, *known.groups]
    checks = {
        "it names no principals": not certificate.principals,
        "its key is too weak": not is_strong(certificate.key),
        "it lives longer than allowed": known.valid_before - known.valid_after > max_seconds,
        "it names nobody": not known.key_id,
        "it holds names that cannot be shown": any(printable(name) != name for name in names),
        "it forces a command": "force-command" in certificate.options,
        "the user name is not among its principals": not _is_named(certificate, username),
    }
    return next((problem for problem, found in checks.items() if found), "")


def principal_for(certificate: SSHOpenSSHCertificate, username: str) -> str:
    """The name for asyncssh's own principal check.

    A user name `login@target` says where to go, not who it is, so there the certificate speaks for
    itself.
    """
    if username in certificate.principals or parse(username) is None:
        return username
    return certificate.principals[0]


def is_strong_signature(signature: bytes) -> bool:
    """Whether the signature's algorithm is accepted (SHA-1 is not)."""
    try:
        algorithm = SSHPacket(signature).get_string()
    except PacketDecodeError:
        return False
    return algorithm in {name.encode() for name in SIGNATURES}


def identify(certificate: SSHOpenSSHCertificate, address: str) -> Identity:
    """The identity that a proven *certificate* stands for."""
    known = facts(certificate)
    return Identity(
        subject=known.key_id,
        account=certificate.principals[0],
        groups=known.groups,
        serial=known.serial,
        valid_before=known.valid_before,
        fingerprint=certificate.key.get_fingerprint(),
        address=address,
    )


def _is_named(certificate: SSHOpenSSHCertificate, username: str) -> bool:
    return username in certificate.principals or parse(username) is not None
