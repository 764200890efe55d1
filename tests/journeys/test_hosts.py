"""Hosts that are not there, or not who they should be."""

import asyncio
import socket

import asyncssh

from tests.servers.deployment import deployed


def _host(name: str, port: int, host_key: str) -> str:
    return (
        f'[[host]]\nname = "{name}"\naddress = "127.0.0.1"\nport = {port}\n'
        f'host_keys = ["{host_key}"]\n'
    )


def _new_key() -> str:
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    return " ".join(key.split()[:2])


async def test_a_host_that_does_not_answer(tmp_path):
    """One sentence; the session is in the record with its ending."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        hosts = _host("gpu-02", taken.getsockname()[1], _new_key())
        async with deployed(tmp_path, hosts=hosts) as deployment:
            ran = await deployment.ssh("gpu-02", "true")
            ending = (await deployment.newest()).ending
    assert ran.status == 255
    assert b"nothing takes SSH connections at its port" in ran.err
    assert b"[host-refused]" in ran.err
    assert ending == "host-refused"


async def test_a_host_that_says_nothing(tmp_path):
    """A port that accepts and then is silent ends in the configured time."""
    kept = []
    silent = await asyncio.start_server(lambda _reader, writer: kept.append(writer), "127.0.0.1", 0)
    hosts = _host("gpu-02", silent.sockets[0].getsockname()[1], _new_key())
    settings = {"upstream": {"connect_seconds": 1}}
    async with deployed(tmp_path, hosts=hosts, settings=settings) as deployment:
        ran = await deployment.ssh("gpu-02", "true")
    for writer in kept:
        writer.close()
    silent.close()
    assert ran.status == 255
    assert b"[host-timeout]" in ran.err


async def test_a_host_with_another_key(tmp_path):
    """A changed host key ends the session before anything is sent to the host."""
    async with deployed(tmp_path) as deployment:
        port = deployment.sshd.port
        hosts = tmp_path / "hosts.toml"
        hosts.write_text(hosts.read_text() + _host("gpu-02", port, _new_key()))
        deployment.process.send_signal(1)  # SIGHUP reads it
        await deployment.logged("rules loaded")
        ran = await deployment.ssh("gpu-02", "echo in")
        log = deployment.sshd.log.read_text()
    assert (ran.status, ran.out) == (255, b"")
    assert b"[host-key-changed]" in ran.err
    assert "Accepted" not in log


async def test_a_host_without_that_account(tmp_path):
    """The host's refusal is told as the host's."""
    async with deployed(tmp_path) as deployment:
        access = tmp_path / "rules" / "access.toml"
        access.write_text(
            '[[grant]]\nid = "g"\ngroups = ["engineers"]\ntargets = ["*"]\n'
            'logins = ["no-such-account"]\n'
        )
        deployment.process.send_signal(1)
        await deployment.logged("rules loaded")
        ran = await deployment.ssh("-l", "no-such-account", "gpu-01", "true")
    assert ran.status == 255
    assert b"[host-login-refused]" in ran.err
