"""Greets who has logged in and says where they may go, and keeps both in store and audit log.

What always holds: a login that cannot be kept is not accepted; a denial is in the audit log with
its cause, while the person is told the same for a missing and a forbidden host. What it does not
do: open channels.
"""

from typing import TypeVar

import structlog

from bastion.approval.permits import PermitBook
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.authorization import Ask, Authorization, Channel, Permit
from bastion.clock import Clock
from bastion.config.limits import Limits
from bastion.downstream.authentication import Refused
from bastion.downstream.destination import Destination
from bastion.downstream.outlook import Outlook
from bastion.errors import StoreError
from bastion.identity import Identity
from bastion.locks.book import LockBook
from bastion.policy.authorize import ask_first, authorize, logins_of, may_reach
from bastion.policy.current import Current, Rules
from bastion.policy.endpoint import Endpoint
from bastion.policy.forwards import is_ssh_port, ssh_host
from bastion.refusal import Code, Refusal
from bastion.store.rows import Login
from bastion.store.worker import StoreWorker
from bastion.target import Target

_LOG = structlog.get_logger()
_MINUTE = 60.0
_MAX_SERIAL = 2**63 - 1  # the store's numbers have a sign; the audit log has any serial in full

Passed = TypeVar("Passed", Authorization, Ask, Target)


class Reception:
    """The front desk of one bastion process.

    Attributes:
        outlook: what people can see of it.
    """

    def __init__(
        self,
        current: Current,
        store: StoreWorker,
        audit: AuditLog,
        clock: Clock,
        limits: Limits = Limits(),  # noqa: B008  frozen
    ) -> None:
        self._current, self._store = current, store
        self._audit, self._clock, self._limits = audit, clock, limits
        self._locks, self._permits = LockBook(store, clock), PermitBook(store, clock)
        self.outlook = Outlook(current, store, clock, self._locks, self._permits)

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
            if refusal := await self._too_often(identity):
                await self.limited(identity.address, identity.subject, refusal)
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

    async def turned_away(
        self, code: AuditCode, subject: str, *, address: str, **detail: str
    ) -> None:
        """Keep that somebody did not come in; StoreError where it cannot be kept."""
        await self._audit.refused(code, subject, address=address, **detail)

    async def denied(self, identity: Identity, **detail: str) -> None:
        """Keep that somebody was refused what they asked for; StoreError where it cannot be."""
        await self._audit.denied(
            AuditCode.ACCESS_DENIED, identity.subject, address=identity.address, **detail
        )

    async def refuse(self, address: str, refused: Refused) -> None:
        """Keep that a login was refused; it is refused whether or not that can be kept."""
        try:
            await self._audit.refused(
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

    async def limited(self, address: str, subject: str, refusal: Refusal) -> None:
        """Keep that a limit was met; it is refused whether or not that can be kept."""
        try:
            await self._audit.refused(
                AuditCode.LIMIT_REACHED,
                subject,
                address=address,
                limit=str(refusal.code),
                cause=refusal.detail,
            )
        except StoreError as error:
            _LOG.error("a limit that was met cannot be kept", cause=str(error))

    @property
    def rules(self) -> Rules:
        """In force; another object as soon as they are others."""
        return self._current.rules

    async def authorize(
        self, identity: Identity, destination: Destination
    ) -> Authorization | Refusal:
        """Whether *identity* may go to *destination*; what needs an approval first is refused."""
        answer = self._authorized(identity, destination, await self._permitted(identity))
        return await self._unlocked(identity, destination.target, destination.login, answer)

    async def admission(
        self, identity: Identity, destination: Destination, kind: Channel | None = None
    ) -> Authorization | Ask | Refusal:
        """The same for a channel of *kind* (or of any), and what to ask for where that helps."""
        permits = await self._permitted(identity)
        answer = self._authorized(identity, destination, permits)
        if isinstance(answer, Authorization) and (kind is None or kind in answer.channels):
            return await self._unlocked(identity, destination.target, destination.login, answer)
        if ask := self._ask(identity, destination, kind, permits):
            return await self._unlocked(identity, ask.target.name, ask.login, ask)
        is_door_shut = isinstance(answer, Authorization) or answer.code is Code.APPROVAL_NEEDED
        if kind is not None and is_door_shut:  # the host is open to them, this kind of channel not
            return Refusal(Code.CHANNEL_REFUSED, str(kind))
        return await self._unlocked(identity, destination.target, destination.login, answer)

    async def asking(self, identity: Identity, destination: Destination) -> Ask | None:
        """What would have to be approved for kinds of channels that are not open there."""
        return self._ask(identity, destination, None, await self._permitted(identity))

    def logins(self, identity: Identity, name: str) -> list[str]:
        """The accounts on the host called *name* that are open, or would be after an approval."""
        rules, now = self._current.rules, self._clock.now()
        return [*map(str, logins_of(rules.access, rules.inventory, identity, name, now=now))]

    async def barred(self, identity: Identity) -> Refusal | None:
        """Why *identity* may do nothing any more, though the connection is open."""
        if identity.valid_before <= self._clock.now():
            return Refusal(Code.CERTIFICATE_ENDED, cause="the certificate has ended")
        return await self._locks.refusal(identity)

    async def may_reach(self, identity: Identity, name: str) -> Target | Refusal:
        """Whether *identity* may go to the host called *name* as anybody."""
        rules = self._current.rules
        answer = may_reach(rules.access, rules.inventory, identity, name, now=self._clock.now())
        return await self._unlocked(identity, name, "", answer)

    async def _permitted(self, identity: Identity) -> tuple[Permit, ...]:
        """The approvals of *identity* that are in force, where any rule asks for some."""
        if not self._current.rules.access.asks:
            return ()
        return await self._permits.of(identity.subject)

    def _authorized(
        self, identity: Identity, destination: Destination, permits: tuple[Permit, ...]
    ) -> Authorization | Refusal:
        rules, now = self._current.rules, self._clock.now()
        target, login = destination.target, destination.login
        return authorize(
            rules.access, rules.inventory, identity, target, login, now=now, permits=permits
        )

    def _ask(
        self,
        identity: Identity,
        destination: Destination,
        kind: Channel | None,
        permits: tuple[Permit, ...],
    ) -> Ask | None:
        rules, now = self._current.rules, self._clock.now()
        target, login = destination.target, destination.login
        return ask_first(
            rules.access,
            rules.inventory,
            identity,
            target,
            login,
            now=now,
            permits=permits,
            kind=kind,
        )

    def find(self, name: str) -> Target | None:
        """The host called *name*; that there is one is not for everybody to hear."""
        return self._current.rules.inventory.find(name)

    def ssh_host(self, endpoint: Endpoint, here: Target | None) -> Target | None:
        """The host whose SSH port *endpoint* is, seen from the host *here*."""
        return ssh_host(self._current.rules.inventory, endpoint, here)

    def is_ssh_port(self, endpoint: Endpoint) -> bool:
        """Whether some host has its SSH at that port number."""
        return is_ssh_port(self._current.rules.inventory, endpoint)

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

    async def _too_often(self, identity: Identity) -> Refusal | None:
        """Why a person may not log in again so soon, on whichever process they did."""
        since = self._clock.now() - _MINUTE
        recent = await self._store.run(
            lambda store: store.sessions.logins_since(identity.subject, since)
        )
        most = self._limits.logins_per_minute
        return Refusal(Code.TOO_MANY_LOGINS, f"at most {most}") if recent >= most else None

    async def _turn_away(self, identity: Identity, refusal: Refusal) -> None:
        await self._audit.refused(
            AuditCode.LOGIN_REFUSED,
            identity.subject,
            address=identity.address,
            serial=identity.serial,
            cause=refusal.cause,
        )

    async def _deny(self, identity: Identity, target: str, login: str, refusal: Refusal) -> None:
        kept = {"target": target, "login": login, "cause": refusal.cause}
        await self.denied(identity, **kept)
