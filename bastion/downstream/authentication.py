"""Who is at the other end: a certificate, proven by its key, becomes an `Identity`.

asyncssh checks signatures, and then again what is checked here: kind, times, source-address and
critical options. It leaves open what is closed here: principals may not be empty (OpenSSH and
asyncssh read that as anybody), the certificate may not live too long, keys and signatures must be
strong, names must be printable. Every refusal has its cause here, for the audit log.

What always holds: an `Identity` is made here only, from a certificate whose key has just signed
this very request (an unsigned probe proves nothing), or from a person who has just signed in at
the provider for this very connection; a CA of somebody else can name nobody of ours.
What it does not do: decide where the person may go.
"""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

from asyncssh.packet import PacketDecodeError, SSHPacket
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.ca.certificate import facts
from bastion.ca.signatories import OURS, Signatories, Signatory
from bastion.ca.strength import is_strong
from bastion.clock import Clock
from bastion.downstream.destination import parse
from bastion.identity import Evidence, Identity, Person
from bastion.printable import printable

_MAX_NAME_CHARS = 512
_MAX_SHOWN_CHARS = 200


@dataclass(frozen=True)
class Refused:
    """A login that was refused; what the certificate says is claimed, not proven.

    Attributes:
        cause: why; printable.
        username: what the client asked to be; printable, as are the next ones.
        key_id: the certificate's; empty where it could not be read.
        serial: of the certificate; 0 where it could not be read.
        fingerprint: of the certified key, or of a plain one; empty where it could not be read.
    """

    cause: str
    username: str
    key_id: str = ""
    serial: int = 0
    fingerprint: str = ""


def refused(cause: str, username: str, certificate: SSHOpenSSHCertificate | None = None) -> Refused:
    """What the audit log is told, short and printable."""
    if certificate is None:
        return Refused(_shown(cause), _shown(username))
    known = facts(certificate)
    return Refused(
        cause=_shown(cause),
        username=_shown(username),
        key_id=_shown(known.key_id),
        serial=known.serial,
        fingerprint=certificate.key.get_fingerprint(),
    )


def refused_key(cause: str, username: str, blob: bytes) -> Refused:
    """The same of a plain key, which nobody has read: its fingerprint is that of its bytes."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return Refused(_shown(cause), _shown(username), fingerprint=f"SHA256:{digest}")


class Examiner:
    """Looks at certificates: by whom they are signed, when and where they are good."""

    def __init__(self, signatories: Signatories, clock: Clock, *, max_seconds: int) -> None:
        self._signatories, self._clock, self._max_seconds = signatories, clock, max_seconds

    def examine(
        self, certificate: SSHOpenSSHCertificate, username: str, address: str
    ) -> Signatory | str:
        """Who vouches for it, or why it is not accepted for a login as *username*."""
        now = self._clock.now()
        signatory = self._signatories.find(certificate.signing_key, now)
        if signatory is None:
            return "no CA that is accepted has signed it"
        most = min(self._max_seconds, signatory.max_seconds or self._max_seconds)
        problem = _untimely(certificate, now) or weakness(certificate, username, max_seconds=most)
        if not problem and not _may_come_from(certificate, address):
            problem = "its source-address is another one"
        return problem or signatory


def weakness(certificate: SSHOpenSSHCertificate, username: str, *, max_seconds: int) -> str:
    """Why *certificate* is not accepted for a login as *username*; empty where it is."""
    known = facts(certificate)
    principals = certificate.principals
    names = [known.key_id, *principals, *known.groups, *known.statement.texts()]
    checks = {
        "it names no principals": not principals,
        "its key is too weak": not is_strong(certificate.key),
        "it lives longer than allowed": known.valid_before - known.valid_after > max_seconds,
        "it names nobody": not known.key_id,
        "it holds names that cannot be shown": any(printable(name) != name for name in names),
        "it holds names that are too long": len(max(names, key=len)) > _MAX_NAME_CHARS,
        "its principals are odd": any(map(_is_odd, principals)) or _has_twice(principals),
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


def is_strong_signature(signature: bytes, accepted: Collection[str]) -> bool:
    """Whether the signature's algorithm is one of the *accepted* (SHA-1 never is)."""
    try:
        algorithm = SSHPacket(signature).get_string()
    except PacketDecodeError:
        return False
    return algorithm in {name.encode() for name in accepted}


def identify(
    certificate: SSHOpenSSHCertificate, address: str, signatory: Signatory = OURS
) -> Identity:
    """The identity that a proven *certificate* of *signatory* stands for.

    Whoever comes from outside is called `NAME:…`, so that no CA can name somebody of another one;
    what an identity provider said is believed of our own CA alone.
    """
    known = facts(certificate)
    prefix = "" if signatory.is_ours else f"{signatory.name}:"
    own_groups = known.groups if signatory.allow_groups else frozenset()
    return Identity(
        subject=prefix + known.key_id,
        account=prefix + certificate.principals[0],
        groups=own_groups | signatory.groups,
        serial=known.serial,
        valid_before=known.valid_before,
        fingerprint=certificate.key.get_fingerprint(),
        address=address,
        issuer=known.statement.issuer if signatory.is_ours else "",
        evidence=known.statement.evidence if signatory.is_ours else Evidence(),
        is_pinned=_is_pinned(certificate, address),
    )


def is_named(person: Person, username: str) -> bool:
    """Whether *person* may log in as *username*: their account, or the name of a destination."""
    return username == person.account or parse(username) is not None


def identify_person(person: Person, address: str, *, valid_before: int) -> Identity:
    """The identity of a *person* who has signed in for this very connection; no certificate."""
    return Identity(
        subject=person.subject,
        account=person.account,
        groups=person.groups,
        serial=0,
        valid_before=valid_before,
        fingerprint="",
        address=address,
        issuer=person.issuer,
        evidence=person.evidence,
    )


def _untimely(certificate: SSHOpenSSHCertificate, now: float) -> str:
    known = facts(certificate)
    checks = {
        "it is a host certificate": not known.is_user,
        "it is not valid yet": now < known.valid_after,
        "it has expired": now >= known.valid_before,
    }
    return next((problem for problem, found in checks.items() if found), "")


def _may_come_from(certificate: SSHOpenSSHCertificate, address: str) -> bool:
    networks = certificate.options.get("source-address")
    if networks is None:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    return isinstance(networks, list) and any(here in network for network in networks)


def _is_pinned(certificate: SSHOpenSSHCertificate, address: str) -> bool:
    """Whether it may come from here, and not from everywhere."""
    networks = certificate.options.get("source-address")
    is_narrow = isinstance(networks, list) and all(network.prefixlen for network in networks)
    return is_narrow and _may_come_from(certificate, address)


def _is_named(certificate: SSHOpenSSHCertificate, username: str) -> bool:
    return username in certificate.principals or parse(username) is not None


def _is_odd(principal: str) -> bool:
    """Whether something reads it as no name or several: a list, an option, nothing."""
    return (
        not principal
        or principal.startswith("-")
        or any(char.isspace() or char == "," for char in principal)
    )


def _has_twice(principals: object) -> bool:
    names = list(principals) if isinstance(principals, list | tuple) else []
    return len(set(names)) < len(names)


def _shown(text: str) -> str:
    return printable(text)[:_MAX_SHOWN_CHARS]
