"""Who is looking: what the signed cookie says about a browser, and the token that guards its forms.

What always holds: a visitor is signed in only after an ID token was verified, for a limited time
that using the pages does not extend; signing in begins a new session, so one that was planted
before is worth nothing. What it does not do: talk to the provider.
"""

import hmac
import secrets
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from bastion.identity import Person

_TOKEN_BYTES = 24
RelevantGroups = Callable[[], frozenset[str]]
"""Tells the groups that may decide anything, by the rules in force."""


@dataclass(frozen=True)
class SignedIn:
    """Somebody who signed in to the pages.

    Attributes:
        groups: of theirs, those that any request could be decided by.
        since: Unix seconds of the sign-in.
    """

    subject: str
    account: str
    groups: frozenset[str]
    since: float


def sign_in(
    session: MutableMapping[str, Any], person: Person, relevant: frozenset[str], now: float
) -> None:
    """Begin a session for *person*; of the groups only the *relevant* fit a cookie for certain."""
    session.clear()
    session["visitor"] = {
        "subject": person.subject,
        "account": person.account,
        "groups": sorted(person.groups & relevant),
        "since": now,
    }
    session["form"] = secrets.token_urlsafe(_TOKEN_BYTES)


def visitor(session: MutableMapping[str, Any], now: float, seconds: int) -> SignedIn | None:
    """Who is signed in; None when nobody is, or not any more after *seconds*."""
    facts = session.get("visitor")
    if not isinstance(facts, dict) or not facts["since"] <= now < facts["since"] + seconds:
        return None
    return SignedIn(facts["subject"], facts["account"], frozenset(facts["groups"]), facts["since"])


def form_token(session: MutableMapping[str, Any]) -> str:
    """What a form of this session has to send back."""
    return str(session.get("form", ""))


def is_own_form(session: MutableMapping[str, Any], sent: object) -> bool:
    """Whether *sent* is the session's form token; compared in constant time."""
    expected = form_token(session)
    return bool(expected) and hmac.compare_digest(expected.encode(), str(sent).encode())
