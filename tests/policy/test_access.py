"""Grants open hosts to groups, and nothing else does."""

import pytest

from bastion.authorization import Channel
from bastion.errors import RulesError
from bastion.policy.access import AccessRules, load
from bastion.policy.grant import Grant
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


def grant(more: str, logins: str = 'logins = ["c"]') -> str:
    """One grant, as text."""
    return f'[[grant]]\nid = "x"\ngroups = ["a"]\ntargets = ["b"]\n{logins}\n{more}\n'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "access.toml"


@pytest.fixture
def rules(path):
    path.write_text(TEXT)
    return load(path)


@pytest.mark.parametrize(
    ("groups", "wanted", "grants"),
    [
        ({"engineers"}, (GPU, "ubuntu"), ["engineers"]),
        ({"students"}, (GPU, "ubuntu"), ["engineers"]),
        ({"engineers"}, (GPU, "root"), []),
        ({"engineers"}, (CPU, "ubuntu"), []),
        ({"engineer"}, (GPU, "ubuntu"), []),
        ({"ENGINEERS"}, (GPU, "ubuntu"), []),
        (set(), (GPU, "ubuntu"), []),
        ({"research"}, (GPU, "root"), ["research"]),
        ({"research"}, (CPU, "root"), []),
        ({"research"}, (Target("x", "x", labels={"pool": "research"}), "root"), []),
        ({"research", "engineers"}, (GPU, "ubuntu"), ["engineers", "research"]),
        ({"research"}, (GPU, "*"), []),
        ({"research"}, (GPU, ""), []),
    ],
)
def test_a_grant_needs_group_host_labels_and_login(rules, asker, groups, wanted, grants):
    """All four, each in full; grants add up."""
    decision = rules.decide(asker(*groups), *wanted)
    assert [grant.id for grant in decision.grants] == grants
    assert (decision.terms is not None) is bool(grants)


def test_channels_have_a_default(rules):
    """A shell and single commands; whoever wants less says so."""
    assert set(rules.grants[0].channels) == {Channel.SHELL, Channel.EXEC}
    assert rules.grants[1].channels == (Channel.EXEC,)


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        ('[[grant]]\nid = "engineers"\ngroups=["a"]\ntargets=["b"]\nlogins=["c"]', "access.toml:2"),
        ('[[deny]]\nid = "engineers"\ntargets=["b"]', "access.toml:2"),
        ('[[grant]]\nid = "x"\ngroups=[]\ntargets=["b"]\nlogins=["c"]', "groups"),
        ('[[grant]]\nid = "x"\ngroups=["a"]\ntargets=["b"]\nlogins=[]', "logins"),
        (
            '[[grant]]\nid = "x"\ngroups=["a"]\ntargets=["b"]\nlogins=["c"]\nchannels=["tun"]',
            "channels",
        ),
        ('[[grant]]\nid = "x"\ngroup=["a"]\ntargets=["b"]\nlogins=["c"]', "group"),
        ("[[rule]]\nx = 1", "unknown table 'rule'"),
        (grant('approvals = "x"'), "approvals: unknown key"),
        (grant('channels = ["forward-remote"]'), "belong together"),
        (grant('listen = ["a:1"]'), "belong together"),
        (grant('channels = ["forward"]\nforward = ["unix:x"]'), "is no socket"),
        (grant('channels = ["forward"]'), "belong together"),
        (grant('forward = ["a:1"]'), "belong together"),
        (grant('channels = ["forward"]\nforward = ["a"]'), "no host and port"),
        (grant('channels = ["forward"]\nforward = ["a:0"]'), "no host and port"),
        (grant('channels = ["forward"]\nforward = ["a:65536"]'), "no host and port"),
        (grant('channels = ["forward"]\nforward = ["::1:80"]'), "no host and port"),
        (grant('networks = ["10.0.0.1/8"]'), "networks.0"),
        (grant('windows = [{ from = "08:00" }]'), "windows.0.zone"),
        (grant('windows = [{ zone = "Mars/Base" }]'), "no time zone"),
        (grant("sessions = 0"), "sessions"),
        (grant('logins = ["{sub}"]', logins=""), "no login"),
        ('[[grant]]\nid = "x"\ntargets=["b"]\nlogins=["c"]', "no grant is for everybody"),
        ('[[grant]]\nid = "x"\nissuers=["i"]\ntargets=["b"]\nlogins=["c"]', "for everybody"),
        ('[[deny]]\nid = "x"', "targets: is missing"),
        ('[[deny]]\nid = "x"\ntargets=["b"]\namr=["otp"]', "amr: unknown key"),
        ('[[require]]\nid = "x"\ntargets=["b"]\nlogins=["root"]', "demands nothing"),
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


def test_rules_of_all_kinds_are_read_with_their_places(path):
    """For the log, and for `bastion access explain`."""
    path.write_text(
        TEXT
        + """
[[deny]]
id = "freeze"
targets = ["gpu-*"]

[[require]]
id = "root-by-key"
targets = ["*"]
logins = ["root"]
amr = ["hwk"]
"""
    )
    rules = load(path)
    assert [deny.id for deny in rules.denies] == ["freeze"]
    assert [require.id for require in rules.requirements] == ["root-by-key"]
    assert rules.places["engineers"] == "access.toml:2"
    assert rules.places["freeze"] == "access.toml:16"


@pytest.mark.parametrize(
    ("who", "groups", "applies"),
    [
        ({"groups": ["eng"]}, ["eng"], True),
        ({"groups": ["eng", "ops"]}, ["eng", "ops"], True),
        ({"subjects": ["sub"]}, [], True),
        ({"subjects": ["other"]}, [], False),
        ({"subjects": ["sub"], "groups": ["eng"]}, ["eng"], True),
        ({"subjects": ["sub"], "groups": ["eng"]}, [], False),
        ({"claims": {"repo": "org/*"}}, [], True),
        ({"claims": {"repo": "org/*"}, "subjects": ["sub"]}, [], True),
        ({"claims": {"repo": "org/*"}, "subjects": ["other"]}, [], False),
    ],
)
def test_a_grant_is_found_by_whomever_it_names(asker, who, groups, applies):
    """By group, subject or claims, and once, whichever way leads to it."""
    rules = AccessRules(
        [
            Grant(id="first", groups=["eng"], targets=["cpu"], logins=["me"]),
            Grant.model_validate({"id": "g", "targets": ["*"], "logins": ["me"], **who}),
        ]
    )
    somebody = asker(*groups, evidence={"claims": {"repo": "org/model"}})
    decision = rules.decide(somebody, GPU, Login("me"))
    assert [grant.id for grant in decision.grants] == (["g"] if applies else [])


def test_rules_keep_the_order_of_the_file(asker):
    """Whatever leads to them."""
    grants = [
        Grant(id="a", subjects=["sub"], targets=["*"], logins=["me"]),
        Grant(id="b", groups=["y"], targets=["*"], logins=["me"]),
        Grant(id="c", claims={"k": "v"}, targets=["*"], logins=["me"]),
        Grant(id="d", groups=["x", "y"], targets=["*"], logins=["me"]),
    ]
    somebody = asker("y", "x", evidence={"claims": {"k": "v"}})
    decision = AccessRules(grants).decide(somebody, GPU, Login("me"))
    assert [grant.id for grant in decision.grants] == ["a", "b", "c", "d"]


def test_a_template_opens_ones_own_account_only(asker):
    """Ann is ann, whatever login she asks for."""
    rules = AccessRules([Grant(id="own", groups=["x"], targets=["*"], logins=["{account}"])])
    for login, is_open in (("ann", True), ("bob", False), ("{account}", False), ("", False)):
        decision = rules.decide(asker("x"), GPU, Login(login))
        assert (decision.terms is not None) is is_open
    nobody = rules.decide(asker("x", account="root"), GPU, Login("root"))
    assert nobody.terms is None


def test_hosts_with_no_login_for_somebody_are_out_of_reach(asker):
    """Where the only login is a template that means none."""
    rules = AccessRules([Grant(id="own", groups=["x"], targets=["*"], logins=["{claims.unix}"])])
    assert rules.decide(asker("x"), GPU, None).terms is None
    known = asker("x", evidence={"claims": {"unix": "ann"}})
    assert rules.decide(known, GPU, None).terms is not None
