"""Algorithms as clients and auditors see them, and hosts that have only outdated ones."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bastion.demo.host.sshd import Sshd
from tests.servers.deployment import ACCOUNT, deployed, run
from tests.servers.installed import require
from tests.servers.sshd import start_sshd

OLD = """
KexAlgorithms diffie-hellman-group14-sha1
HostKeyAlgorithms ssh-rsa
Ciphers aes128-ctr
MACs hmac-sha1
"""
NOT_POST_QUANTUM = "does not provide protection against post-quantum attacks"


class OldSshd(Sshd):
    """A host that has only what was usual twenty years ago."""

    def _write_config(self) -> Path:
        path = super()._write_config()
        path.write_text(path.read_text() + OLD)
        return path

    def _make_host_key(self) -> str:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / "host_key"
        subprocess.run(
            ["ssh-keygen", "-qt", "rsa", "-b", "2048", "-N", "", "-C", "", "-f", str(path)],
            check=True,
        )
        return " ".join(path.with_suffix(".pub").read_text().split()[:2])


async def audited(port: int) -> list[tuple[str, str, str]]:
    """Every failure and warning of `ssh-audit`, with the algorithm that it is about."""
    program = Path(sys.executable).with_name("ssh-audit")
    ran = await run(str(program), "-j", "--skip-rate-test", "-p", str(port), "127.0.0.1")
    found = json.loads(ran.out)
    assert found["kex"]
    assert not found["cves"]
    return [
        (level, entry["algorithm"], note)
        for kind in ("kex", "key", "enc", "mac")
        for entry in found[kind]
        for level in ("fail", "warn")
        for note in entry.get("notes", {}).get(level, [])
    ]


@pytest.mark.parametrize(
    "ciphers",
    [
        ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"],
        ["chacha20-poly1305@openssh.com", "aes256-ctr"],
    ],
    ids=["what OpenSSH is offered", "the rest"],
)
async def test_ssh_audit_finds_nothing_but_that_curve25519_is_not_post_quantum(tmp_path, ciphers):
    """No failure, and no other warning."""
    async with deployed(tmp_path, settings={"algorithms": {"ciphers": ciphers}}) as deployment:
        found = await audited(deployment.ssh_port)
    assert {(level, note) for level, _, note in found} == {("warn", NOT_POST_QUANTUM)}
    assert all(name.startswith("curve25519-") for _, name, _ in found)


async def test_a_shortened_list_shuts_others_out(tmp_path):
    """With post-quantum key exchange alone, ssh-audit has nothing to say, and old clients end."""
    only = {"key_exchanges": ["mlkem768x25519-sha256"]}
    async with deployed(tmp_path, settings={"algorithms": only}) as deployment:
        assert await audited(deployment.ssh_port) == []
        refused = await deployment.ssh("-o", "KexAlgorithms=curve25519-sha256", "bastion")
        assert b"no matching key exchange method" in refused.err


async def test_a_name_that_is_not_in_the_hardened_list_stops_the_start(tmp_path):
    """The key is named."""
    settings = {"algorithms": {"macs": ["hmac-sha1"]}}
    with pytest.raises(pytest.fail.Exception, match=r"algorithms\.macs"):
        async with deployed(tmp_path, settings=settings):
            pass


@pytest.mark.parametrize(
    "option",
    [
        "KexAlgorithms=diffie-hellman-group14-sha1",
        "Ciphers=aes128-cbc",
        "HostKeyAlgorithms=ssh-rsa",
    ],
)
async def test_people_get_nothing_outdated(deployment, option):
    """Also where a host may."""
    refused = await deployment.ssh("-o", option, "bastion")
    assert refused.status == 255
    assert b"no matching" in refused.err


async def test_a_host_with_only_outdated_algorithms_has_to_be_named(tmp_path):
    """Unnamed it cannot be reached; named, it works; the bastion's own side stays as it is."""
    async with deployed(tmp_path) as deployment:
        access_ca = deployment.state.access_ca.with_suffix(".pub")
        old = await start_sshd(tmp_path / "old", access_ca, OldSshd)
        try:
            hosts = tmp_path / "hosts.toml"
            entry = (
                f'[[host]]\nname = "gpu-NAME"\naddress = "127.0.0.1"\nport = {old.port}\n'
                f'host_keys = ["{old.host_key}"]\n'
            )
            named = entry.replace("NAME", "old") + "allow_legacy_algorithms = true\n"
            hosts.write_text(hosts.read_text() + entry.replace("NAME", "strict") + named)
            deployment.process.send_signal(signal.SIGHUP)
            await deployment.logged("rules loaded")
            refused = await deployment.ssh("gpu-strict", "echo in")
            assert (refused.status, refused.out) == (255, b"")
            assert b"[host-unreachable]" in refused.err
            assert (await deployment.ssh("gpu-old", "echo in")).out == b"in\n"
            found = await audited(deployment.ssh_port)
            assert {level for level, _, _ in found} == {"warn"}
        finally:
            await old.stop()


async def test_dropbear_guesses_the_key_exchange_and_is_understood(deployment):
    """It has no certificates, so it comes as far as the login, and is refused there."""
    require("dbclient", "dropbear-bin")
    process = await asyncio.create_subprocess_exec(
        *("dbclient", "-y", "-y", "-T", "-p", str(deployment.ssh_port), f"{ACCOUNT}@127.0.0.1"),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(20):
        _, err = await process.communicate()
    assert b"No auth methods could be used" in err
