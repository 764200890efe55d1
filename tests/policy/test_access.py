"""Grants open hosts to groups, and nothing else does."""

import pytest

from bastion.authorization import Channel
from bastion.errors import RulesError
from bastion.policy.access import load
from bastion.target import Login, Target

GPU = Target("gpu-01", "192.0.2.1", labels={"pool": "research", "site": "a"})
CPU = Target("cpu-01", "192.0.2.2")
TEXT = """
[[grant]]
id = "engineers"
groups = ["engineers", "students"]
targets = ["gpu-*"]
logins = ["ubuntu"]

[[grant]]
id = "research"
groups = ["research"]
targets = ["*"]
labels = { pool = "research", site = "a" }
logins = ["ubuntu", "root"]
channels = ["exec"]
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "access.toml"


@pytest.fixture
def rules(path):
    path.write_text(TEXT)
    return load(path)


@pytest.mark.parametrize(
    ("groups", "target", "login", "grants"),
    [
        ({"engineers"}, GPU, "ubuntu", ["engineers"]),
        ({"students"}, GPU, "ubuntu", ["engineers"]),
        ({"engineers"}, GPU, "root", []),
        ({"engineers"}, CPU, "ubuntu", []),
        ({"engineer"}, GPU, "ubuntu", []),
        ({"ENGINEERS"}, GPU, "ubuntu", []),
        (set(), GPU, "ubuntu", []),
        ({"research"}, GPU, "root", ["research"]),
        ({"research"}, CPU, "root", []),
        ({"research"}, Target("x", "x", labels={"pool": "research"}), "root", []),
        ({"research", "engineers"}, GPU, "ubuntu", ["engineers", "research"]),
        ({"research"}, GPU, "*", []),
        ({"research"}, GPU, "", []),
    ],
)
def test_a_grant_needs_group_host_labels_and_login(rules, groups, target, login, grants):
    """All four, each in full; grants add up."""
    found = rules.for_login(frozenset(groups), target, Login(login))
    assert [grant.id for grant in found] == grants


def test_channels_have_a_default(rules):
    """A shell and single commands; whoever wants less says so."""
    assert set(rules.grants[0].channels) == {Channel.SHELL, Channel.EXEC}
    assert rules.grants[1].channels == (Channel.EXEC,)


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        ('[[grant]]\nid = "engineers"\ngroups=["a"]\ntargets=["b"]\nlogins=["c"]', "in line 2"),
        ('[[grant]]\nid = "x"\ngroups=[]\ntargets=["b"]\nlogins=["c"]', "groups"),
        ('[[grant]]\nid = "x"\ngroups=["a"]\ntargets=["b"]\nlogins=[]', "logins"),
        (
            '[[grant]]\nid = "x"\ngroups=["a"]\ntargets=["b"]\nlogins=["c"]\nchannels=["x11"]',
            "channels",
        ),
        ('[[grant]]\nid = "x"\ngroup=["a"]\ntargets=["b"]\nlogins=["c"]', "group"),
        ("[[rule]]\nx = 1", "unknown table 'rule'"),
    ],
)
def test_a_bad_grant_is_refused(path, extra, part):
    """With file and line; a typing error opens nothing."""
    path.write_text(TEXT + extra)
    with pytest.raises(RulesError, match=r"access\.toml:\d+") as caught:
        load(path)
    assert part in str(caught.value)


def test_no_grant_is_no_access(path):
    """An empty file is valid and refuses everybody."""
    path.write_text("# nobody yet\n")
    assert load(path).grants == ()
