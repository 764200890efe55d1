"""A CA's key in the SSH engine of OpenBao or Vault, which makes the certificates itself.

The engine checks each certificate against its role, so that even a bastion that was taken over
cannot get any certificate it likes; docs/ca.md has a role that fits.

What always holds: the certificate that comes back says what was asked for and nothing more, or it
is refused; the token is read anew for each certificate and appears in no error. What it does not
do: renew the token; the agent of OpenBao does.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.ca.certificate import EVIDENCE, GROUPS, Draft, Facts, facts
from bastion.ca.evidence import Statement, encode
from bastion.ca.keys import public_line
from bastion.clock import Clock
from bastion.config.ca import OpenBaoCustody
from bastion.errors import KeeperError, SigningError
from bastion.openbao import ask

_MAX_SERIAL = 2**63 - 1  # it draws 64 bits; the store has a sign
_SERIAL_TRIES = 40
_SKEW_SECONDS = 60  # its clock and ours, and its not_before_duration


class OpenBao:
    """One role of one SSH engine."""

    def __init__(
        self,
        settings: OpenBaoCustody,
        clock: Clock,
        public_key: asyncssh.SSHKey,
    ) -> None:
        self._settings, self._clock = settings, clock
        self.public_key = public_key

    @classmethod
    async def open(cls, settings: OpenBaoCustody, clock: Clock) -> Self:
        """The engine, asked for its public key; raises SigningError or ConfigError."""
        with _signing():
            text = await ask(settings, "GET", f"{settings.mount}/public_key", is_public=True)
        try:
            key = asyncssh.import_public_key(text)
        except ValueError as error:
            raise SigningError(f"{settings.url}: its SSH engine has no CA: {error}") from error
        return cls(settings, clock, key)

    async def certify(self, draft: Draft) -> SSHOpenSSHCertificate:
        """The certificate of *draft*; raises SigningError."""
        for _ in range(_SERIAL_TRIES):
            certificate = await self._certify(draft)
            if facts(certificate).serial <= _MAX_SERIAL:
                return certificate
        raise SigningError(f"{self._settings.url}: makes serials that nothing can store")

    async def _certify(self, draft: Draft) -> SSHOpenSSHCertificate:
        order, settings = self._order(draft), self._settings
        with _signing():
            path = f"{settings.mount}/sign/{settings.role}"
            text = await ask(settings, "POST", path, order)
        try:
            certificate = asyncssh.import_certificate(json.loads(text)["data"]["signed_key"])
        except (ValueError, KeyError, TypeError) as error:
            raise SigningError(f"{settings.url}: its answer holds no certificate") from error
        difference = _difference(certificate, draft, self.public_key)
        if difference or not isinstance(certificate, SSHOpenSSHCertificate):
            raise SigningError(
                f"{settings.url}: role {settings.role} changed the certificate: {difference}"
            )
        certificate.set_comment(draft.wanted.key_id)
        return certificate

    def _order(self, draft: Draft) -> dict[str, Any]:
        wanted = draft.wanted
        if any("," in principal for principal in wanted.principals):
            raise SigningError("a principal with a comma would be two principals to OpenBao")
        return {
            "public_key": public_line(draft.key),
            "cert_type": "user" if draft.is_user else "host",
            "key_id": wanted.key_id,
            "valid_principals": ",".join(wanted.principals),
            "ttl": f"{wanted.valid_before - int(self._clock.now())}s",
            "critical_options": _critical(draft),
            "extensions": _extensions(draft),
        }


def _critical(draft: Draft) -> dict[str, str]:
    networks = draft.options.get("source-address")
    if not isinstance(networks, list) or not networks:
        return {}
    return {"source-address": ",".join(str(network) for network in networks)}


def _extensions(draft: Draft) -> dict[str, str]:
    """The extensions as texts: the engine wraps a text as our extensions are encoded."""
    said: dict[str, str] = {}
    for name, value in draft.options.items():
        if name == GROUPS and isinstance(value, tuple) and value:
            said[name] = ",".join(value)
        elif name == EVIDENCE and isinstance(value, Statement) and value:
            said[name] = encode(value).decode()
        elif value is True:
            said[name] = ""
    return said


def _difference(certificate: asyncssh.SSHCertificate, draft: Draft, ca: asyncssh.SSHKey) -> str:
    """What stands in *certificate* that was not wanted, or the other way; empty where nothing."""
    if not isinstance(certificate, SSHOpenSSHCertificate):
        return "it is of another format"
    said, wanted = facts(certificate), draft.wanted
    checks = {
        "another CA signed it": certificate.signing_key != ca,
        "it is for another key": certificate.key != draft.key.convert_to_public(),
        "it is of another kind": said.is_user != draft.is_user,
        "its key id differs": said.key_id != wanted.key_id,
        "its principals differ": tuple(certificate.principals) != wanted.principals,
        "its options differ": _meant(certificate.options) != _meant(draft.options),
        "its time differs": not _is_in_time(said, draft),
    }
    return ", ".join(problem for problem, found in checks.items() if found)


def _meant(options: Any) -> dict[str, object]:
    """*options* without those that are off."""
    return {name: value for name, value in dict(options).items() if value}


def _is_in_time(said: Facts, draft: Draft) -> bool:
    wanted = draft.wanted
    begins = abs(said.valid_after - wanted.valid_after) <= _SKEW_SECONDS
    return begins and abs(said.valid_before - wanted.valid_before) <= _SKEW_SECONDS


@contextmanager
def _signing() -> Iterator[None]:
    """Raises SigningError where the server fails."""
    try:
        yield
    except KeeperError as error:
        raise SigningError(str(error)) from error
