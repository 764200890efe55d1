"""Greets who has logged in and says where they may go, and keeps both in store and audit log.

What always holds: a login that cannot be kept is not accepted; a denial is in the audit log with
its cause, while the person is told the same for a missing and a forbidden host. What it does not
do: open channels.
"""

from typing import TypeVar

import structlog

from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.authorization import Authorization
from bastion.clock import Clock
from bastion.downstream.authentication import Refused
from bastion.downstream.destination import Destination
from bastion.errors import StoreError
from bastion.identity import Identity
from bastion.locks.book import LockBook
from bastion.policy.authorize import authorize, may_reach
from bastion.policy.current import Current
from bastion.refusal import Code, Refusal
from bastion.store.rows import Login
from bastion.store.worker import StoreWorker
from bastion.target import Target

_LOG = structlog.get_logger()
_MAX_SERIAL = 2**63 - 1  # the store's numbers have a sign; the audit log has any serial in full

Passed = TypeVar("Passed", Authorization, Target)


class Reception:
    """The front desk of one bastion process."""

    def __init__(self, current: Current, store: StoreWorker, audit: AuditLog, clock: Clock) -> None:
        self._current, self._store = current, store
        self._audit, self._clock = audit, clock
        self._locks = LockBook(store, clock)

    async def greet(self, identity: Identity) -> Refusal | None:
        """Keep the login; a refusal where it cannot be kept, or a lock stands against it."""
        row = Login(
            at=self._clock.now(),
            kind="ssh",
            subject=identity.subject,
            account=identity.account,
            address=identity.address,
            serial=min(identity.serial, _MAX_SERIAL),
        )
        try:
            if refusal := await self._locks.refusal(identity):
                await self._turn_away(identity, refusal)
                return refusal
            await self._store.run(lambda store: store.sessions.add_login(row))
            await self._audit.append(
                AuditCode.LOGIN_ACCEPTED,
                identity.subject,
                address=identity.address,
                serial=identity.serial,
                fingerprint=identity.fingerprint,
            )
        except StoreError as error:
            return Refusal(Code.STORE_UNAVAILABLE, cause=str(error))
        return None

    async def note(self, code: AuditCode, subject: str, **detail: str) -> None:
        """Keep something in the audit log; StoreError where it cannot be kept."""
        await self._audit.append(code, subject, **detail)

    async def refuse(self, address: str, refused: Refused) -> None:
        """Keep that a login was refused; it is refused whether or not that can be kept."""
        try:
            await self._audit.append(
                AuditCode.LOGIN_REFUSED,
                address=address,
                cause=refused.cause,
                username=refused.username,
                claimed=refused.key_id,
                serial=refused.serial,
                fingerprint=refused.fingerprint,
            )
        except StoreError as error:
            _LOG.error("a refused login cannot be kept", cause=str(error))

    async def authorize(
        self, identity: Identity, destination: Destination
    ) -> Authorization | Refusal:
        """Whether *identity* may go to *destination*."""
        rules = self._current.rules
        answer = authorize(
            rules.access,
            rules.inventory,
            identity,
            destination.target,
            destination.login,
            now=self._clock.now(),
        )
        return await self._unlocked(identity, destination.target, destination.login, answer)

    async def may_reach(self, identity: Identity, name: str) -> Target | Refusal:
        """Whether *identity* may go to the host called *name* as anybody."""
        rules = self._current.rules
        answer = may_reach(rules.access, rules.inventory, identity, name, now=self._clock.now())
        return await self._unlocked(identity, name, "", answer)

    async def _unlocked(
        self, identity: Identity, name: str, login: str, answer: Passed | Refusal
    ) -> Passed | Refusal:
        """The *answer*, unless a lock stands against it; only who may reach a host hears of one."""
        if identity.valid_before <= self._clock.now():  # a shared connection outlives it
            answer = Refusal(Code.CERTIFICATE_ENDED, cause="the certificate has ended")
        if not isinstance(answer, Refusal):
            target = answer if isinstance(answer, Target) else answer.target
            answer = await self._locks.refusal(identity, target.way) or answer
        if isinstance(answer, Refusal):
            await self._deny(identity, name, login, answer)
        return answer

    async def _turn_away(self, identity: Identity, refusal: Refusal) -> None:
        await self._audit.append(
            AuditCode.LOGIN_REFUSED,
            identity.subject,
            address=identity.address,
            serial=identity.serial,
            cause=refusal.cause,
        )

    async def _deny(self, identity: Identity, target: str, login: str, refusal: Refusal) -> None:
        await self._audit.append(
            AuditCode.ACCESS_DENIED,
            identity.subject,
            address=identity.address,
            target=target,
            login=login,
            cause=refusal.cause,
        )
