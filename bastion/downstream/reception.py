"""Greets who has logged in and says where they may go, and keeps both in store and audit log.

What always holds: a login that cannot be kept is not accepted; a denial is in the audit log with
its cause, while the person is told the same for a missing and a forbidden host. What it does not
do: open channels.
"""

from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.authorization import Authorization
from bastion.clock import Clock
from bastion.downstream.destination import Destination
from bastion.errors import StoreError
from bastion.identity import Identity
from bastion.policy.authorize import authorize, may_reach
from bastion.policy.current import Current
from bastion.refusal import Code, Refusal
from bastion.store.rows import Login
from bastion.store.worker import StoreWorker
from bastion.target import Target


class Reception:
    """The front desk of one bastion process."""

    def __init__(self, current: Current, store: StoreWorker, audit: AuditLog, clock: Clock) -> None:
        self._current, self._store = current, store
        self._audit, self._clock = audit, clock

    async def greet(self, identity: Identity) -> Refusal | None:
        """Keep the login; a refusal where it cannot be kept."""
        row = Login(
            at=self._clock.now(),
            kind="ssh",
            subject=identity.subject,
            account=identity.account,
            address=identity.address,
            serial=identity.serial,
        )
        try:
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

    async def authorize(
        self, identity: Identity, destination: Destination
    ) -> Authorization | Refusal:
        """Whether *identity* may go to *destination*."""
        rules = self._current.rules
        answer = authorize(
            rules.access, rules.inventory, identity, destination.target, destination.login
        )
        if isinstance(answer, Refusal):
            await self._deny(identity, destination.target, destination.login, answer)
        return answer

    async def may_reach(self, identity: Identity, name: str) -> Target | Refusal:
        """Whether *identity* may go to the host called *name* as anybody."""
        rules = self._current.rules
        answer = may_reach(rules.access, rules.inventory, identity, name)
        if isinstance(answer, Refusal):
            await self._deny(identity, name, "", answer)
        return answer

    async def _deny(self, identity: Identity, target: str, login: str, refusal: Refusal) -> None:
        await self._audit.append(
            AuditCode.ACCESS_DENIED,
            identity.subject,
            address=identity.address,
            target=target,
            login=login,
            cause=refusal.cause,
        )
