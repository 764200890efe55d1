"""An authorization is given for what the rules name, and refused alike for all else."""

import dataclasses

import pytest

from bastion.authorization import Authorization, Channel, Forward, Limits
from bastion.identity import Evidence, Identity
from bastion.policy.access import AccessRules
from bastion.policy.authorize import authorize, may_open, may_reach, reauthorize
from bastion.policy.grant import Deny, Grant, Require
from bastion.policy.inventory import Inventory
from bastion.refusal import Code, Refusal
from bastion.target import Login, Target

NOW = 1_800_000_000.0
GPU = Target("gpu-01", "192.0.2.1")
HOSTS = Inventory({"gpu-01": GPU})
RULES = AccessRules(
    (
        Grant(
            id="a", groups=("eng",), targets=("gpu-*",), logins=("me",), channels=(Channel.EXEC,)
        ),
        Grant(id="b", groups=("ops",), targets=("*",), logins=("me", "root"), session_seconds=60),
        Grant(id="mfa", groups=("mfa",), targets=("gpu-*",), logins=("me",), amr=("otp",)),
        Grant(
            id="tunnel",
            groups=("web",),
            targets=("*",),
            logins=("me",),
            channels=("forward",),
            forward=("127.0.0.1:8888",),
        ),
    ),
    (Deny(id="no-interns", groups=("interns",), targets=("*",)),),
)


def identity(*groups: str, **evidence: object) -> Identity:
    return Identity(
        *("sub", "ann", frozenset(groups), 7, 2_000_000_000, "SHA256:x", "192.0.2.9"),
        evidence=Evidence(**evidence),
    )


def ask(*groups: str, name: str = "gpu-01", login: str = "me", **evidence: object):
    return authorize(RULES, HOSTS, identity(*groups, **evidence), name, Login(login), now=NOW)


def test_a_grant_gives_an_authorization():
    """It names the person, the host, the login, the channels and the grants."""
    given = ask("eng", name="GPU-01")
    assert given == Authorization(
        identity("eng"), GPU, Login("me"), frozenset({Channel.EXEC}), ("a",)
    )


def test_channels_of_several_grants_add_up_and_limits_are_the_strictest():
    """Who has two grants has the kinds of both, and the numbers of both."""
    given = ask("eng", "ops")
    assert given.channels == {Channel.SHELL, Channel.EXEC}
    assert given.grants == ("a", "b")
    assert given.limits == Limits(session_seconds=60)


def test_the_places_of_a_tunnel_are_in_the_authorization():
    """For whoever opens the channel."""
    given = ask("web")
    assert given.channels == {Channel.FORWARD}
    assert given.forwards == (Forward("127.0.0.1", 8888),)


@pytest.mark.parametrize(
    ("groups", "name", "login"),
    [
        (["eng"], "gpu-02", "me"),
        (["ops"], "nothing", "root"),
        (["eng"], "gpu-01", "root"),
        ([], "gpu-01", "me"),
        (["eng", "interns"], "gpu-01", "me"),
    ],
)
def test_a_missing_and_a_forbidden_host_look_the_same(groups, name, login):
    """Nobody learns which hosts there are; only the cause for the log differs."""
    refusal = ask(*groups, name=name, login=login)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.detail) == (Code.ACCESS_DENIED, "")
    assert refusal.cause


def test_the_log_hears_the_cause():
    """Missing, denied by which rule, granted by none."""
    assert ask("eng", name="gpu-02").cause == "no such host"
    assert ask("eng", "interns").cause == "denied by no-interns"
    assert ask("x").cause == "no grant covers it"
    assert ask("mfa").cause == "grant mfa needs amr"


def test_a_missing_host_takes_the_same_way_through_the_rules():
    """Every rule that is looked at for a host is looked at for a name that no host has."""
    looked: list[str] = []

    class Watched(AccessRules):
        def decide(self, asker, target, login):
            looked.append(target.name)
            return super().decide(asker, target, login)

    rules = Watched(RULES.grants, RULES.denies)
    for name in ("gpu-01", "GPU-02"):
        authorize(rules, HOSTS, identity("x"), name, Login("me"), now=NOW)
        may_reach(rules, HOSTS, identity("x"), name, now=NOW)
    assert looked == ["gpu-01", "gpu-01", "gpu-02", "gpu-02"]


def test_who_only_lacks_a_stronger_login_is_told_so():
    """Also for a host of that name that does not exist, so that it shows nothing."""
    for name in ("gpu-01", "gpu-02"):
        assert ask("mfa", name=name).code is Code.STEP_UP_NEEDED
    assert isinstance(ask("mfa", amr=frozenset({"otp"})), Authorization)
    assert ask("mfa", "interns").code is Code.ACCESS_DENIED
    assert ask("mfa", login="root").code is Code.ACCESS_DENIED


def test_a_channel_needs_the_grant_for_it():
    """The refusal says which kind it was."""
    given = ask("eng")
    assert may_open(given, Channel.EXEC) is None
    refusal = may_open(given, Channel.SHELL)
    assert (refusal.code, refusal.detail) == (Code.CHANNEL_REFUSED, "shell")


def test_reaching_a_host_needs_some_login_on_it():
    """The jump through the bastion is opened before the login is known."""
    assert may_reach(RULES, HOSTS, identity("eng"), "gpu-01", now=NOW) is GPU
    for groups, name in (
        (["eng"], "gpu-02"),
        ([], "gpu-01"),
        (["other"], "gpu-01"),
        (["eng", "interns"], "gpu-01"),
    ):
        answer = may_reach(RULES, HOSTS, identity(*groups), name, now=NOW)
        assert answer.code is Code.ACCESS_DENIED


def test_a_rule_for_one_login_does_not_close_the_way_to_others():
    """What is decided by the login is decided when it is known."""
    rules = AccessRules(RULES.grants, (Deny(id="d", targets=("*",), logins=("root",)),))
    assert may_reach(rules, HOSTS, identity("ops"), "gpu-01", now=NOW) is GPU
    assert isinstance(
        authorize(rules, HOSTS, identity("ops"), "gpu-01", Login("root"), now=NOW), Refusal
    )


class TestAgain:
    """What is open is held against the rules of now."""

    def again(self, rules, held, hosts=HOSTS, **times):
        return reauthorize(rules, hosts, held, **{"now": NOW, "opened_at": NOW} | times)

    def test_it_goes_on_with_what_the_rules_say_now(self):
        """Channels and limits are those of the new rules."""
        rules = AccessRules(
            (Grant(id="n", groups=("eng",), targets=("*",), logins=("me",), idle_seconds=5),)
        )
        answer = self.again(rules, ask("eng"))
        assert answer.limits.idle_seconds == 5
        assert (answer.grants, answer.identity) == (("n",), identity("eng"))
        assert Channel.SHELL in answer.channels

    def test_it_ends_where_no_grant_is_left(self):
        """Or a deny has come, or the host is gone."""
        held = ask("eng")
        denied = AccessRules(RULES.grants, (Deny(id="d", targets=("gpu-*",)),))
        for rules, hosts in ((AccessRules(), HOSTS), (denied, HOSTS), (RULES, Inventory({}))):
            assert self.again(rules, held, hosts).code is Code.ACCESS_DENIED

    def test_it_ends_where_the_name_means_another_machine(self):
        """The session is on the old one."""
        moved = Inventory({"gpu-01": dataclasses.replace(GPU, address="192.0.2.77")})
        assert "address" in self.again(RULES, ask("eng"), moved).cause

    def test_a_login_that_grows_old_ends_nothing(self):
        """Its age counts at the opening; a new session needs a new login."""
        rules = AccessRules(
            (
                Grant(
                    id="f",
                    groups=("eng",),
                    targets=("*",),
                    logins=("me",),
                    login_age_seconds=3600,
                ),
            )
        )
        who = identity("eng", authenticated_at=int(NOW) - 60)
        held = authorize(rules, HOSTS, who, "gpu-01", Login("me"), now=NOW)
        later = NOW + 7200
        assert isinstance(self.again(rules, held, now=later), Authorization)
        refused = self.again(rules, held, now=later, opened_at=later)
        assert refused.code is Code.STEP_UP_NEEDED


def test_a_requirement_that_is_not_met_refuses():
    """By what it asks for: a login can help, or nothing can."""
    grants = (Grant(id="g", groups=("eng",), targets=("*",), logins=("me",)),)
    for require, code in (
        (Require(id="r", targets=("*",), amr=("hwk",)), Code.STEP_UP_NEEDED),
        (Require(id="r", targets=("*",), networks=("10.0.0.0/8",)), Code.ACCESS_DENIED),
    ):
        rules = AccessRules(grants, (), (require,))
        refusal = authorize(rules, HOSTS, identity("eng"), "gpu-01", Login("me"), now=NOW)
        assert refusal.code is code
        assert refusal.cause.startswith("r requires ")
