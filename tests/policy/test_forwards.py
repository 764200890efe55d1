"""Where forwarded connections may lead: what a rule covers, and which ports are SSH's."""

from dataclasses import replace

import pytest

from bastion.authorization import Authorization, Channel
from bastion.identity import Identity
from bastion.policy.access import AccessRules
from bastion.policy.authorize import authorize
from bastion.policy.endpoint import Endpoint, destination, interface, unix_socket
from bastion.policy.forwards import is_named, is_ssh_port, may_connect, may_listen, ssh_host
from bastion.policy.grant import Grant
from bastion.policy.inventory import Inventory
from bastion.refusal import Code
from bastion.target import Login, Target

HERE = Target("gpu-01", "10.0.0.1", 2201)
OTHER = Target("gpu-02", "10.0.0.2")
BEHIND = Target("deep", "deep.lan.", 2200, via=HERE)
WHO = Identity("sub", "ann", frozenset({"eng"}), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")
INVENTORY = Inventory({target.name: target for target in (HERE, OTHER, BEHIND)})


def authorization(**keys) -> Authorization:
    grant = Grant(id="g", groups=["eng"], targets=["*"], logins=["me"], **keys)
    answer = authorize(AccessRules([grant]), INVENTORY, WHO, "gpu-01", Login("me"), now=0.0)
    assert isinstance(answer, Authorization)
    return answer


def connecting(*places: str) -> Authorization:
    return authorization(channels=["exec", "forward"], forward=places)


COVERED = [
    ("127.0.0.1:8888", "127.0.0.1", 8888, True),
    ("127.0.0.1:8888", "::ffff:127.0.0.1", 8888, True),
    ("127.0.0.1:8888", "127.0.0.1", 8889, False),
    ("127.0.0.1:8888", "localhost", 8888, False),
    ("localhost:8888", "127.0.0.1", 8888, False),
    ("LocalHost:8888", "LOCALHOST.", 8888, True),
    ("*.lan:*", "db.lan", 5432, True),
    ("*.lan:*", "lan", 5432, False),
    ("*.lan:*", "db.lan.evil.example", 5432, False),
    ("[2001:db8::7]:443", "2001:DB8:0:0::7", 443, True),
    ("*:80", "anything.example", 80, True),
    ("*:80", "169.254.169.254", 80, False),
    ("*:*", "fe80::1", 80, False),
    ("*:*", "metadata.google.internal", 80, False),
    ("169.254.*:80", "169.254.169.254", 80, False),
    ("169.254.169.254:80", "169.254.169.254", 80, True),
    ("*:80", "100.100.100.200", 80, False),
    ("*:80", "168.63.129.16", 80, False),
    ("10.*:5432", "10.1.2.3", 5432, True),
    ("10.*:5432", "10.evil.example", 5432, False),
    ("10.0.0.?:5432", "10.0.0.x", 5432, False),
    ("*.1:5432", "10.0.0.1", 5432, True),
    ("10-db*:5432", "10-db.lan", 5432, True),
]


@pytest.mark.parametrize(("rule", "host", "port", "is_covered"), COVERED)
def test_a_rule_covers_places(rule, host, port, is_covered):
    """As the table of docs/forwarding.md says; a name is never what it might stand for."""
    endpoint = destination(host, port)
    refusal = may_connect(connecting(rule), endpoint)
    assert (refusal is None) is is_covered
    if refusal is not None:
        assert refusal.code is Code.FORWARD_REFUSED


@pytest.mark.parametrize(
    ("rule", "path", "is_covered"),
    [
        ("unix:/run/docker.sock", "/run/docker.sock", True),
        ("unix:/run/docker.sock", "/run/docker.sock2", False),
        ("unix:/run/*/x.sock", "/run/user/x.sock", True),
        ("unix:/run/*/x.sock", "/run/user/1/x.sock", False),
        ("unix:/run/*.sock", "/var/run/a.sock", False),
        ("*:*", "/run/docker.sock", False),
    ],
)
def test_a_rule_covers_sockets(rule, path, is_covered):
    """A `*` stops at `/`, and a place of TCP is none of a socket."""
    assert (may_connect(connecting(rule), unix_socket(path)) is None) is is_covered


def test_a_rule_of_sockets_covers_no_port():
    """Neither way."""
    assert may_connect(connecting("unix:/*"), Endpoint("x", 80)) is not None


@pytest.mark.parametrize(
    ("rule", "host", "port", "is_covered"),
    [
        ("localhost:9000", "localhost", 9000, True),
        ("localhost:9000", "localhost", 0, False),
        ("localhost:*", "localhost", 0, True),
        ("localhost:*", "", 9000, False),
        ("*:9000", "", 9000, True),
        ("*:9000", "0.0.0.0", 9000, True),  # noqa: S104  on the host
    ],
)
def test_a_rule_covers_where_a_host_listens(rule, host, port, is_covered):
    """By a key of its own; every interface is only `*`."""
    given = authorization(channels=["exec", "forward-remote"], listen=[rule])
    assert (may_listen(given, interface(host, port)) is None) is is_covered
    assert may_connect(given, Endpoint("localhost", 9000)).code is Code.CHANNEL_REFUSED


def test_without_the_kind_no_place_counts():
    """Also where the places are still there."""
    given = replace(connecting("*:*"), channels=frozenset({Channel.EXEC}))
    assert may_connect(given, Endpoint("x", 80)).code is Code.CHANNEL_REFUSED
    assert may_listen(given, Endpoint("x", 80)).code is Code.CHANNEL_REFUSED


def test_only_a_rule_without_a_glob_names_a_place():
    """Host and port both."""
    given = connecting("git.lan:2200", "*.lan:*", "db.lan:*")
    assert is_named(given, Endpoint("git.lan", 2200))
    assert not is_named(given, Endpoint("other.lan", 2200))
    assert not is_named(given, Endpoint("db.lan", 2200))


@pytest.mark.parametrize(
    ("host", "port", "here", "found"),
    [
        ("gpu-02", 22, None, OTHER),
        ("GPU-01", 22, None, HERE),
        ("gpu-01", 2201, None, HERE),
        ("gpu-01", 80, None, None),
        ("10.0.0.2", 22, None, OTHER),
        ("10.0.0.1", 2201, OTHER, HERE),
        ("10.0.0.1", 22, None, None),
        ("deep.lan", 2200, HERE, BEHIND),
        ("localhost", 22, HERE, HERE),
        ("127.0.0.1", 2201, HERE, HERE),
        ("::1", 22, HERE, HERE),
        ("localhost", 22, None, None),
        ("localhost", 80, HERE, None),
        ("gpu-77", 22, HERE, None),
    ],
)
def test_an_ssh_port_is_that_of_a_host(host, port, here, found):
    """By name, by address, and by a host's own loopback."""
    assert ssh_host(INVENTORY, destination(host, port), here) is found


def test_a_socket_is_no_ssh_port():
    """Whatever it is called."""
    assert ssh_host(INVENTORY, Endpoint("", 0, "/run/sshd.sock"), HERE) is None


def test_a_port_at_which_some_host_has_ssh_is_known():
    """Whatever host it is asked for."""
    assert is_ssh_port(INVENTORY, Endpoint("anything", 2201))
    assert not is_ssh_port(INVENTORY, Endpoint("anything", 80))
