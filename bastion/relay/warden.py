"""The warden: looks after everything that lives in this process, and ends what may not go on.

    locks, approvals (from the store) · rules in force · limits  →  sessions end, connections close

One task a process, not one a session: several times a second it asks the store for the locks in
force and holds every living session and connection against locks, rules and limits. A lock that
another process has set is therefore heard here within a second, and nothing that was opened in
between is missed, because each look looks at everything.

What always holds: a session ends with a sentence before its connection is closed; a store that
cannot be asked for `DEAF_SECONDS` ends everything, because then no lock could be heard. What it
does not do: refuse what is new; whoever opens it does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bastion.approval.permits import PermitBook
from bastion.authorization import Authorization, Permit
from bastion.clock import Clock
from bastion.errors import StoreError
from bastion.identity import Identity
from bastion.locks.book import LockBook
from bastion.locks.lock import locked, refusal
from bastion.looking import Looking
from bastion.policy.current import Rules
from bastion.refusal import Code, Refusal
from bastion.relay.bounds import Due, due
from bastion.relay.live import Live, LiveConnection, LiveSession, Revocation
from bastion.relay.recheck import authorized_again
from bastion.store.rows import Lock

_LOG = structlog.get_logger()
LOOK_SECONDS = 0.15
"""How often everything is looked at."""
DEAF_SECONDS = 30.0
"""How long the store may fail before everything ends."""
_WHY = {
    Code.SESSION_EXPIRED: "its time limit is reached",
    Code.SESSION_IDLE: "nothing was typed",
    Code.CERTIFICATE_ENDED: "your certificate ends",
    Code.APPROVAL_ENDED: "the approved time is over",
}
_GRACE_SECONDS = 0.4  # a client that is told to disconnect drops what it has not shown yet


_Question = tuple[int, tuple[str, ...], str]
"""Which locks, for which way and session."""


@dataclass
class _Life:
    """What the warden remembers of a session: moments of both clocks, and what it has done.

    Attributes:
        clear: the last question that no lock answered, so that it is not asked again and again.
        further: the approvals besides those it lives by that it was last held against.
    """

    opened_at: float
    began: float
    moved: float
    counted: tuple[int, int] = (0, 0)
    clear: _Question | None = None
    rules: Rules | None = None
    further: tuple[Permit, ...] = ()
    warned: Code | None = None


@dataclass
class _Bond:
    """What the warden remembers of a connection."""

    opened_at: float
    clear: _Question | None = None
    condemned: float | None = None
    checked: tuple[Rules, Authorization] | None = None
    refused: Refusal | None = None


class Warden:
    """The warden of one process.

    Args:
        live: what it looks after.
        book: the locks in force.
        rules: the rules in force.
        clock: tells the time.
        permits: the approvals in force.
        end_with_certificate: whether a certificate that ends is the end of what it has opened.
    """

    def __init__(
        self,
        live: Live,
        book: LockBook,
        rules: Callable[[], Rules],
        clock: Clock,
        *,
        permits: PermitBook,
        end_with_certificate: bool = False,
    ) -> None:
        self._live, self._book, self._rules, self._clock = live, book, rules, clock
        self._end_with_certificate = end_with_certificate
        self._lives: dict[LiveSession, _Life] = {}
        self._bonds: dict[LiveConnection, _Bond] = {}
        self._locks: list[Lock] = []
        self._permits, self._withdrawn = permits, dict[str, Refusal]()
        self._standing: tuple[Permit, ...] = ()
        self._generation = 0
        self._heard_at = clock.monotonic()
        self._looking = Looking("what lives", self.look, seconds=LOOK_SECONDS)

    def start(self) -> None:
        """Look from now on."""
        self._looking.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._looking.stop()

    async def look(self) -> None:
        """Look once at everything that lives."""
        sessions, connections = self._live.sessions, self._live.connections
        if not sessions and not connections:
            self._lives, self._bonds = {}, {}
            self._heard_at = self._clock.monotonic()
            return
        await self._hear()
        at, now, rules = self._clock.now(), self._clock.monotonic(), self._rules()
        self._lives = {each: self._lives.get(each) or _Life(at, now, now) for each in sessions}
        for session, life in self._lives.items():
            self._look_at(session, life, rules, now)
        self._bonds = {each: self._bonds.get(each) or _Bond(at) for each in connections}
        for connection, bond in self._bonds.items():
            self._look_after(connection, bond, rules, now)

    async def _hear(self) -> None:
        """Ask for locks and approvals in force; keep the old ones where the store fails."""
        try:
            standing = await self._book.standing()
            held = self._held_permits()
            self._withdrawn = await self._permits.withdrawn(held)
            self._standing = await self._permits.standing() if held else ()
        except StoreError as error:
            _LOG.warning("locks and approvals cannot be read", cause=str(error))
        else:
            self._heard_at = self._clock.monotonic()
            if standing != self._locks:
                self._locks, self._generation = standing, self._generation + 1

    def _lock_on(
        self,
        known: _Life | _Bond,
        identity: Identity,
        way: tuple[str, ...],
        session: str = "",
    ) -> Lock | None:
        question = (self._generation, way, session)
        if known.clear == question:
            return None
        lock = locked(self._locks, identity, way=way, session=session)
        known.clear = None if lock else question
        return lock

    def _held_permits(self) -> set[str]:
        """The approvals by which something lives."""
        held = [session.authorization for session in self._live.sessions]
        held += [each.authorization for each in self._live.connections if each.authorization]
        return {permit.id for each in held for permit in each.permits}

    def _withdrawal(self, held: Authorization) -> Refusal | None:
        """Why an approval that *held* needed is in force no more; None where all are."""
        gone = (self._withdrawn.get(permit.id) for permit in held.permits)
        return next((refusal for refusal in gone if refusal is not None), None)

    def _further(self, held: Authorization) -> tuple[Permit, ...]:
        """What else was approved for the person, where *held* needed an approval."""
        subject, have = held.identity.subject, {permit.id for permit in held.permits}
        return tuple(
            permit
            for permit in self._standing
            if have and permit.subject == subject and permit.id not in have
        )

    def _is_deaf(self, now: float) -> bool:
        return now - self._heard_at >= DEAF_SECONDS

    def _certificate_until(self, identity: Identity) -> float | None:
        """When *identity*'s certificate ends what it opened; None where it ends nothing."""
        return identity.valid_before if self._end_with_certificate else None

    def _look_at(self, session: LiveSession, life: _Life, rules: Rules, now: float) -> None:
        held = session.authorization
        if self._is_deaf(now):
            session.revoke(Revocation(Refusal(Code.STORE_UNAVAILABLE)))
        elif lock := self._lock_on(life, held.identity, held.target.way, session.session_id):
            session.revoke(Revocation(refusal(lock), _named(lock)))
        elif withdrawal := self._withdrawal(held):
            session.revoke(Revocation(withdrawal, {"cause": withdrawal.cause}))
        elif life.rules is not rules and (answer := self._recheck(session, life, rules)):
            session.revoke(Revocation(answer, {"cause": answer.cause}))
        else:
            life.rules = rules
            self._lengthen(session, life, rules)
            self._bound(session, life, now)

    def _lengthen(self, session: LiveSession, life: _Life, rules: Rules) -> None:
        """Let *session* live by an approval that came later, where that counts longer."""
        further = self._further(session.authorization)
        if further != life.further:
            life.further = further
            self._recheck(session, life, rules)  # what it lives by ends by `_bound`, not by this

    def _recheck(self, session: LiveSession, life: _Life, rules: Rules) -> Refusal | None:
        held = session.authorization
        answer = authorized_again(
            rules,
            held,
            session.kind,
            now=self._clock.now(),
            opened_at=life.opened_at,
            permits=(*held.permits, *self._further(held)),
        )
        if isinstance(answer, Refusal):
            return answer
        session.authorization = answer
        return None

    def _bound(self, session: LiveSession, life: _Life, now: float) -> None:
        """Warn of a limit that is near, end by one that is reached."""
        # At a terminal only keys count: output that nobody watches is what idle means.
        given = 0 if session.has_terminal else session.given_bytes
        if (counted := (session.taken_bytes, given)) != life.counted:
            life.counted, life.moved = counted, now
        end = due(
            session.authorization.limits,
            age=now - life.began,
            idle=now - life.moved,
            now=self._clock.now(),
            certificate_until=self._certificate_until(session.authorization.identity),
        )
        if end is not None and end.is_over:
            session.revoke(Revocation(Refusal(end.code)))
        elif end is None or not end.is_near:
            life.warned = None
        elif life.warned is not end.code and session.has_terminal and not session.is_full_screen:
            life.warned = end.code
            session.warn(_warning(end))

    def _look_after(
        self, connection: LiveConnection, bond: _Bond, rules: Rules, now: float
    ) -> None:
        """Close a connection that may not go on, once its sessions have said so."""
        refused = self._refused(connection, bond, rules, now)
        if refused is None:
            bond.condemned = None
            return
        if bond.condemned is None:
            bond.condemned = now
        if now - bond.condemned >= _GRACE_SECONDS:
            connection.leave(refused)

    def _refused(
        self, connection: LiveConnection, bond: _Bond, rules: Rules, now: float
    ) -> Refusal | None:
        identity, held = connection.identity, connection.authorization
        if identity is None or self._is_deaf(now):
            return Refusal(Code.STORE_UNAVAILABLE)
        if lock := self._lock_on(bond, identity, held.target.way if held else ()):
            return refusal(lock)
        until = self._certificate_until(identity)
        if until is not None and until <= self._clock.now():
            return Refusal(Code.CERTIFICATE_ENDED)
        if held is None:
            return None
        further = self._further(held)
        if withdrawal := self._withdrawal(held):
            rest = [each for each in held.permits if each.id not in self._withdrawn]
            is_shut = isinstance(self._again(rules, held, bond, [*rest, *further]), Refusal)
            return withdrawal if is_shut else None
        if bond.checked is None or bond.checked[0] is not rules or bond.checked[1] is not held:
            answer = self._again(rules, held, bond, [*held.permits, *further])
            bond.checked = (rules, held)
            bond.refused = answer if isinstance(answer, Refusal) else connection.may(answer)
        return bond.refused

    def _again(
        self, rules: Rules, held: Authorization, bond: _Bond, permits: list[Permit]
    ) -> Authorization | Refusal:
        at, now = bond.opened_at, self._clock.now()
        return authorized_again(rules, held, now=now, opened_at=at, permits=permits)


def _named(lock: Lock) -> dict[str, str]:
    return {"lock": lock.id, "kind": lock.kind, "value": lock.value, "by": lock.created_by}


def _warning(end: Due) -> str:
    seconds = max(round(end.seconds), 1)
    left = "1 minute" if seconds == round(end.warn_seconds) == 60 else f"{seconds} seconds"  # noqa: PLR2004
    return f"this session ends in {left}: {_WHY[end.code]} [{end.code}]"
