"""Ways in beside the usual ones: chained jumps, shared connections, the bastion's own commands."""

import json

import pytest

from bastion.downstream.commands.table import COMMANDS
from tests.journeys.test_menu import two_hosts
from tests.servers.deployment import ACCOUNT, deployed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    """A bastion with two hosts in reach."""
    async with deployed(tmp_path_factory.mktemp("ways")) as deployment:
        await two_hosts(deployment)
        yield deployment


async def test_a_chain_of_jumps_ends_in_a_recorded_session(site):
    """`-J bastion,gpu-01 gpu-02`: the last one is a session of its own, judged like any other."""
    ran = await site.ssh("-J", f"bastion,{ACCOUNT}@gpu-01", "gpu-02", "echo in; exit 3")
    assert (ran.status, ran.out) == (3, b"in\n"), ran
    session = await site.newest()
    assert (session.target, session.kind, session.command) == ("gpu-02", "exec", "echo in; exit 3")


@pytest.mark.parametrize("name", ["elsewhere.example", "secret-01"])
async def test_a_chain_to_elsewhere_is_refused_in_a_sentence(site, name):
    """SSH to what the inventory does not have, or not for this person, passes no host."""
    ran = await site.ssh("-J", f"bastion,{ACCOUNT}@gpu-01", "-l", ACCOUNT, name, "true")
    assert ran.status == 255
    assert b"bastion: " in ran.err
    assert b"[ssh-not-forwarded]" in ran.err or b"[access-denied]" in ran.err, ran


async def test_a_chain_over_a_shared_connection(site, tmp_path):
    """ControlMaster on the bastion: every session in it is of the host that was named."""
    config = tmp_path / "config"
    control = f"  ControlMaster auto\n  ControlPath {tmp_path}/%n\n  ControlPersist 30\n"
    own = (site.folder / "ssh" / "config").read_text()
    config.write_text(own.replace("Host bastion\n", f"Host bastion\n{control}", 1))
    from_config = ("-F", str(config))
    try:
        for host, status in (("gpu-01", 4), ("gpu-02", 5), ("gpu-01", 6)):
            ran = await site.ssh(*from_config, host, f"exit {status}")
            assert ran.status == status, ran
            assert (await site.newest()).target == host
        chained = ("-J", f"bastion,{ACCOUNT}@gpu-01", "gpu-02")
        ran = await site.ssh(*from_config, *chained, "exit 7")
        assert ran.status == 7, ran
        listed = await site.ssh(*from_config, "bastion", "sessions", "--json", "--limit", "4")
        targets = [each["target"] for each in json.loads(listed.out)]
        assert targets == ["gpu-02", "gpu-01", "gpu-02", "gpu-01"]
    finally:
        await site.ssh(*from_config, "-O", "exit", "bastion")


async def told(site, *words, **options):
    """The JSON that a command answers."""
    ran = await site.ssh("bastion", "--", *words, "--json", **options)
    assert (ran.status, ran.err) == (0, b""), ran
    return json.loads(ran.out)


async def test_hosts_are_those_in_reach(site):
    """By words and globs; what may not be reached is not there."""
    assert [host["name"] for host in await told(site, "hosts")] == ["gpu-01", "gpu-02"]
    assert [host["name"] for host in await told(site, "hosts", "pool=research")] == ["gpu-02"]
    assert await told(site, "hosts", "secret*") == []
    [first, _] = await told(site, "hosts", "'gpu-*'")
    assert first["logins"] == [
        {"login": ACCOUNT, "channels": ["exec", "shell"], "needs_approval": False}
    ]
    ran = await site.ssh("bastion", "hosts")
    assert ran.out.decode().splitlines()[0].split() == ["gpu-01", ACCOUNT]


async def test_status_tells_who_is_there(site):
    """And of nobody else."""
    status = await told(site, "status")
    assert (status["account"], status["groups"]) == ("engineer", ["engineers"])
    ran = await site.ssh("bastion", "status")
    assert b"engineer (sub-engineer)" in ran.out


async def test_sessions_are_ones_own(site):
    """The newest first, live ones marked; another person's are not there."""
    await site.ssh("gpu-01", "exit 8")
    await site.newest()
    newest, *_ = await told(site, "sessions")
    assert (newest["command"], newest["exit_status"], newest["live"]) == ("exit 8", 8, False)
    other = site.certify("other")
    ran = await site.ssh("-l", "other", "bastion", "--", "sessions", "--json", key=other)
    assert (ran.status, json.loads(ran.out)) == (0, [])


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_every_command_refuses_what_it_does_not_understand(site, name):
    """With its usage or the option, a code, and exit status 1."""
    ran = await site.ssh("bastion", "--", name, "--no-such-option")
    assert (ran.status, ran.out) == (1, b"")
    assert b"[usage]" in ran.err


async def test_unknown_commands_are_127(site):
    """As in a shell; hostile names are printed safely."""
    ran = await site.ssh("bastion", "'\x1b]0;x\x07'")
    assert ran.status == 127
    assert b"\x1b" not in ran.err
    assert b"[usage]" in ran.err


async def test_neither_terminal_nor_command(site):
    """A sentence says what there is."""
    ran = await site.ssh("-T", "bastion")
    assert (ran.status, ran.out) == (255, b"")
    assert b"help" in ran.err
    assert b"[no-destination]" in ran.err
