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
