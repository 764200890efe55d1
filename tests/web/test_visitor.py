"""Who is looking, from what the cookie says."""

import pytest

from bastion.identity import Person
from bastion.refusal import Code
from bastion.store.rows import Lock
from bastion.web.visitor import (
    SignedIn,
    barred,
    form_token,
    is_own_form,
    sign_in,
    visitor,
)

ANN = Person("s-ann", "ann", frozenset({"leads", "engineers"}), "https://idp.test")


def lock(lock_id: str, kind: str, value: str) -> Lock:
    return Lock(lock_id, kind, value, "why", 1.0, "ops")


LOCKS = [lock("l1", "group", "contractors"), lock("l2", "group", "guests")]


@pytest.fixture
def session():
    made = {"form": "planted", "visitor": {"subject": "s-eve"}, "begun": {"x": {}}}
    sign_in(made, ANN, frozenset({"leads", "security"}), LOCKS, 1000.0)
    return made


def test_signing_in_says_who_and_since_when(session):
    """Of the groups, those that can decide anything; the rest would not fit a cookie."""
    who = visitor(session, 1000.0, 60)
    assert who == SignedIn("s-ann", "ann", frozenset({"leads"}), 1000.0, who.held_against)


def test_signing_in_keeps_nothing_of_before(session):
    """No token, no sign-in under way."""
    assert set(session) == {"visitor", "form"}
    assert session["form"] != "planted"


@pytest.mark.parametrize(("now", "is_in"), [(999.9, False), (1059.9, True), (1060.0, False)])
def test_a_session_has_an_end(session, now, is_in):
    """And none from the future is taken."""
    assert (visitor(session, now, 60) is not None) == is_in


def test_nobody_is_barred_by_the_locks_of_the_sign_in(session):
    """In any order, and with locks that meet somebody else."""
    who = visitor(session, 1000.0, 60)
    assert barred(who, LOCKS) is None
    assert barred(who, iter([lock("l9", "user", "eve"), *reversed(LOCKS)])) is None


@pytest.mark.parametrize("kind_value", [("user", "ann"), ("user", "s-ann"), ("group", "leads")])
def test_who_is_locked_is_barred(session, kind_value):
    """By every name that the cookie has."""
    refusal = barred(visitor(session, 1000.0, 60), [*LOCKS, lock("l9", *kind_value)])
    assert (refusal.code, refusal.detail) == (Code.LOCKED, "why")


@pytest.mark.parametrize("locks", [[], LOCKS[:1], [*LOCKS, lock("l3", "group", "engineers")]])
def test_other_locks_on_groups_bar_until_the_next_sign_in(session, locks):
    """Also one that is lifted, which costs a sign-in and tells nothing."""
    assert barred(visitor(session, 1000.0, 60), locks).code is Code.FORM_EXPIRED


def test_a_session_of_an_older_version_is_barred(session):
    """It was held against nothing."""
    del session["visitor"]["held_against"]
    assert barred(visitor(session, 1000.0, 60), []) is not None


@pytest.mark.parametrize("session", [{}, {"visitor": None}, {"visitor": "ann"}, {"visitor": []}])
def test_without_facts_nobody_is_there(session):
    """Whatever stands in their place."""
    assert visitor(session, 1000.0, 60) is None


@pytest.mark.parametrize("sent", [None, "", "x", "é", 7, b"x"])
def test_only_the_session_s_own_form_counts(session, sent):
    """And a session without a token has no form."""
    assert is_own_form(session, form_token(session))
    assert not is_own_form(session, sent)
    assert not is_own_form({}, sent)
