"""Who is looking: what the signed cookie says about a browser, and the token that guards its forms.

What always holds: a visitor is signed in only after an ID token was verified, for a limited time
that using the pages does not extend; signing in begins a new session, so one that was planted
before is worth nothing; one that was not held against all the locks on groups ends, because the
cookie does not have every group. What it does not do: talk to the provider; read the locks.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from bastion.identity import Person
from bastion.locks.lock import LockKind, locked, refusal
from bastion.refusal import Code, Refusal
from bastion.store.rows import Lock

_TOKEN_BYTES = 24
RelevantGroups = Callable[[], frozenset[str]]
"""Tells the groups that may decide anything, by the rules in force."""


@dataclass(frozen=True)
class SignedIn:
    """Somebody who signed in to the pages.

    Attributes:
        groups: of theirs, those that any request could be decided by.
        since: Unix seconds of the sign-in.
        held_against: names the locks on groups that all of their groups were held against.
    """

    subject: str
    account: str
    groups: frozenset[str]
    since: float
    held_against: str


def sign_in(
    session: MutableMapping[str, Any],
    person: Person,
    relevant: frozenset[str],
    locks: Iterable[Lock],
    now: float,
) -> None:
    """Begin a session for *person*, whom none of the *locks* in force meets.

    Of the groups only the *relevant* fit a cookie for certain.
    """
    session.clear()
    session["visitor"] = {
        "subject": person.subject,
        "account": person.account,
        "groups": sorted(person.groups & relevant),
        "since": now,
        "held_against": _locked_groups(locks),
    }
    session["form"] = secrets.token_urlsafe(_TOKEN_BYTES)


def visitor(session: MutableMapping[str, Any], now: float, seconds: int) -> SignedIn | None:
    """Who is signed in; None when nobody is, or not any more after *seconds*."""
    facts = session.get("visitor")
    if not isinstance(facts, dict) or not facts["since"] <= now < facts["since"] + seconds:
        return None
    return SignedIn(
        facts["subject"],
        facts["account"],
        frozenset(facts["groups"]),
        facts["since"],
        facts.get("held_against", ""),
    )


def barred(who: SignedIn, locks: Iterable[Lock]) -> Refusal | None:
    """Why *who* counts no more with the *locks* in force: locked, or to be held against others."""
    locks = tuple(locks)
    if lock := locked(locks, who):
        return refusal(lock)
    if who.held_against != _locked_groups(locks):
        return Refusal(Code.FORM_EXPIRED, cause="the locks on groups changed since the sign-in")
    return None


def _locked_groups(locks: Iterable[Lock]) -> str:
    """Names the *locks* on groups; another text as soon as there is one more or less."""
    ids = sorted(lock.id for lock in locks if lock.kind == LockKind.GROUP)
    return hashlib.sha256(" ".join(ids).encode()).hexdigest()


def form_token(session: MutableMapping[str, Any]) -> str:
    """What a form of this session has to send back."""
    return str(session.get("form", ""))


def is_own_form(session: MutableMapping[str, Any], sent: object) -> bool:
    """Whether *sent* is the session's form token; compared in constant time."""
    expected = form_token(session)
    return bool(expected) and hmac.compare_digest(expected.encode(), str(sent).encode())
