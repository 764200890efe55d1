"""Hosts to choose from."""

import pytest

from bastion.authorization import Channel
from bastion.downstream.outlook import Host
from bastion.policy.reachable import Way
from bastion.target import Login

SHELL = frozenset({Channel.SHELL})


def host(name, *logins, asks=(), is_locked=False, **labels):
    ways = tuple(
        Way(Login(login), frozenset() if login in asks else SHELL, login in asks)
        for login in (logins or ("root",))
    )
    return Host(name, labels, ways, is_locked)


@pytest.fixture
def hosts():
    """A few, of every kind."""
    return [
        host("cpu-01"),
        host("gpu-01", "root", "ubuntu", asks=("root",), pool="research"),
        host("gpu-02", asks=("root",), pool="prod", note="\x1b]0;pwned\x07\u202eabc\n2"),
        host("kepler", is_locked=True, pool="research"),
    ]
