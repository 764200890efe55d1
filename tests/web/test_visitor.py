"""Who is looking, from what the cookie says."""

import pytest

from bastion.identity import Person
from bastion.web.visitor import SignedIn, form_token, is_own_form, sign_in, visitor

ANN = Person("s-ann", "ann", frozenset({"leads", "engineers"}), "https://idp.test")


@pytest.fixture
def session():
    made = {"form": "planted", "visitor": {"subject": "s-eve"}, "begun": {"x": {}}}
    sign_in(made, ANN, frozenset({"leads", "security"}), 1000.0)
    return made


def test_signing_in_says_who_and_since_when(session):
    """Of the groups, those that can decide anything; the rest would not fit a cookie."""
    assert visitor(session, 1000.0, 60) == SignedIn("s-ann", "ann", frozenset({"leads"}), 1000.0)


def test_signing_in_keeps_nothing_of_before(session):
    """No token, no sign-in under way."""
    assert set(session) == {"visitor", "form"}
    assert session["form"] != "planted"


@pytest.mark.parametrize(("now", "is_in"), [(999.9, False), (1059.9, True), (1060.0, False)])
def test_a_session_has_an_end(session, now, is_in):
    """And none from the future is taken."""
    assert (visitor(session, now, 60) is not None) == is_in


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
