"""The client's API: what a client must know about this bastion, and certificates for ID tokens.

docs/PROTOCOL.certificate describes it.

What always holds: a certificate is answered only after token, key and row in the store and the
audit log are all good; one ID token gets one certificate; who is locked gets none. What it does not
do: log tokens; a token is kept as its SHA-256.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.ca.issue import Issued, UserAuthority
from bastion.clock import Clock
from bastion.errors import StoreError, TokenError
from bastion.locks.book import LockBook
from bastion.oidc.id_token import VerifiedToken
from bastion.oidc.trust import Trust
from bastion.refusal import EXPLAINED, Code, Refusal
from bastion.store.rows import Certificate
from bastion.store.worker import StoreWorker
from bastion.web.pages import STATUS

_LOG = structlog.get_logger()


@dataclass(frozen=True)
class Order:
    """What a client sends."""

    id_token: str
    public_key: str
    access_token: str = ""
    pin_address: bool = False


class CertificateApi:
    """`GET /.well-known/bastion` and `POST /api/certificates`."""

    def __init__(
        self,
        about: Callable[[], Mapping[str, Any]],
        *,
        trust: Trust,
        authority: UserAuthority,
        locks: LockBook,
        store: StoreWorker,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._about, self._trust, self._authority = about, trust, authority
        self._locks, self._store, self._audit, self._clock = locks, store, audit, clock

    def routes(self) -> list[BaseRoute]:
        """What this module serves."""
        return [
            Route("/.well-known/bastion", self._tell),
            Route("/api/certificates", self._certify, methods=["POST"]),
        ]

    async def _tell(self, request: Request) -> Response:  # noqa: ARG002  everybody may know
        return JSONResponse(dict(self._about()))

    async def _certify(self, request: Request) -> Response:
        order = _order(await request.body())
        if order is None:
            return _refused(Refusal(Code.REQUEST_MALFORMED))
        address = request.client.host if request.client else ""
        try:
            verified = await self._trust.accept(order.id_token, access_token=order.access_token)
        except TokenError as error:
            return await self._refuse(Refusal(Code.TOKEN_REFUSED, cause=str(error)), address)
        try:
            issued = await self._locks.refusal(verified.person) or await self._issue(
                order, verified, address
            )
        except StoreError as error:
            issued = Refusal(Code.STORE_UNAVAILABLE, cause=str(error))
        if isinstance(issued, Refusal):
            return await self._refuse(issued, address, verified.person.subject)
        return await self._keep(verified, issued, address)

    async def _issue(self, order: Order, verified: VerifiedToken, address: str) -> Issued | Refusal:
        if "\n" in order.public_key.strip():  # a private key has its public half in it, too
            return Refusal(Code.KEY_REFUSED, cause="the key is more than one line")
        return await self._authority.certify(
            order.public_key,
            verified.person,
            address=address,
            pin_address=order.pin_address,
            at_most_seconds=verified.at_most_seconds,
        )

    async def _keep(self, verified: VerifiedToken, issued: Issued, address: str) -> Response:
        person = verified.person
        row = Certificate(
            serial=issued.serial,
            subject=person.subject,
            account=person.account,
            groups=tuple(sorted(person.groups)),
            fingerprint=issued.fingerprint,
            valid_after=issued.valid_after,
            valid_before=issued.valid_before,
            issued_at=self._clock.now(),
            address=address,
            token_sha256=verified.sha256,
        )
        try:
            if not await self._store.run(lambda store: store.certificates.add(row)):
                return await self._refuse(Refusal(Code.TOKEN_REPLAYED), address, person.subject)
            await self._audit.append(
                AuditCode.CERTIFICATE_ISSUED,
                person.subject,
                serial=issued.serial,
                account=person.account,
                groups=list(row.groups),
                fingerprint=issued.fingerprint,
                valid_before=issued.valid_before,
                address=address,
                issuer=person.issuer,
                **({"workload": verified.workload} if verified.workload else {}),
            )
        except StoreError as error:
            return _refused(Refusal(Code.STORE_UNAVAILABLE, cause=str(error)))
        return JSONResponse(_answer(row, issued))

    async def _refuse(self, refusal: Refusal, address: str, subject: str = "") -> Response:
        try:
            await self._audit.refused(
                AuditCode.CERTIFICATE_REFUSED,
                subject,
                refusal=str(refusal.code),
                cause=refusal.cause,
                address=address,
            )
        except StoreError as error:
            return _refused(Refusal(Code.STORE_UNAVAILABLE, cause=str(error)))
        return _refused(refusal)


def _order(body: bytes) -> Order | None:
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(tree, dict):
        return None
    told = [tree.get("id_token"), tree.get("public_key"), tree.get("access_token", "")]
    texts = [value for value in told if isinstance(value, str)]
    pin = tree.get("pin_address", False)
    if len(texts) < len(told) or not isinstance(pin, bool):
        return None
    id_token, public_key, access_token = texts
    return Order(id_token, public_key, access_token, pin)


def _answer(row: Certificate, issued: Issued) -> dict[str, Any]:
    return {
        "certificate": issued.line,
        "serial": row.serial,
        "subject": row.subject,
        "principals": list(issued.principals),
        "groups": list(row.groups),
        "valid_after": row.valid_after,
        "valid_before": row.valid_before,
    }


def _refused(refusal: Refusal) -> Response:
    _LOG.info("certificate refused", code=str(refusal.code), cause=refusal.cause)
    explained = EXPLAINED[refusal.code]
    tree = {
        "code": str(refusal.code),
        "sentence": explained.sentence,
        "next_step": explained.next_step,
    }
    return JSONResponse(tree, STATUS.get(refusal.code, 500))
