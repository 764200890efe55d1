"""Issues certificates: to people after their login, to the bastion for host names and for hosts.

What always holds: certificates begin a little in the past (clocks differ) and end when the
configuration says; the key that opens hosts exists in memory only, for one connection. What it does
not do: verify tokens or keep rows; the callers do both.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.ca.certificate import Wanted, sign_host, sign_user
from bastion.clock import Clock
from bastion.identity import Person
from bastion.refusal import Code, Refusal

BACKDATE_SECONDS = 60
_MAX_KEY_CHARS = 16 * 1024
_ACCEPTED = frozenset(
    {b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com", b"ecdsa-sha2-nistp256", b"ssh-rsa"}
)
_MIN_RSA_BITS = 3072
_SERIAL_BITS = 63


def new_serial() -> int:
    """A random serial: nobody can count how many were issued, and no counter can be lost."""
    return secrets.randbits(_SERIAL_BITS) | 1


def is_strong(key: asyncssh.SSHKey) -> bool:
    """Whether *key* is of an accepted algorithm and size."""
    if key.algorithm not in _ACCEPTED:
        return False
    bits = getattr(key.pyca_key, "key_size", 0)  # ed25519 has no size to choose
    return key.algorithm != b"ssh-rsa" or bits >= _MIN_RSA_BITS


@dataclass(frozen=True)
class Issued:
    """A certificate with the facts that its row in the store needs."""

    line: str
    serial: int
    principals: tuple[str, ...]
    fingerprint: str
    valid_after: int
    valid_before: int


class UserAuthority:
    """Certifies people's keys."""

    def __init__(
        self, ca: asyncssh.SSHKey, clock: Clock, *, lifetime_seconds: int, allow_pty: bool
    ) -> None:
        self._ca, self._clock = ca, clock
        self._lifetime, self._allow_pty = lifetime_seconds, allow_pty

    def certify(self, public_key: str, person: Person) -> Issued | Refusal:
        """A certificate for the OpenSSH line *public_key*; a refusal of a weak or odd key."""
        line = public_key.strip()
        # asyncssh would take the public half of a private key, which is nobody's but its owner's.
        if len(line) > _MAX_KEY_CHARS or "\n" in line:
            return Refusal(Code.KEY_REFUSED, cause="is not one line of OpenSSH's format")
        try:
            key = asyncssh.import_public_key(line)
        except ValueError as error:
            return Refusal(Code.KEY_REFUSED, cause=str(error))
        if not is_strong(key):
            return Refusal(Code.KEY_REFUSED, cause=f"{key.get_algorithm()} is not accepted")
        now = int(self._clock.now())
        wanted = Wanted(
            key_id=person.subject,
            serial=new_serial(),
            principals=(person.account,),
            valid_after=now - BACKDATE_SECONDS,
            valid_before=now + self._lifetime,
        )
        certificate = sign_user(
            self._ca,
            key,
            wanted,
            groups=sorted(person.groups),
            allow_pty=self._allow_pty,
            allow_jump=True,
        )
        return Issued(
            line=certificate.export_certificate().decode().strip(),
            serial=wanted.serial,
            principals=wanted.principals,
            fingerprint=key.get_fingerprint(),
            valid_after=wanted.valid_after,
            valid_before=wanted.valid_before,
        )


class HostAuthority:
    """Certifies the bastion's host key for the names that it answers for."""

    def __init__(self, ca: asyncssh.SSHKey, clock: Clock) -> None:
        self._ca, self._clock = ca, clock

    def certify(self, key: asyncssh.SSHKey, name: str, *, seconds: int) -> SSHOpenSSHCertificate:
        """A host certificate for *name*."""
        now = int(self._clock.now())
        wanted = Wanted(
            f"bastion for {name}", new_serial(), (name,), now - BACKDATE_SECONDS, now + seconds
        )
        return sign_host(self._ca, key, wanted)


class AccessAuthority:
    """Makes the bastion's own short-lived key pairs that open hosts."""

    def __init__(
        self,
        ca: asyncssh.SSHKey,
        clock: Clock,
        *,
        seconds: int,
        source_addresses: Sequence[str],
    ) -> None:
        self._ca, self._clock = ca, clock
        self._seconds, self._source_addresses = seconds, source_addresses

    def key_pair(self, login: str, key_id: str) -> tuple[asyncssh.SSHKey, SSHOpenSSHCertificate]:
        """A new key and its certificate for the account *login*; never written anywhere."""
        key = asyncssh.generate_private_key("ssh-ed25519")
        now = int(self._clock.now())
        wanted = Wanted(key_id, new_serial(), (login,), now - BACKDATE_SECONDS, now + self._seconds)
        return key, sign_user(
            self._ca, key, wanted, allow_pty=True, source_addresses=self._source_addresses
        )
