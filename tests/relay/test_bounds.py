"""When a session has to end."""

import pytest

from bastion.authorization import Limits
from bastion.refusal import Code
from bastion.relay.bounds import due


def test_a_certificate_is_one_more_end():
    """Where it is to end what it has opened."""
    ended = due(Limits(until=1090.0), age=0, idle=0, now=1000.0, certificate_until=1060.0)
    assert (ended.seconds, ended.code, ended.is_near) == (60, Code.CERTIFICATE_ENDED, True)
    later = due(Limits(until=1010.0), age=0, idle=0, now=1000.0, certificate_until=1060.0)
    assert later.code is Code.SESSION_EXPIRED


def test_without_limits_nothing_ends():
    """However old."""
    assert due(Limits(), age=1e9, idle=1e9, now=1e9) is None


@pytest.mark.parametrize(
    ("limits", "age", "idle", "seconds", "code"),
    [
        (Limits(session_seconds=600), 0, 0, 600, Code.SESSION_EXPIRED),
        (Limits(session_seconds=600), 600, 0, 0, Code.SESSION_EXPIRED),
        (Limits(idle_seconds=300), 9999, 100, 200, Code.SESSION_IDLE),
        (Limits(until=1060.0), 5, 5, 60, Code.SESSION_EXPIRED),
        (Limits(session_seconds=600, idle_seconds=300), 0, 0, 300, Code.SESSION_IDLE),
        (Limits(session_seconds=600, idle_seconds=300), 500, 0, 100, Code.SESSION_EXPIRED),
        (Limits(600, 300, 1, 1010.0), 0, 0, 10, Code.SESSION_EXPIRED),
        (Limits(until=900.0), 0, 0, -100, Code.SESSION_EXPIRED),
    ],
)
def test_the_first_end_counts(limits, age, idle, seconds, code):
    """Of all limits the one that comes first, at the moment 1000."""
    end = due(limits, age=age, idle=idle, now=1000.0)
    assert (end.seconds, end.code) == (seconds, code)
    assert end.is_over is (seconds <= 0)


@pytest.mark.parametrize(
    ("limits", "age", "is_near"),
    [
        (Limits(session_seconds=600), 539, False),
        (Limits(session_seconds=600), 540, True),
        (Limits(session_seconds=60), 0, False),
        (Limits(session_seconds=60), 30, True),
        (Limits(idle_seconds=10), 4, False),
        (Limits(idle_seconds=10), 5, True),
        (Limits(until=1061.0), 0, False),
        (Limits(until=1060.0), 0, True),
    ],
)
def test_a_warning_comes_a_minute_before(limits, age, is_near):
    """Or at half of a limit that is shorter than two minutes."""
    assert due(limits, age=age, idle=age, now=1000.0).is_near is is_near
