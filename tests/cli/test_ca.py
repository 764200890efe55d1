"""`bastion ca`: public keys, rotation, the list."""

import json
import signal
import time

import asyncssh
import pytest

from bastion.ca import keys
from tests.servers import program
from tests.servers.deployment import deployed
from tests.servers.waiting import until


async def bastion(deployment, *arguments):
    return await program.bastion("ca", *arguments, "--config", deployment.config)


@pytest.fixture
async def site(tmp_path):
    async with deployed(tmp_path) as deployment:
        yield deployment


def codes(site) -> list[str]:
    return [entry.code for entry in site.audited()]


async def test_a_user_ca_is_rotated_while_people_work(site):
    """Old certificates go on, the new key makes new ones; without overlap the old one ends."""
    old = site.certify("engineer")
    assert (await site.ssh("gpu-01", "echo in", key=old)).out == b"in\n"
    rotated = await bastion(site, "rotate", "user", "--overlap", "1h")
    assert b"made user_ca-2: SHA256:" in rotated.err
    (kept,) = site.audited("ca-rotated")
    assert (kept.detail["ca"], kept.detail["overlap_seconds"]) == ("user", 3600)
    assert kept.detail["by"]
    site.process.send_signal(signal.SIGHUP)
    await until(lambda: "ca-keys-changed" in codes(site))
    new = site.certify("engineer", ca=keys.load(site.state.keys / "user_ca-2"))
    for key in (old, new):
        assert (await site.ssh("gpu-01", "echo in", key=key)).out == b"in\n"
    await bastion(site, "rotate", "user", "--overlap", "0s")
    site.process.send_signal(signal.SIGHUP)
    await until(lambda: codes(site).count("ca-keys-changed") == 2)
    for key in (old, new):
        assert b"Permission denied" in (await site.ssh("gpu-01", "echo in", key=key)).err


async def test_an_access_ca_is_rotated_while_people_work(site):
    """The host trusts both lines; before and after the switch people get in."""
    rotated = await bastion(site, "rotate", "access", "--overlap", "4s")
    switch = time.time() + 4
    assert b"every host has to trust it" in rotated.err
    site.process.send_signal(signal.SIGHUP)
    await until(lambda: "ca-keys-changed" in codes(site))
    lines = (await bastion(site, "public", "access")).out
    assert len(lines.splitlines()) == 2
    site.sshd._access_ca.write_bytes(lines)  # sshd reads it for each login
    assert (await site.ssh("gpu-01", "echo in")).out == b"in\n"
    await until(lambda: time.time() > switch)
    new = asyncssh.import_public_key((await bastion(site, "public", "access")).out.splitlines()[0])
    assert new == keys.load(site.state.keys / "access_ca-2").convert_to_public()
    assert (await site.ssh("gpu-01", "echo in")).out == b"in\n"


async def test_keys_that_cannot_be_taken_change_nothing(site):
    """The log says so, and people go on working."""
    (site.state.keys / "user_ca.ring").write_text("{")
    site.process.send_signal(signal.SIGHUP)
    await until(lambda: "ca-keys-refused" in codes(site))
    assert (await site.ssh("gpu-01", "echo in")).out == b"in\n"
    listed = await bastion(site, "list")
    assert listed.status == 1
    assert b"user_ca.ring: cannot be read" in listed.err.replace(b"\n", b"")


async def test_the_list_says_what_each_key_does(site):
    """For scripts and for people; no private key in either."""
    await bastion(site, "rotate", "host")
    rows = json.loads((await bastion(site, "list", "--json")).out)
    assert [(row["ca"], row["file"], row["state"]) for row in rows] == [
        ("user", "user_ca", "signs"),
        ("host", "host_ca", "signs"),
        ("host", "host_ca-2", "waits"),
        ("access", "access_ca", "signs"),
    ]
    assert rows[2]["signs_from"] == pytest.approx(time.time() + 7 * 86400, abs=60)
    assert rows[1]["until"] == pytest.approx(time.time() + 8 * 86400, abs=60)
    assert rows[0]["until"] is None
    shown = await bastion(site, "list")
    assert b"host_ca-2" in shown.out
    assert b"PRIVATE" not in shown.out


async def test_all_public_keys_are_named(site):
    """Without a name, each line says which CA it is."""
    lines = (await bastion(site, "public")).out.decode().splitlines()
    names = ["bastion-user-ca", "bastion-host-ca", "bastion-access-ca"]
    assert [line.split()[2] for line in lines] == names
    one = (await bastion(site, "public", "user")).out.decode().strip()
    assert one == keys.public_line(keys.load(site.state.user_ca))


@pytest.mark.parametrize("given", ["soon", "5", "-1h", "1y"])
async def test_a_duration_that_is_none_is_refused(site, given):
    """With an example, and nothing is made."""
    refused = await bastion(site, "rotate", "user", f"--overlap={given}")
    assert refused.status == 2
    assert b"12h" in refused.err
    assert not list(site.state.keys.glob("user_ca-*"))
