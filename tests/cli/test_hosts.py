"""`bastion hosts`: no key is pinned that nobody has looked at."""

import json
import sys
from pathlib import Path

import asyncssh
import pytest

from bastion.policy import inventory
from bastion.serve.initialise import initialise
from bastion.state import State
from tests.servers.appliance import appliance
from tests.servers.audited import audited
from tests.servers.program import bastion
from tests.servers.terminal import Terminal

CONFIG = """\
state_dir = "state"
hosts_file = "hosts.toml"
[upstream]
connect_seconds = 5
[oidc]
issuer = "http://127.0.0.1:1"
client_id = "bastion"
"""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3QoLpC32ZE97+scEwH9MdeDuQ9bxE0RNx298+tRIR/"
OLD = f'# ours\n[[host]]\nname = "old-1"\naddress = "192.0.2.1"\nhost_keys = ["{KEY}"]'


class Site:
    """A folder with a configuration, a state and one host."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder / "state")
        self.config, self.hosts = folder / "config.toml", folder / "hosts.toml"
        self.config.write_text(CONFIG)
        self.hosts.write_text(OLD)
        initialise(self.state)

    def command(self, *arguments) -> list[str]:
        return ["-m", "bastion", "hosts", *map(str, arguments), "--config", str(self.config)]

    async def run(self, *arguments):
        """`bastion hosts` to its end."""
        words = ("hosts", *arguments, "--config", self.config)
        return await bastion(*words, NO_COLOR="1", COLUMNS="300")

    def audited(self) -> list[tuple[str, dict]]:
        return [(entry.code, entry.detail) for entry in audited(self.state)]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
async def box():
    async with appliance("x") as box:
        yield box


def fingerprint(box) -> str:
    return asyncssh.import_public_key(box.host_key).get_fingerprint()


@pytest.mark.parametrize("answer", ["y", "n", ""])
async def test_a_person_is_asked(site, box, answer):
    """With the fingerprint before their eyes; only yes pins it, below what was there."""
    place = f"127.0.0.1:{box.port}"
    terminal = Terminal(sys.executable, site.command("scan", place, "--as", "box-1"), cols=300)
    shown = await terminal.sees(r"\[y/N\]: ")
    assert fingerprint(box) in shown
    assert "ssh-ed25519" in shown
    terminal.types(f"{answer}\r")
    status = await terminal.ends()
    if answer != "y":
        assert status == 1
        assert site.hosts.read_text() == OLD
        return
    assert status == 0
    assert site.hosts.read_text().startswith(f"{OLD}\n\n[[host]]\n")
    found = inventory.load(site.hosts).find("box-1")
    assert (found.address, found.port) == ("127.0.0.1", box.port)
    assert found.host_keys == (box.host_key,)
    ((code, detail),) = site.audited()
    assert code == "host-added"
    assert (detail["host"], detail["pinned"]) == ("box-1", [f"ssh-ed25519 {fingerprint(box)}"])


async def test_nobody_is_there_to_ask(site, box):
    """A pipe is no yes."""
    ran = await site.run("scan", f"127.0.0.1:{box.port}")
    assert ran.status == 1
    assert fingerprint(box).encode() in ran.out
    assert b"nobody to ask" in ran.err
    assert site.hosts.read_text() == OLD


async def test_a_script_names_the_fingerprint(site, box):
    """Then the block is printed, or written with --write."""
    known = ("scan", f"127.0.0.1:{box.port}", "--as", "box-1", "--fingerprint", fingerprint(box))
    shown = await site.run(*known)
    assert shown.status == 0, shown.err
    assert shown.out.startswith(b'[[host]]\nname = "box-1"\n')
    assert site.hosts.read_text() == OLD
    assert (await site.run(*known, "--write")).status == 0
    assert inventory.load(site.hosts).find("box-1").host_keys == (box.host_key,)


async def test_an_inventory_in_a_folder(site, box):
    """What is scanned gets a file of its own; a name that another file has stays taken."""
    site.hosts.unlink()
    site.hosts.mkdir()
    (site.hosts / "a.toml").write_text(OLD)
    known = ("scan", f"127.0.0.1:{box.port}", "--fingerprint", fingerprint(box), "--write", "--as")
    added = await site.run(*known, "box-1")
    assert added.status == 0, added.err
    assert (await site.run(*known, "old-1")).status == 1
    assert (site.hosts / "a.toml").read_text() == OLD
    assert inventory.load(site.hosts).find("box-1").host_keys == (box.host_key,)


async def test_another_fingerprint_pins_nothing(site, box):
    """Not even beside the right name."""
    other = "SHA256:" + "A" * 43
    ran = await site.run(
        "scan", f"127.0.0.1:{box.port}", "--as", "box-1", "--fingerprint", other, "--write"
    )
    assert ran.status == 1
    assert b"presents no key of that fingerprint" in ran.err
    assert site.hosts.read_text() == OLD


async def test_writing_needs_a_fingerprint(site, box):
    """There is no way to trust unseen."""
    ran = await site.run("scan", f"127.0.0.1:{box.port}", "--write")
    assert ran.status == 2
    assert b"no key is trusted unseen" in ran.err
    assert site.hosts.read_text() == OLD


@pytest.mark.parametrize("name", ["old-1", "no name"])
async def test_what_could_not_be_loaded_is_not_written(site, box, name):
    """A name that is taken or is none; the file stays as it was, and the audit log too."""
    ran = await site.run(
        *("scan", f"127.0.0.1:{box.port}", "--as", name),
        *("--fingerprint", fingerprint(box), "--write"),
    )
    assert ran.status == 1
    assert b"nothing was added" in ran.err
    assert site.hosts.read_text() == OLD
    assert not site.state.database.exists()


@pytest.mark.parametrize("place", ["127.0.0.1:0", "127.0.0.1:x", "[::1]:99999", ":22"])
async def test_what_is_no_place(site, place):
    """It is not dialed."""
    ran = await site.run("scan", place)
    assert ran.status == 2
    assert b"is no HOST, HOST:PORT or [ADDRESS]:PORT" in ran.err


async def test_a_host_that_is_not_there(site):
    """The sentence that who connects to it would get, with its code and what to do."""
    ran = await site.run("scan", "127.0.0.1:1")
    assert ran.status == 1
    said = ran.err.decode().removeprefix("bastion: ").strip()
    assert said.startswith("the host is there, but nothing takes SSH connections at its port.")
    assert "(127.0.0.1 port 1: Connection refused) Its sshd may be" in said
    assert said.endswith("[host-refused]")


async def test_the_list(site):
    """How each host is opened and what is pinned; for people and for scripts."""
    site.hosts.write_text("")
    assert b"There are no hosts yet" in (await site.run("list")).err
    site.hosts.write_text(
        OLD + '\njump_login = "jump"\n'
        f'[[host]]\nname = "box-1"\naddress = "2001:db8::2"\nhost_cas = ["{KEY}"]\n'
        'method = "password"\ncredential = "box"\nvia = "old-1"\n'
    )
    rows = json.loads((await site.run("list", "--json")).out)
    assert [row["name"] for row in rows] == ["old-1", "box-1"]
    assert rows[0]["method"] == "certificate"
    assert (rows[1]["method"], rows[1]["credential"], rows[1]["via"]) == (
        "password",
        "box",
        "old-1",
    )
    assert rows[1]["pinned"][0].startswith("ssh-ed25519 SHA256:")
    shown = (await site.run("list")).out.decode()
    assert "[2001:db8::2]:22" in shown
    assert rows[0]["pinned"][0] in shown
