"""What opens only after an approval: for whom, where, for how long, and who has to be asked."""

from dataclasses import replace

import pytest

from bastion.authorization import Ask, Authorization, Channel, Permit
from bastion.errors import RulesError
from bastion.identity import Identity
from bastion.policy.access import AccessRules, load
from bastion.policy.authorize import ask_first, authorize, logins_of, may_reach, reauthorize
from bastion.policy.grant import Deny, Grant, Require
from bastion.policy.inventory import Inventory
from bastion.refusal import Code, Refusal
from bastion.target import Login, Target

NOW = 1_800_000_000.0
GPU = Target("gpu-01", "192.0.2.1")
HOSTS = Inventory({"gpu-01": GPU})
ANN = Identity("sub-ann", "ann", frozenset({"eng"}), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")
PERMIT = Permit("r1", "sub-ann", "gpu-01", "root", frozenset({"leads"}), NOW - 60, 600)


def grant(id_="g", **more):
    keys = {"groups": ["eng"], "targets": ["gpu-*"], "logins": ["root"], **more}
    return Grant.model_validate({"id": id_, **keys})


def require(id_="r", **more):
    return Require.model_validate({"id": id_, "targets": ["*"], **more})


def approval(*approvers, seconds=3600):
    return {"approvers": approvers or ("leads",), "window_seconds": seconds}


WITH_LEADS = AccessRules([grant(approval=approval())])


def ask(rules, kind=None, *, permits=(), login="root", name="gpu-01"):
    return ask_first(rules, HOSTS, ANN, name, Login(login), now=NOW, permits=permits, kind=kind)


def go(rules, *permits, now=NOW, login="root"):
    return authorize(rules, HOSTS, ANN, "gpu-01", Login(login), now=now, permits=permits)


def test_nothing_opens_before_somebody_approved():
    """The answer says what to do, and who is to be asked."""
    refusal = go(WITH_LEADS)
    assert (refusal.code, refusal.cause) == (Code.APPROVAL_NEEDED, "grant g needs approval")
    assert ask(WITH_LEADS) == Ask(GPU, Login("root"), "g", ("leads",), 3600)


def test_an_approval_opens_until_its_time_is_over():
    """And the authorization says by which one, and until when."""
    given = go(WITH_LEADS, PERMIT)
    assert isinstance(given, Authorization)
    assert given.permits == (PERMIT,)
    assert given.limits.approved_until == NOW + 540
    assert isinstance(go(WITH_LEADS, PERMIT, now=NOW + 539), Authorization)
    assert go(WITH_LEADS, PERMIT, now=NOW + 540).code is Code.APPROVAL_NEEDED


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "sub-bob"},
        {"subject": "SUB-ANN"},
        {"target": "gpu-02"},
        {"target": "gpu-*"},
        {"login": "ubuntu"},
        {"login": "*"},
        {"login": ""},
        {"approvers": frozenset({"friends"})},
        {"approvers": frozenset({"leads", "friends"})},
        {"approvers": frozenset()},
        {"seconds": 60},
        {"seconds": -1},
        {"since": NOW - 10_000},
        {"since": NOW + 3600},
    ],
)
def test_no_other_approval_opens_it(change):
    """Another person's, host's, login's; by others; over, or of a time that has not come."""
    assert go(WITH_LEADS, replace(PERMIT, **change)).code is Code.APPROVAL_NEEDED


def test_a_rule_that_allows_less_time_now_counts_at_once():
    """Though more was asked for and approved."""
    shorter = AccessRules([grant(approval=approval(seconds=100))])
    assert go(shorter, PERMIT).limits.approved_until == NOW + 40
    assert go(shorter, PERMIT, now=NOW + 40).code is Code.APPROVAL_NEEDED


def test_the_approval_that_lasts_longest_counts():
    """Whoever asked again meanwhile goes on."""
    longer = replace(PERMIT, id="r2", since=NOW - 1)
    assert go(WITH_LEADS, PERMIT, longer).permits == (longer,)


@pytest.mark.parametrize(
    "rules",
    [
        AccessRules([grant(approval=approval(), groups=["others"])]),
        AccessRules([grant(approval=approval(), networks=["198.51.100.0/24"])]),
        AccessRules([grant(approval=approval(), amr=["otp"])]),
        AccessRules([grant(approval=approval())], [Deny(id="d", targets=("*",))]),
        AccessRules([grant(approval=approval())], (), [require(amr=["otp"])]),
        AccessRules((), (), [require(approval=approval())]),
        AccessRules([grant()]),
    ],
)
def test_nothing_else_can_be_approved_away(rules):
    """Where more is missing than the approval, or nothing is, nobody is asked."""
    assert ask(rules) is None


def test_a_missing_host_is_refused_like_a_forbidden_one():
    """Nobody is asked for it; the jump to it is refused, that to a real one is opened."""
    missing = authorize(WITH_LEADS, HOSTS, ANN, "gpu-99", Login("root"), now=NOW)
    forbidden = go(WITH_LEADS, login="toor")
    assert missing.code is forbidden.code is Code.ACCESS_DENIED
    assert ask(WITH_LEADS, name="gpu-99") is None
    assert may_reach(WITH_LEADS, HOSTS, ANN, "gpu-01", now=NOW) == GPU
    assert isinstance(may_reach(WITH_LEADS, HOSTS, ANN, "gpu-99", now=NOW), Refusal)


def test_only_the_kinds_that_lack_it_wait():
    """Commands open at once, a shell after an approval."""
    rules = AccessRules(
        [grant("a", channels=["exec"]), grant("b", channels=["shell"], approval=approval())]
    )
    assert go(rules).channels == {Channel.EXEC}
    assert ask(rules, Channel.SHELL).rule == "b"
    assert ask(rules, Channel.EXEC) is None
    assert ask(rules, Channel.AGENT) is None
    assert go(rules, PERMIT).channels == {Channel.EXEC, Channel.SHELL}


def test_several_who_have_to_approve_are_asked_in_turn():
    """First what the host demands, then the grant; both must have approved."""
    rules = AccessRules(
        [grant(approval=approval())], (), [require(approval=approval("security", seconds=60))]
    )
    by_security = replace(PERMIT, id="r2", approvers=frozenset({"security"}), since=NOW - 1)
    assert ask(rules).approvers == ("security",)
    assert ask(rules, permits=[by_security]).approvers == ("leads",)
    assert go(rules, by_security).code is go(rules, PERMIT).code is Code.APPROVAL_NEEDED
    given = go(rules, by_security, PERMIT)
    assert set(given.permits) == {PERMIT, by_security}
    assert given.limits.approved_until == NOW + 59


def test_of_two_grants_that_which_opens_longest_is_asked_for():
    """One approval is enough."""
    rules = AccessRules(
        [grant("a", approval=approval(seconds=60)), grant("b", approval=approval("others"))]
    )
    assert ask(rules).rule == "b"


def test_a_session_goes_on_while_its_approval_and_its_rule_do():
    """Its end counts, other approvers than those who were asked do not."""
    held = go(WITH_LEADS, PERMIT)

    def again(rules, **more):
        return reauthorize(rules, HOSTS, held, now=more.pop("now", NOW), opened_at=NOW, **more)

    assert again(WITH_LEADS) == held
    assert again(WITH_LEADS, now=NOW + 541).code is Code.APPROVAL_NEEDED
    assert again(WITH_LEADS, permits=()).code is Code.APPROVAL_NEEDED
    changed = AccessRules([grant(approval=approval("security"))])
    assert again(changed).code is Code.APPROVAL_NEEDED
    assert isinstance(again(AccessRules([grant()])), Authorization)


def test_the_logins_that_may_be_asked_for():
    """Those of the grants that concern the person."""
    rules = AccessRules(
        [grant("a", approval=approval()), grant("b", logins=["{account}"], approval=approval())]
    )
    assert logins_of(rules, HOSTS, ANN, "gpu-01", now=NOW) == ["ann", "root"]


FILE = """
[[grant]]
id = "g"
groups = ["eng"]
targets = ["gpu-*"]
logins = ["root"]
approval = {}
"""


def test_the_configured_approvers_decide_where_a_rule_names_none(tmp_path):
    """And the web page is told of every group that may decide."""
    path = tmp_path / "access.toml"
    named = '\n[[require]]\nid = "r"\ntargets = ["*"]\napproval = { approvers = ["security"] }\n'
    path.write_text(FILE.format("{}") + named)
    rules = load(path, ("approvers",))
    assert rules.grants[0].approval.approvers == ("approvers",)
    assert rules.approvers == {"approvers", "security"}
    assert rules.asks
    assert not AccessRules([grant()]).asks


@pytest.mark.parametrize(
    "key",
    [
        "{ approvers = [] }",
        '{ approvers = [""] }',
        '{ approvers = "leads" }',
        "{ window_seconds = 0 }",
        "{ window_seconds = -5 }",
        '{ window = "1h" }',
        "true",
        '"leads"',
    ],
)
def test_a_key_that_cannot_be_read_refuses_the_rules(tmp_path, key):
    """With file and rule."""
    path = tmp_path / "access.toml"
    path.write_text(FILE.format(key))
    with pytest.raises(RulesError, match="approval"):
        load(path)


def test_a_deny_has_no_approval(tmp_path):
    """Nothing that is shut is opened by asking."""
    path = tmp_path / "access.toml"
    path.write_text('[[deny]]\nid = "d"\ntargets = ["*"]\napproval = {}\n')
    with pytest.raises(RulesError, match="unknown key"):
        load(path)
