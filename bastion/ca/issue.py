"""Issues certificates: to people after their login, to the bastion for host names and for hosts.

What always holds: certificates begin a little in the past (clocks differ) and end when the
configuration says; the key that opens hosts exists in memory only, for one connection. What it does
not do: verify tokens or keep rows; the callers do both.
"""

import secrets
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.authorization import Channel
from bastion.ca.certificate import Wanted, facts, host_draft, user_draft
from bastion.ca.evidence import Statement
from bastion.ca.keyring import Keyring
from bastion.ca.strength import is_strong
from bastion.clock import Clock
from bastion.errors import SigningError, UpstreamError
from bastion.identity import Person
from bastion.refusal import Code, Refusal

BACKDATE_SECONDS = 60
_MAX_KEY_CHARS = 16 * 1024
_SERIAL_BITS = 63


def new_serial() -> int:
    """A random serial: nobody can count how many were issued, and no counter can be lost."""
    return secrets.randbits(_SERIAL_BITS) | 1


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
        self,
        ca: Keyring,
        clock: Clock,
        *,
        lifetime_seconds: int,
        allow_pty: bool,
        pin_source_address: bool = False,
    ) -> None:
        self._ca, self._clock = ca, clock
        self._lifetime, self._allow_pty = lifetime_seconds, allow_pty
        self._pin_source_address = pin_source_address

    async def certify(
        self,
        public_key: str,
        person: Person,
        *,
        address: str = "",
        pin_address: bool = False,
        at_most_seconds: int | None = None,
    ) -> Issued | Refusal:
        """A certificate for the OpenSSH line *public_key*; a refusal of a weak or odd key.

        *address* is where it was asked from; it is good from there only where *pin_address*, or
        where every certificate is pinned.
        """
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
        is_pinned = pin_address or self._pin_source_address
        if is_pinned and not address:
            return Refusal(Code.KEY_REFUSED, cause="the address to pin is not known")
        now = int(self._clock.now())
        wanted = Wanted(
            key_id=person.subject,
            serial=new_serial(),
            principals=(person.account,),
            valid_after=now - BACKDATE_SECONDS,
            valid_before=now + min(self._lifetime, at_most_seconds or self._lifetime),
        )
        draft = user_draft(
            key,
            wanted,
            groups=sorted(person.groups),
            statement=Statement(person.issuer, person.evidence),
            allow_pty=self._allow_pty,
            allow_jump=True,
            source_addresses=[address] if is_pinned else [],
        )
        try:
            certificate = await self._ca.certifier(now).certify(draft)
        except SigningError as error:
            return Refusal(Code.CA_UNAVAILABLE, cause=str(error))
        made = facts(certificate)  # a service that signs chooses the serial itself
        return Issued(
            line=certificate.export_certificate().decode().strip(),
            serial=made.serial,
            principals=wanted.principals,
            fingerprint=key.get_fingerprint(),
            valid_after=made.valid_after,
            valid_before=made.valid_before,
        )


class HostAuthority:
    """Certifies the bastion's host key for the names that it answers for."""

    def __init__(self, ca: Keyring, clock: Clock) -> None:
        self._ca, self._clock = ca, clock

    def signing_line(self) -> str:
        """The public key that signs now; when it changes, certificates have to be made anew."""
        return self._ca.lines(self._clock.now())[0]

    async def certify(
        self, key: asyncssh.SSHKey, name: str, *, seconds: int
    ) -> SSHOpenSSHCertificate:
        """A host certificate for *name*; raises SigningError."""
        now = int(self._clock.now())
        wanted = Wanted(
            f"bastion for {name}", new_serial(), (name,), now - BACKDATE_SECONDS, now + seconds
        )
        return await self._ca.certifier(now).certify(host_draft(key, wanted))


class AccessAuthority:
    """Makes the bastion's own short-lived key pairs that open hosts."""

    def __init__(
        self,
        ca: Keyring,
        clock: Clock,
        *,
        seconds: int,
        source_addresses: Sequence[str],
    ) -> None:
        self._ca, self._clock = ca, clock
        self._seconds, self._source_addresses = seconds, source_addresses

    async def key_pair(
        self,
        login: str,
        key_id: str,
        *,
        is_direct: bool = True,
        is_way: bool = False,
        channels: AbstractSet[Channel] = frozenset(),
    ) -> tuple[asyncssh.SSHKey, SSHOpenSSHCertificate]:
        """A new key and its certificate for the account *login*; never written anywhere.

        A host that is reached through another one (not *is_direct*) sees that one's address, so no
        source address can be pinned for it. One that others are reached through (*is_way*) has to
        forward ports, and nothing else. The certificate permits what *channels* need, so that the
        host too refuses what is not among them. Raises UpstreamError where the CA's key cannot be
        used.
        """
        key = asyncssh.generate_private_key("ssh-ed25519")
        now = int(self._clock.now())
        wanted = Wanted(key_id, new_serial(), (login,), now - BACKDATE_SECONDS, now + self._seconds)
        draft = user_draft(
            key,
            wanted,
            allow_pty=not is_way,
            allow_jump=is_way or bool(channels & {Channel.FORWARD, Channel.FORWARD_REMOTE}),
            allow_agent=not is_way and Channel.AGENT in channels,
            allow_x11=not is_way and Channel.X11 in channels,
            source_addresses=self._source_addresses if is_direct else (),
        )
        try:
            return key, await self._ca.certifier(now).certify(draft)
        except SigningError as error:
            raise UpstreamError(Code.CA_UNAVAILABLE, str(error)) from error
