"""Limits by address before the login, and by person after it."""

import pytest

from bastion.config.limits import Limits
from bastion.downstream.turnstile import Turnstile
from bastion.refusal import Code

HERE, THERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def turnstile(clock):
    """One with small limits."""
    limits = Limits(connections_per_minute=3, failed_logins_per_minute=2, max_connections=2)
    return Turnstile(limits, clock)


def code(refusal):
    return refusal and refusal.code


def test_an_address_that_comes_too_often_is_turned_away(turnstile, clock):
    """Others are not; a minute later it may come again."""
    assert [code(turnstile.arrive(HERE)) for _ in range(4)] == [None] * 3 + [Code.ADDRESS_TOO_BUSY]
    assert turnstile.arrive(THERE) is None
    clock.advance(60)
    assert turnstile.arrive(HERE) is None


def test_an_address_that_fails_too_often_may_not_even_connect(turnstile, clock):
    """Until the minute makes room."""
    turnstile.fail(HERE)
    assert turnstile.arrive(HERE) is None
    turnstile.fail(HERE)
    assert code(turnstile.arrive(HERE)) == Code.TOO_MANY_FAILURES
    assert turnstile.arrive(THERE) is None
    clock.advance(31)
    assert turnstile.arrive(HERE) is None


def test_a_person_has_so_many_connections(turnstile):
    """From wherever; one that ends makes room."""
    assert [code(turnstile.enter("ann")) for _ in range(3)] == [None] * 2 + [
        Code.TOO_MANY_CONNECTIONS
    ]
    assert turnstile.enter("ben") is None
    turnstile.leave("ann")
    assert turnstile.enter("ann") is None


def test_who_has_left_is_forgotten(turnstile):
    """No memory is kept of people without connections."""
    turnstile.enter("ann")
    turnstile.leave("ann")
    assert not turnstile._inside
