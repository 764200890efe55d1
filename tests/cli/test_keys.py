"""`bastion keys`: secrets go in, are replaced and removed; they never come out."""

import contextlib
import json
import sys
from pathlib import Path

import asyncssh
import pytest

from bastion import chain
from bastion.audit.log import check
from bastion.sealing import file as sealing
from bastion.serve.initialise import initialise
from bastion.state import State
from bastion.store.sqlite.database import open_readonly
from tests.servers.audited import audited
from tests.servers.program import bastion
from tests.servers.terminal import Terminal

CONFIG = """\
state_dir = "state"
hosts_file = "hosts.toml"
[oidc]
issuer = "http://127.0.0.1:1"
client_id = "bastion"
"""
HOST = """\
[[host]]
name = "box-1"
address = "127.0.0.1"
method = "password"
credential = "box"
host_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3QoLpC32ZE97+scEwH9MdeDuQ9bxE0RNx298+tRIR/"]
"""
SECRET = "open sesame 7!"
SETTING = {"NO_COLOR": "1", "COLUMNS": "300"}


class Site:
    """A folder with a configuration and a state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = State(folder / "state")
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG)
        (folder / "hosts.toml").write_text("")
        initialise(self.state)

    async def keys(self, *arguments):
        """`bastion keys` to its end."""
        return await bastion("keys", *arguments, "--config", self.config, **SETTING)

    def file(self, content: bytes) -> Path:
        path = self.folder / "secret"
        path.write_bytes(content)
        return path

    async def opened(self, name: str) -> tuple[str, bytes]:
        """Kind and secret of a credential, as the bastion would open it."""
        store = open_readonly(self.state.database)
        kept = store.credentials.get(name)
        store.close()
        sealer = sealing.load(self.state.sealing_key)
        return kept.kind, await sealer.open(kept.kind, name, kept.sealed)

    def audited(self) -> list[tuple[str, dict]]:
        with contextlib.closing(open_readonly(self.state.database)) as store:
            assert check(store, chain.load_verifier(self.state.record_public_key)) == ""
        return [(entry.code, entry.detail) for entry in audited(self.state)]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


async def test_a_password_from_a_file(site):
    """It is stored, audited and listed; it is shown nowhere."""
    ran = await site.keys("add", "box", "--kind", "password", "--file", site.file(b"x y 1\n"))
    assert ran.status == 0, ran.err
    assert await site.opened("box") == ("password", b"x y 1")
    ((code, detail),) = site.audited()
    assert code == "credential-added"
    assert (detail["name"], detail["kind"]) == ("box", "password")
    assert detail["by"]
    listed = await site.keys("list", "--json")
    assert [one["name"] for one in json.loads(listed.out)] == ["box"]
    for said in (ran.out, ran.err, listed.out, (await site.keys("list")).out):
        assert b"x y 1" not in said
    assert b"x y 1" not in site.state.database.read_bytes()


async def test_a_password_is_typed_unseen(site):
    """Twice, and the terminal shows neither."""
    terminal = _terminal(site, "add", "box", "--kind", "password")
    await terminal.sees("Password box: ")
    terminal.types(f"{SECRET}\r")
    await terminal.sees("Again: ")
    terminal.types(f"{SECRET}\r")
    assert await terminal.ends() == 0
    assert SECRET not in terminal.shown
    assert await site.opened("box") == ("password", SECRET.encode())


async def test_two_different_passwords_are_none(site):
    """A slip of the finger is not stored."""
    terminal = _terminal(site, "add", "box", "--kind", "password")
    await terminal.sees("Password box: ")
    terminal.types("one\r")
    await terminal.sees("Again: ")
    terminal.types("two\r")
    assert await terminal.ends() == 1
    assert "not the same" in terminal.shown
    assert site.audited() == []


async def test_a_generated_key(site):
    """Its public half goes to stdout, for authorized_keys; the private one nowhere."""
    ran = await site.keys("add", "box", "--generate")
    assert ran.status == 0, ran.err
    kind, secret = await site.opened("box")
    key = asyncssh.import_private_key(secret)
    assert kind == "key"
    assert asyncssh.import_public_key(ran.out).get_fingerprint() == key.get_fingerprint()
    assert b"PRIVATE" not in ran.out + ran.err
    listed = json.loads((await site.keys("list", "--json")).out)
    assert listed[0]["fingerprint"] == key.get_fingerprint()


async def test_a_key_with_a_passphrase(site):
    """It is asked for, unseen, and not kept."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    file = site.file(key.export_private_key("openssh", "phrase"))
    terminal = _terminal(site, "add", "box", "--file", str(file))
    await terminal.sees("Passphrase of the key: ")
    terminal.types("phrase\r")
    assert await terminal.ends() == 0
    assert asyncssh.import_private_key((await site.opened("box"))[1]) == key


async def test_rotating(site):
    """The secret is another one, its kind stays; who added it stays known."""
    await site.keys("add", "box", "--kind", "password", "--file", site.file(b"old"))
    ran = await site.keys("rotate", "box", "--file", site.file(b"new"))
    assert ran.status == 0, ran.err
    assert await site.opened("box") == ("password", b"new")
    assert (await site.keys("rotate", "box", "--generate")).status == 2
    (row,) = json.loads((await site.keys("list", "--json")).out)
    assert row["rotated_at"] >= row["created_at"]
    assert row["rotated_by"]
    assert [code for code, _ in site.audited()] == ["credential-added", "credential-rotated"]


async def test_removing(site):
    """Not while a host of the inventory needs it."""
    await site.keys("add", "box", "--kind", "password", "--file", site.file(b"x"))
    hosts = site.folder / "hosts.toml"
    hosts.write_text(HOST)
    used = await site.keys("remove", "box")
    assert used.status == 1
    assert b"box is the credential of box-1" in used.err
    listed = json.loads((await site.keys("list", "--json")).out)
    assert listed[0]["hosts"] == ["box-1"]
    hosts.write_text("")
    assert (await site.keys("remove", "box")).status == 0
    assert json.loads((await site.keys("list", "--json")).out) == []
    emptied = await site.keys("list")
    assert (emptied.out, emptied.err) == (b"", b"There are no stored keys or passwords.\n")
    assert [code for code, _ in site.audited()] == ["credential-added", "credential-removed"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "box", "--kind", "password"), "no terminal to ask at"),
        (("add", "box"), "name the private key with --file"),
        (("add", "Box!", "--generate"), "is no name"),
        (("add", "box", "--kind", "certificate"), "nothing to store"),
        (("add", "box", "--kind", "password", "--generate"), "--generate makes a key"),
        (("add", "box", "--file", "/absent"), "/absent: No such file"),
        (("add", "box", "--file", "/dev/zero"), "too long"),
        (("add", "box", "--file", "/etc/passwd"), "no private key"),
        (("rotate", "box", "--generate"), "there is no credential box"),
        (("remove", "box"), "there is no credential box"),
    ],
)
async def test_what_cannot_be_done_changes_nothing(site, arguments, words):
    """One sentence; the audit log says nothing of what did not happen."""
    line = ("keys", *arguments, "--config", site.config)
    ran = await bastion(*line, is_detached=True, **SETTING)
    assert ran.status in {1, 2}
    assert words in ran.err.decode()
    assert b"Traceback" not in ran.err
    if site.state.database.exists():
        assert site.audited() == []


async def test_a_name_is_taken_once(site):
    """`rotate` is what replaces."""
    await site.keys("add", "box", "--kind", "password", "--file", site.file(b"first"))
    again = await site.keys("add", "box", "--kind", "password", "--file", site.file(b"second"))
    assert again.status == 1
    assert b"bastion keys rotate" in again.err
    assert (await site.opened("box"))[1] == b"first"
    assert len(site.audited()) == 1


async def test_another_sealing_key(site):
    """The file that the configuration names; not where all can read it."""
    path = site.folder / "credential"
    sealing.create_key(path)
    site.config.write_text(
        CONFIG + '[upstream.sealing]\ncustody = "file"\nkey_file = "credential"\n'
    )
    assert (await site.keys("add", "box", "--generate")).status == 0
    site.state.sealing_key.write_bytes(path.read_bytes())
    assert (await site.opened("box"))[0] == "key"
    path.chmod(0o644)
    refused = await site.keys("add", "other", "--generate")
    assert refused.status == 1
    assert b"others may read this sealing key" in refused.err


def _terminal(site: Site, *arguments: str) -> Terminal:
    command = ["-m", "bastion", "keys", *arguments, "--config", str(site.config)]
    return Terminal(sys.executable, command, cols=300)
