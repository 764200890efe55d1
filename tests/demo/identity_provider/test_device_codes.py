"""Device codes: when a terminal is told what."""

import re

import pytest

from bastion.demo.identity_provider.accounts import ACCOUNTS
from bastion.demo.identity_provider.device_codes import LIFE_SECONDS, DeviceCodes

SCOPES = frozenset({"openid", "groups"})


@pytest.fixture
def codes(clock):
    return DeviceCodes(clock, interval=5)


def test_a_user_code_is_easy_to_type(codes):
    """Eight letters without vowels, in two halves."""
    assert re.fullmatch(r"[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}", codes.start(SCOPES)[1])


def test_a_terminal_waits_then_gets_in_once(codes, clock):
    """Pending, then the account with the scopes it asked for, then nothing."""
    device_code, user_code = codes.start(SCOPES)
    clock.advance(5)
    assert codes.poll(device_code) == "authorization_pending"
    codes.decide(codes.find(user_code), ACCOUNTS["engineer"])
    clock.advance(5)
    assert codes.poll(device_code) == (ACCOUNTS["engineer"], SCOPES)
    clock.advance(5)
    assert codes.poll(device_code) == "invalid_grant"


def test_a_hasty_terminal_is_slowed_down(codes, clock):
    """Each time by five seconds, also when it was let in already."""
    device_code, user_code = codes.start(SCOPES)
    codes.decide(codes.find(user_code), ACCOUNTS["engineer"])
    clock.advance(3)
    assert codes.poll(device_code) == "slow_down"
    clock.advance(5)
    assert codes.poll(device_code) == "slow_down"
    clock.advance(14)
    assert codes.poll(device_code) == (ACCOUNTS["engineer"], SCOPES)


def test_a_denied_terminal_is_told_once(codes, clock):
    """After that the code is unknown."""
    device_code, user_code = codes.start(SCOPES)
    codes.decide(codes.find(user_code), None)
    clock.advance(5)
    assert codes.poll(device_code) == "access_denied"
    assert codes.poll(device_code) == "invalid_grant"


def test_a_decision_is_final(codes):
    """A decided request is not found again, so nobody decides it twice."""
    _, user_code = codes.start(SCOPES)
    codes.decide(codes.find(user_code), None)
    assert codes.find(user_code) is None


def test_a_code_expires(codes, clock):
    """For the person and for the terminal."""
    device_code, user_code = codes.start(SCOPES)
    clock.advance(LIFE_SECONDS)
    assert codes.find(user_code) is None
    assert codes.poll(device_code) == "expired_token"


def test_the_oldest_goes_when_there_are_too_many(codes, clock):
    """Somebody who asks for ever fills no memory."""
    first, _ = codes.start(SCOPES)
    last = [codes.start(SCOPES)[0] for _ in range(1000)][-1]
    clock.advance(5)
    assert codes.poll(first) == "invalid_grant"
    assert codes.poll(last) == "authorization_pending"
