"""The inventory names hosts, each with a pinned key."""

import pytest

from bastion.errors import RulesError
from bastion.policy.inventory import load

# One key for ever: it stands in the names of tests, which have to be the same in every process.
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3QoLpC32ZE97+scEwH9MdeDuQ9bxE0RNx298+tRIR/"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hosts.toml"


def host(name: str = "gpu-01", **more: str) -> str:
    lines = {"name": f'"{name}"', "address": '"192.0.2.1"', "host_keys": f'["{KEY}"]'} | more
    return "[[host]]\n" + "\n".join(f"{k} = {v}" for k, v in lines.items() if v) + "\n"


def test_hosts_are_found_by_name(path):
    """With what the dialer needs; case does not matter, as in DNS."""
    path.write_text(
        host(port="2222", labels='{ pool = "research" }') + host("gpu-02", address='"gpu-02.lan"')
    )
    hosts = load(path)
    assert [target.name for target in hosts] == ["gpu-01", "gpu-02"]
    found = hosts.find("GPU-01")
    assert (found.address, found.port, found.labels) == ("192.0.2.1", 2222, {"pool": "research"})
    assert found.host_keys == (KEY,)
    assert hosts.find("gpu-02").port == 22
    assert hosts.find("gpu-03") is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (host(host_keys=""), "needs host_keys or host_cas"),
        (host(host_keys='["ssh-ed25519 nonsense"]'), "public key"),
        (host(host_cas='["x"]'), "public key"),
        (host("GPU 01"), "host name"),
        (host("-x"), "host name"),
        (host("a" * 300), "host name"),
        (host(port="0"), "port"),
        (host(adress='"x"'), "adress"),
        (host() + host(), "two hosts"),
    ],
)
def test_a_bad_host_is_refused(path, text, part):
    """No host is trusted on first use, none is silently replaced."""
    path.write_text(text)
    with pytest.raises(RulesError, match=r"hosts\.toml:\d+") as caught:
        load(path)
    assert part in str(caught.value)


def test_a_host_ca_is_enough(path):
    """Its certificates pin the host."""
    path.write_text(host(host_keys="", host_cas=f'["{KEY}"]'))
    assert load(path).find("gpu-01").host_cas == (KEY,)


def test_a_folder_is_one_inventory(path):
    """Every `*.toml` in it, and nothing else."""
    folder = path.with_name("hosts.d")
    folder.mkdir()
    (folder / "b.toml").write_text(host("gpu-02"))
    (folder / "a.toml").write_text(host("gpu-01") + host("gpu-03"))
    (folder / "c.toml.bak").write_text("nonsense")
    assert [target.name for target in load(folder)] == ["gpu-01", "gpu-03", "gpu-02"]


def test_a_name_in_two_files_is_a_mistake(path):
    """It says in which, and where the first stands."""
    folder = path.with_name("hosts.d")
    folder.mkdir()
    (folder / "a.toml").write_text(host("gpu-01"))
    (folder / "b.toml").write_text(host("gpu-02") + host("gpu-01"))
    with pytest.raises(RulesError, match=r"b\.toml:5:.*'gpu-01'.*two hosts.*a\.toml:1"):
        load(folder)


def test_a_folder_without_files_is_a_mistake(path):
    """Most likely another one was meant."""
    with pytest.raises(RulesError, match="no inventory file"):
        load(path.parent)


def test_how_a_host_is_opened(path):
    """By certificate unless it says otherwise."""
    path.write_text(
        host()
        + host("box-1", method='"password"', credential='"box"', family='"ipv4"')
        + host("rack-1", method='"key"', credential='"rack"')
    )
    hosts = load(path)
    assert [(one.method, one.credential) for one in hosts] == [
        ("certificate", ""),
        ("password", "box"),
        ("key", "rack"),
    ]
    assert [one.family for one in hosts] == ["any", "ipv4", "any"]


def test_a_way_through_other_hosts(path):
    """Each host has the one before it, whatever their order in the file."""
    path.write_text(
        host("c", via='"b"')
        + host("b", via='"a"', jump_login='"jump"')
        + host("a", jump_login='"gate"')
    )
    target = load(path).find("c")
    assert (target.via.name, target.via.jump_login) == ("b", "jump")
    assert (target.via.via.name, target.via.via.jump_login) == ("a", "gate")
    assert target.via.via.via is None


JUMP = {"jump_login": '"j"'}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (host(method='"key"'), "need a credential"),
        (host(credential='"box"'), "`certificate` takes none"),
        (host(method='"telnet"'), "method"),
        (host(family='"ipx"'), "family"),
        (host("a", **JUMP) + host("b", via='"a"', family='"ipv4"'), "chooses the address"),
        (host("a", via='"a"', **JUMP), "via goes in a circle: a via a"),
        (host("a", via='"b"', **JUMP) + host("b", via='"a"', **JUMP), "a via b via a"),
        (host("a", via='"x"'), "there is no host 'x'"),
        (host("a") + host("b", via='"a"'), "'a' has no jump_login"),
        (
            host("h0", **JUMP)
            + "".join(host(f"h{n}", via=f'"h{n - 1}"', **JUMP) for n in range(1, 7)),
            "more than 4 hosts on the way",
        ),
    ],
)
def test_a_host_that_could_not_be_opened_is_refused(path, text, part):
    """When the inventory is read, not when somebody needs the host."""
    path.write_text(text)
    with pytest.raises(RulesError, match=r"hosts\.toml:\d+") as caught:
        load(path)
    assert part in str(caught.value)
