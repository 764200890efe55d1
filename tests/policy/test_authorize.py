"""An authorization is given for what a grant names, and refused alike for all else."""

import pytest

from bastion.authorization import Authorization, Channel
from bastion.identity import Identity
from bastion.policy.access import AccessRules, Grant
from bastion.policy.authorize import authorize, may_open, may_reach
from bastion.policy.inventory import Inventory
from bastion.refusal import Code, Refusal
from bastion.target import Login, Target

GPU = Target("gpu-01", "192.0.2.1")
HOSTS = Inventory({"gpu-01": GPU})
RULES = AccessRules(
    (
        Grant(
            id="a", groups=("eng",), targets=("gpu-*",), logins=("me",), channels=(Channel.EXEC,)
        ),
        Grant(id="b", groups=("ops",), targets=("*",), logins=("me", "root")),
    )
)


def identity(*groups: str) -> Identity:
    return Identity("sub", "ann", frozenset(groups), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")


def test_a_grant_gives_an_authorization():
    """It names the person, the host, the login, the channels and the grants."""
    who = identity("eng")
    given = authorize(RULES, HOSTS, who, "GPU-01", Login("me"))
    assert given == Authorization(who, GPU, Login("me"), frozenset({Channel.EXEC}), ("a",))


def test_channels_of_several_grants_add_up():
    """Who has two grants has both."""
    given = authorize(RULES, HOSTS, identity("eng", "ops"), "gpu-01", Login("me"))
    assert given.channels == {Channel.SHELL, Channel.EXEC}
    assert given.grants == ("a", "b")


@pytest.mark.parametrize(
    ("groups", "name", "login"),
    [(["eng"], "gpu-02", "me"), (["eng"], "gpu-01", "root"), ([], "gpu-01", "me")],
)
def test_a_missing_and_a_forbidden_host_look_the_same(groups, name, login):
    """Nobody learns which hosts there are; only the cause for the log differs."""
    refusal = authorize(RULES, HOSTS, identity(*groups), name, Login(login))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.detail) == (Code.ACCESS_DENIED, "")
    assert refusal.cause


def test_a_channel_needs_the_grant_for_it():
    """The refusal says which kind it was."""
    given = authorize(RULES, HOSTS, identity("eng"), "gpu-01", Login("me"))
    assert may_open(given, Channel.EXEC) is None
    refusal = may_open(given, Channel.SHELL)
    assert (refusal.code, refusal.detail) == (Code.CHANNEL_REFUSED, "shell")


def test_reaching_a_host_needs_some_login_on_it():
    """The jump through the bastion is opened before the login is known."""
    assert may_reach(RULES, HOSTS, identity("eng"), "gpu-01") is GPU
    for groups, name in ((["eng"], "gpu-02"), ([], "gpu-01"), (["other"], "gpu-01")):
        assert may_reach(RULES, HOSTS, identity(*groups), name).code is Code.ACCESS_DENIED
