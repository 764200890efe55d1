"""Hosts without certificates, through the whole bastion with the real ssh."""

from dataclasses import replace

import asyncssh

from bastion.upstream.material import new_key
from tests.servers import program
from tests.servers.appliance import appliance
from tests.servers.deployment import ACCOUNT, deployed
from tests.servers.sshd import free_port
from tests.upstream.conftest import KeyedSshd

SECRET = "open sesame 7!"


def host(name: str, port: int, host_key: str, **more: str) -> str:
    facts = {"name": name, "address": "127.0.0.1", "host_keys": [host_key], "port": port} | more
    return "[[host]]\n" + "".join(
        f"{key} = {value!r}\n".replace("'", '"') for key, value in facts.items()
    )


async def bastion(deployment, *arguments: str):
    """A command of the operator."""
    config = ("--config", str(deployment.config))
    return await program.bastion(*arguments, *config, COLUMNS="300")


async def test_an_appliance_by_password(tmp_path):
    """Added while the bastion runs, used at the next login, rotated, and gone when removed."""
    async with appliance(SECRET, methods=frozenset({"keyboard-interactive"})) as box:
        hosts = host("gpu-box", box.port, box.host_key, method="password", credential="box")
        async with deployed(tmp_path, hosts=hosts) as deployment:
            before = await deployment.ssh("gpu-box", "show version")
            (tmp_path / "secret").write_text(f"{SECRET}\n")
            secret = ("--file", str(tmp_path / "secret"))
            added = await bastion(deployment, "keys", "add", "box", "--kind", "password", *secret)
            during = await deployment.ssh("gpu-box", "show version")
            (tmp_path / "secret").write_text("another\n")
            await bastion(deployment, "keys", "rotate", "box", *secret)
            rotated = await deployment.ssh("gpu-box", "show version")
            log = deployment.log.read_text()
    assert b"[host-credential-unusable]" in before.err
    assert added.status == 0, added.err
    assert during.out == b"appliance ran: show version\n", during.err
    assert b"[host-login-refused]" in rotated.err
    assert box.tried == [("keyboard-interactive", SECRET), ("keyboard-interactive", "another")]
    assert "there is no password" in log
    assert SECRET not in log


async def test_a_real_sshd_by_generated_key_through_another_host(tmp_path):
    """The key that `keys add --generate` prints, in authorized_keys, behind the host gpu-01."""
    async with deployed(tmp_path) as deployment:
        added = await bastion(deployment, "keys", "add", "rack", "--generate")
        assert added.status == 0, added.err
        sshd = KeyedSshd(tmp_path / "keyed", tmp_path / "none", free_port())
        sshd.keys.write_bytes(added.out)
        await sshd.start()
        hosts = tmp_path / "hosts.toml"
        hosts.write_text(
            f'{hosts.read_text()}jump_login = "{ACCOUNT}"\n'
            + host(
                "gpu-02", sshd.port, sshd.host_key, method="key", credential="rack", via="gpu-01"
            )
        )
        deployment.process.send_signal(1)  # SIGHUP reads it
        await deployment.logged("rules loaded")
        ran = await deployment.ssh("gpu-02", "echo in")
        on_the_way = deployment.sshd.log.read_text()
        await sshd.stop()
    assert ran.out == b"in\n", ran.err
    assert "Accepted publickey" in on_the_way
    assert "Accepted publickey" in sshd.log.read_text()


async def test_a_changed_host_key_reaches_audit_and_chat(whole):
    """Refused, with both fingerprints in the audit log; approvers are told once."""
    pinned = new_key("x").public.rpartition(" ")[0]
    deployment = whole.deployment
    hosts = deployment.folder / "hosts.toml"
    hosts.write_text(hosts.read_text() + host("gpu-02", deployment.sshd.port, pinned))
    deployment.process.send_signal(1)
    await deployment.logged("rules loaded")
    for _ in range(2):
        ran = await deployment.ssh("gpu-02", "true")
        assert b"[host-key-changed]" in ran.err
    await deployment.logged("a host presented another host key")
    entries = deployment.audited("host-key-changed")
    codes = {one.code for one in deployment.audited()}
    presented = asyncssh.import_public_key(deployment.sshd.host_key).get_fingerprint()
    assert len(entries) == 2
    assert entries[0].subject
    assert entries[0].detail == {
        "host": "gpu-02",
        "presented": f"ssh-ed25519 {presented}",
        "pinned": [f"ssh-ed25519 {asyncssh.import_public_key(pinned).get_fingerprint()}"],
    }
    assert "chat-failed" not in codes
    assert replace(entries[0], seq=0) != replace(entries[1], seq=0)
