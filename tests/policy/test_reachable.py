"""What is shown as open is what opens, and no more."""

import pytest

from bastion.authorization import Authorization, Channel, Permit
from bastion.identity import Identity
from bastion.policy.access import AccessRules
from bastion.policy.authorize import authorize
from bastion.policy.grant import Deny, Grant
from bastion.policy.inventory import Inventory
from bastion.policy.reachable import Way, ways
from bastion.target import Login, Target

NOW = 1_800_000_000.0
GPU, SAFE = Target("gpu-01", "192.0.2.1"), Target("safe-01", "192.0.2.2")
HOSTS = Inventory({"gpu-01": GPU, "safe-01": SAFE})
ASKS = {"approvers": ("leads",), "window_seconds": 600}
RULES = AccessRules(
    (
        Grant(id="run", groups=("eng",), targets=("gpu-*",), logins=("me",), channels=("exec",)),
        Grant(id="ops", groups=("ops",), targets=("gpu-*",), logins=("me", "root")),
        Grant(id="asks", groups=("eng",), targets=("*",), logins=("root",), approval=ASKS),
        Grant(id="all", groups=("interns",), targets=("*",), logins=("me",)),
    ),
    (Deny(id="no-interns", groups=("interns",), targets=("gpu-*",)),),
)


def seen(*groups, target=GPU, **asked):
    who = Identity("sub", "ann", frozenset(groups), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")
    return ways(RULES, HOSTS, who, target, now=NOW, **asked)


def test_accounts_are_shown_with_what_is_open():
    """And what waits for an approval is marked."""
    asks = Way(Login("root"), frozenset(), needs_approval=True)
    run = Way(Login("me"), frozenset({Channel.EXEC}), needs_approval=False)
    assert seen("eng") == (run, asks)
    assert seen("eng", target=SAFE) == (asks,)


def test_for_one_kind_of_channel():
    """The menu opens shells: an account that only runs commands is none for it."""
    assert [way.login for way in seen("eng", kind=Channel.SHELL)] == ["root"]
    assert [way.login for way in seen("ops", kind=Channel.SHELL)] == ["me", "root"]


def test_an_approval_that_is_given_counts():
    """Then nothing is left to be asked."""
    permit = Permit("r", "sub", "gpu-01", "root", frozenset({"leads"}), NOW - 5, 600)
    [way] = seen("eng", kind=Channel.SHELL, permits=(permit,))
    assert (way.needs_approval, Channel.SHELL in way.channels) == (False, True)


@pytest.mark.parametrize("groups", [(), ("guests",), ("interns",)])
def test_who_may_not_sees_nothing(groups):
    """No grant, or a deny."""
    assert seen(*groups) == ()


def test_what_is_shown_is_what_authorize_says():
    """For every combination of groups, hosts and accounts here."""
    for groups in [("eng",), ("ops",), ("eng", "ops"), ("interns", "ops")]:
        who = Identity("sub", "ann", frozenset(groups), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")
        for target in HOSTS:
            shown = {way.login: way for way in seen(*groups, target=target)}
            for login in map(Login, ("me", "root", "other")):
                answer = authorize(RULES, HOSTS, who, target.name, login, now=NOW)
                is_open = login in shown and not shown[login].needs_approval
                assert is_open is isinstance(answer, Authorization)
