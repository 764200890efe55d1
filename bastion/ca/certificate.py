"""Certificates as OpenSSH's PROTOCOL.certkeys describes them, with our one extension.

The extension `groups@bastion` carries the person's groups as a comma separated name-list. It is not
critical, so every sshd ignores it.

What always holds: every option of a certificate is set here on purpose (asyncssh's defaults permit
everything, to anybody, for ever); there is at least one principal. What it does not do: decide who
gets a certificate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

import asyncssh
from asyncssh.packet import NameList, SSHPacket
from asyncssh.public_key import (
    CERT_TYPE_HOST,
    CERT_TYPE_USER,
    SSHOpenSSHCertificate,
    SSHOpenSSHCertificateV01,
)

GROUPS = "groups@bastion"

_SIGNATURE = b"ssh-ed25519"


def _encode_groups(value: object) -> bytes:
    groups = [str(group) for group in value] if isinstance(value, tuple) else []
    if any("," in group for group in groups):
        raise ValueError("a group's name with a comma would read as two groups")
    return NameList(group.encode() for group in groups)


def _decode_groups(packet: SSHPacket) -> tuple[str, ...]:
    try:
        return tuple(name.decode() for name in packet.get_namelist())
    except UnicodeDecodeError:
        raise asyncssh.KeyImportError(f"{GROUPS} is not UTF-8") from None


class _Certificate(SSHOpenSSHCertificateV01):
    """A version 01 certificate that can carry our extension."""

    _user_extension_encoders = (  # type: ignore[assignment]  # declared with a fixed length
        (GROUPS, _encode_groups),  # first, because names stand in lexical order
        *SSHOpenSSHCertificateV01._user_extension_encoders,  # noqa: SLF001  its only hook
    )


# asyncssh decodes by its own class, so its table has to learn the extension.
SSHOpenSSHCertificateV01._user_extension_decoders = {  # noqa: SLF001
    **SSHOpenSSHCertificateV01._user_extension_decoders,  # noqa: SLF001
    GROUPS.encode(): _decode_groups,
}


@dataclass(frozen=True)
class Facts:
    """What asyncssh keeps in private fields of a certificate.

    Attributes:
        key_id: says for whom it was made.
        serial: from the CA.
        valid_after: Unix seconds.
        valid_before: Unix seconds.
        groups: of our extension; empty without it.
    """

    key_id: str
    serial: int
    valid_after: int
    valid_before: int
    groups: frozenset[str]


def facts(certificate: SSHOpenSSHCertificate) -> Facts:
    """The facts that stand in *certificate*."""
    groups = certificate.options.get(GROUPS, ())
    return Facts(
        key_id=certificate._key_id,  # noqa: SLF001  there is no public door
        serial=certificate._serial,  # noqa: SLF001
        valid_after=certificate._valid_after,  # noqa: SLF001
        valid_before=certificate._valid_before,  # noqa: SLF001
        groups=frozenset(groups if isinstance(groups, tuple) else ()),
    )


@dataclass(frozen=True)
class Wanted:
    """What is to stand in a certificate; times are Unix seconds."""

    key_id: str
    serial: int
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int


def sign_user(
    ca: asyncssh.SSHKey,
    key: asyncssh.SSHKey,
    wanted: Wanted,
    *,
    groups: Sequence[str] = (),
    allow_pty: bool,
    allow_jump: bool = False,
    source_addresses: Sequence[str] = (),
) -> SSHOpenSSHCertificate:
    """A user certificate for *key*: a terminal where *allow_pty*, nothing else by default.

    A jump (`ssh -J`) is a direct-tcpip channel, so it needs permit-port-forwarding: *allow_jump*.
    """
    options: Mapping[str, object] = {
        "permit-pty": allow_pty,
        "permit-port-forwarding": allow_jump,
        "source-address": [ip_network(address) for address in source_addresses],
        GROUPS: tuple(sorted(groups)),
    }
    return _sign(ca, key, wanted, CERT_TYPE_USER, options)


def sign_host(ca: asyncssh.SSHKey, key: asyncssh.SSHKey, wanted: Wanted) -> SSHOpenSSHCertificate:
    """A host certificate for *key*; its principals are the names the host answers for."""
    return _sign(ca, key, wanted, CERT_TYPE_HOST, {})


def _sign(
    ca: asyncssh.SSHKey,
    key: asyncssh.SSHKey,
    wanted: Wanted,
    kind: int,
    options: Mapping[str, object],
) -> SSHOpenSSHCertificate:
    if not wanted.principals:
        raise ValueError("a certificate without principals would be good for any account")
    algorithm = key.algorithm + b"-cert-v01@openssh.com"
    if key.algorithm.startswith(b"sk-"):
        algorithm = key.algorithm.replace(b"@openssh.com", b"-cert-v01@openssh.com")
    return _Certificate.generate(
        ca,
        algorithm,
        key,
        wanted.serial,
        kind,
        wanted.key_id,
        wanted.principals,
        wanted.valid_after,
        wanted.valid_before,
        dict(options),
        _SIGNATURE,
        wanted.key_id.encode(),
    )
