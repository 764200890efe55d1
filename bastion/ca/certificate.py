"""Certificates as OpenSSH's PROTOCOL.certkeys describes them, with our extensions.

A certificate is made in two steps, so that whatever holds the CA's key only has to sign bytes:
`unsigned` says what stands in it, `completed` joins it with the signature and verifies it.

The extension `groups@bastion` carries the person's groups as a comma separated name-list,
`evidence@bastion` what the identity provider said (`bastion.ca.evidence`). They are not critical,
so every sshd ignores them.

What always holds: every option of a certificate is set here on purpose (asyncssh's defaults permit
everything, to anybody, for ever); there is at least one principal. What it does not do: decide who
gets a certificate, or whether one is accepted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

import asyncssh
from asyncssh.packet import NameList, SSHPacket, String
from asyncssh.public_key import (
    CERT_TYPE_HOST,
    CERT_TYPE_USER,
    SSHOpenSSHCertificate,
    SSHOpenSSHCertificateV01,
    _certificate_alg_map,
    decode_ssh_certificate,
)

from bastion.ca.evidence import NOTHING_SAID, Statement, decode, encode
from bastion.guards.algorithms import SIGNATURES

GROUPS = "groups@bastion"
EVIDENCE = "evidence@bastion"

_CERTIFICATE_SUFFIX = b"-cert-v01@openssh.com"


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


def _encode_evidence(value: object) -> bytes:
    return String(encode(value)) if isinstance(value, Statement) else b""


def _decode_evidence(packet: SSHPacket) -> Statement:
    try:
        return decode(packet.get_string())
    except ValueError as error:
        raise asyncssh.KeyImportError(f"{EVIDENCE} {error}") from None


class _Certificate(SSHOpenSSHCertificateV01):
    """A version 01 certificate that can carry our extensions."""

    _user_extension_encoders = (  # type: ignore[assignment]  # declared with a fixed length
        (EVIDENCE, _encode_evidence),  # first, because names stand in lexical order
        (GROUPS, _encode_groups),
        *SSHOpenSSHCertificateV01._user_extension_encoders,  # noqa: SLF001  its only hook
    )


# asyncssh decodes by its own class, so its table has to learn the extensions.
SSHOpenSSHCertificateV01._user_extension_decoders = {  # noqa: SLF001
    **SSHOpenSSHCertificateV01._user_extension_decoders,  # noqa: SLF001
    GROUPS.encode(): _decode_groups,
    EVIDENCE.encode(): _decode_evidence,
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
        statement: of our other extension; says nothing without it.
        is_user: whether it is a user certificate.
    """

    key_id: str
    serial: int
    valid_after: int
    valid_before: int
    groups: frozenset[str]
    statement: Statement
    is_user: bool


def facts(certificate: SSHOpenSSHCertificate) -> Facts:
    """The facts that stand in *certificate*."""
    groups = certificate.options.get(GROUPS, ())
    statement = certificate.options.get(EVIDENCE)
    return Facts(
        key_id=certificate._key_id,  # noqa: SLF001  there is no public door
        serial=certificate._serial,  # noqa: SLF001
        valid_after=certificate._valid_after,  # noqa: SLF001
        valid_before=certificate._valid_before,  # noqa: SLF001
        groups=frozenset(groups if isinstance(groups, tuple) else ()),
        statement=statement if isinstance(statement, Statement) else NOTHING_SAID,
        is_user=certificate._cert_type == CERT_TYPE_USER,  # noqa: SLF001
    )


@dataclass(frozen=True)
class Wanted:
    """What is to stand in a certificate; times are Unix seconds."""

    key_id: str
    serial: int
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int


@dataclass(frozen=True)
class Draft:
    """A certificate that nobody has signed yet; made by `user_draft` and `host_draft`.

    Attributes:
        key: the key that is certified.
        wanted: who it is for, and how long.
        kind: OpenSSH's number: 1 for users, 2 for hosts.
        options: critical options and extensions, as asyncssh names them.
    """

    key: asyncssh.SSHKey
    wanted: Wanted
    kind: int
    options: Mapping[str, object]

    def __post_init__(self) -> None:
        if not self.wanted.principals:
            raise ValueError("a certificate without principals would be good for any account")

    @property
    def is_user(self) -> bool:
        """Whether it is for a person, not for a host."""
        return self.kind == CERT_TYPE_USER


def user_draft(
    key: asyncssh.SSHKey,
    wanted: Wanted,
    *,
    groups: Sequence[str] = (),
    statement: Statement = NOTHING_SAID,
    allow_pty: bool,
    allow_jump: bool = False,
    allow_agent: bool = False,
    allow_x11: bool = False,
    source_addresses: Sequence[str] = (),
) -> Draft:
    """A user certificate for *key*: a terminal where *allow_pty*, nothing else by default.

    A jump (`ssh -J`) is a direct-tcpip channel, so it needs permit-port-forwarding: *allow_jump*.
    """
    options: dict[str, object] = {
        "permit-pty": allow_pty,
        "permit-port-forwarding": allow_jump,
        "permit-agent-forwarding": allow_agent,
        "permit-X11-forwarding": allow_x11,
        GROUPS: tuple(sorted(groups)),
        EVIDENCE: statement,
    }
    if source_addresses:
        options["source-address"] = [ip_network(address) for address in source_addresses]
    return Draft(key, wanted, CERT_TYPE_USER, options)


def host_draft(key: asyncssh.SSHKey, wanted: Wanted) -> Draft:
    """A host certificate for *key*; its principals are the names the host answers for."""
    return Draft(key, wanted, CERT_TYPE_HOST, {})


def unsigned(draft: Draft, ca: asyncssh.SSHKey) -> bytes:
    """The bytes that the CA with the public key *ca* has to sign."""
    wanted, made = draft.wanted, _Certificate
    options, extensions = b"", b""
    if draft.is_user:
        options = made._encode_options(dict(draft.options), made._user_option_encoders)  # noqa: SLF001
        extensions = made._encode_options(dict(draft.options), made._user_extension_encoders)  # noqa: SLF001
    body = made._encode(  # noqa: SLF001  asyncssh signs only with keys that it holds itself
        draft.key.convert_to_public(),
        wanted.serial,
        draft.kind,
        wanted.key_id,
        b"".join(String(principal) for principal in wanted.principals),
        wanted.valid_after,
        wanted.valid_before,
        options,
        extensions,
    )
    return String(_algorithm(draft.key)) + body + String(ca.public_data)


def completed(blob: bytes, signature: bytes, comment: str) -> SSHOpenSSHCertificate:
    """The certificate of `unsigned` bytes with their *signature*; ValueError if it is not theirs.

    *comment* ends its line in a file, where people read it.
    """
    certificate = decode_ssh_certificate(blob + String(signature), comment.encode())
    if not isinstance(certificate, SSHOpenSSHCertificate):
        raise TypeError("an unsigned certificate is always one of OpenSSH's format")
    return certificate


def sign_user(
    ca: asyncssh.SSHKey,
    key: asyncssh.SSHKey,
    wanted: Wanted,
    *,
    groups: Sequence[str] = (),
    statement: Statement = NOTHING_SAID,
    allow_pty: bool,
    allow_jump: bool = False,
    source_addresses: Sequence[str] = (),
) -> SSHOpenSSHCertificate:
    """What `user_draft` describes, signed by a *ca* in memory."""
    draft = user_draft(
        key,
        wanted,
        groups=groups,
        statement=statement,
        allow_pty=allow_pty,
        allow_jump=allow_jump,
        source_addresses=source_addresses,
    )
    return _signed(ca, draft)


def sign_host(ca: asyncssh.SSHKey, key: asyncssh.SSHKey, wanted: Wanted) -> SSHOpenSSHCertificate:
    """What `host_draft` describes, signed by a *ca* in memory."""
    return _signed(ca, host_draft(key, wanted))


def signature_algorithm(ca: asyncssh.SSHKey) -> bytes:
    """The algorithm that a CA of this kind signs with; never SHA-1."""
    return b"rsa-sha2-512" if ca.algorithm == b"ssh-rsa" else ca.algorithm


def _signed(ca: asyncssh.SSHKey, draft: Draft) -> SSHOpenSSHCertificate:
    wanted = draft.wanted
    return _Certificate.generate(
        ca,
        _algorithm(draft.key),
        draft.key,
        wanted.serial,
        draft.kind,
        wanted.key_id,
        wanted.principals,
        wanted.valid_after,
        wanted.valid_before,
        dict(draft.options),
        signature_algorithm(ca),
        wanted.key_id.encode(),
    )


def _algorithm(key: asyncssh.SSHKey) -> bytes:
    if key.algorithm.startswith(b"sk-"):
        return key.algorithm.replace(b"@openssh.com", _CERTIFICATE_SUFFIX)
    return key.algorithm + _CERTIFICATE_SUFFIX


def read(data: bytes) -> SSHOpenSSHCertificate:
    """The certificate in *data* as it came over the wire; ValueError with what is wrong with it.

    Its CA's signature is verified. asyncssh's own door says only that it is invalid, and takes
    whatever algorithm the CA signed with.
    """
    packet = SSHPacket(data)
    algorithm = packet.get_string()
    key_handler, reader = _certificate_alg_map.get(algorithm, (None, None))
    if key_handler is None or not (reader and issubclass(reader, SSHOpenSSHCertificate)):
        raise NotACertificate
    _check_signature(SSHPacket(data), key_handler)
    return reader.construct(packet, algorithm, key_handler, None)


class NotACertificate(ValueError):  # noqa: N818  a case to be told apart, not a failure
    """The key is a plain one, or something else of another kind."""

    def __init__(self) -> None:
        super().__init__("it is not an OpenSSH certificate")


def _check_signature(packet: SSHPacket, key_handler: type[asyncssh.SSHKey]) -> None:
    packet.get_string()
    SSHOpenSSHCertificateV01._decode(packet, key_handler)  # noqa: SLF001  skips to the CA's key
    ca, signature = packet.get_string(), packet.get_string()
    if SSHPacket(ca).get_string() in _certificate_alg_map:
        raise ValueError("its CA key is itself a certificate")
    if SSHPacket(signature).get_string().decode("ascii", "replace") not in SIGNATURES:
        raise ValueError("its CA signed with a weak algorithm")
