"""Locks, as those meet them who are locked: what lives ends with a sentence, what is new waits."""

import asyncio
import contextlib
import json
import signal

import asyncssh
import pytest
from asyncssh.channel import SSHClientChannel
from asyncssh.packet import String

from bastion.chain import load_signer
from bastion.clock import SystemClock
from bastion.ids import new_id
from bastion.locks.change import lift_lock, set_lock
from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_store
from tests.servers import program
from tests.servers.deployment import ACCOUNT, Ran, run
from tests.servers.plain_ssh import plain_ssh
from tests.servers.terminal import PROMPT, Terminal, plain, shell
from tests.servers.waiting import until, until_answered

REASON = "incident 4711"


async def bastion(deployment, *arguments) -> Ran:
    """The operator's command line, on the bastion's machine."""
    config = str(deployment.config)
    return await program.bastion(*arguments, "--config", config, COLUMNS="300")


@contextlib.asynccontextmanager
async def locked(deployment, kind, value):
    """Something is locked, by another process than the bastion's: this one; lifted afterwards."""
    clock = SystemClock()
    lock = Lock(new_id(clock), kind, value, REASON, clock.now(), "local:test")
    store, signer = open_store(deployment.state.database), load_signer(deployment.state.record_key)
    try:
        set_lock(store, lock, signer)
        yield
        assert lift_lock(store, lock, at=clock.now(), by="local:test", signer=signer)
    finally:
        store.close()


def open_sessions(deployment) -> list:
    store = deployment.store()
    try:
        return store.sessions.unfinished()
    finally:
        store.close()


def recorded(deployment, session) -> bytes:
    return (deployment.state.recordings / session.recording).read_bytes()


WHAT = {
    "account": ("user", "engineer"),
    "subject": ("user", "sub-engineer"),
    "group": ("group", "engineers"),
    "host": ("host", "gpu-01"),
    "hosts": ("host", "gpu-*"),
    "certificate": ("certificate", "7"),
    "all": ("all", "*"),
}


@pytest.mark.parametrize("what", WHAT.values(), ids=WHAT)
async def test_a_lock_ends_the_session_and_refuses_the_next(deployment, what):
    """The reason is on the terminal and in the recording; lifted, it lets in again."""
    async with (
        shell("ssh", [*deployment.options(), "gpu-01"]) as terminal,
        locked(deployment, *what),
    ):
        shown = plain(await terminal.sees("\\[locked\\]"))
        assert f"[bastion] access is locked. ({REASON})" in shown
        assert await terminal.ends() == 255
        session = await deployment.newest()
        assert session.ending == "locked"
        assert REASON.encode() in recorded(deployment, session)
        refused = await deployment.ssh("gpu-01", "echo in")
        assert (refused.status, refused.out) == (255, b"")
        assert REASON.encode() in refused.err
        assert b"[locked]" in refused.err
    assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"


async def test_locks_are_in_the_audit_log(deployment):
    """Who set and lifted it, what it ended; the log proves itself."""
    async with (
        shell("ssh", [*deployment.options(), "gpu-01"]) as terminal,
        locked(deployment, "user", "engineer"),
    ):
        await terminal.sees("\\[locked\\]")
        session = await deployment.newest()
    said = {entry.code: entry for entry in deployment.audited()}
    assert said["lock-set"].subject == said["lock-lifted"].subject == "local:test"
    assert said["session-revoked"].subject == "sub-engineer"
    revoked = said["session-revoked"].detail
    assert revoked["session"] == session.id
    assert revoked["lock"] == said["lock-set"].detail["lock"]
    assert (await bastion(deployment, "verify")).status == 0


async def test_a_locked_session_ends_alone(deployment):
    """Its neighbour goes on; the command says what has ended."""
    arguments = [*deployment.options(), "gpu-01"]
    async with shell("ssh", arguments) as first, shell("ssh", arguments) as second:
        await until(lambda: len(open_sessions(deployment)) == 2)
        victim, _ = open_sessions(deployment)
        ran = await bastion(deployment, "lock", "session", victim.id[-8:], "--reason", REASON)
        assert b"1 session has ended." in ran.err
        await first.sees("\\[locked\\]")
        assert await first.ends() == 255
        second.types("echo still here\r")
        await second.sees(f"here\r\n.*{PROMPT}")


async def test_others_are_let_in(deployment):
    """A lock meets only whom it names."""
    async with (
        locked(deployment, "user", "somebody-else"),
        locked(deployment, "group", "interns"),
        locked(deployment, "host", "gpu-02"),
        locked(deployment, "certificate", "77"),
    ):
        assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"


async def test_the_other_way_to_a_host_is_shut_too(deployment):
    """`login@host@bastion` as well as the jump."""
    async with locked(deployment, "host", "gpu-01"):
        refused = await deployment.ssh(f"{ACCOUNT}@gpu-01@bastion", "echo in")
        assert b"[locked]" in refused.err
        assert refused.out == b""


async def test_a_lock_on_a_host_is_not_told_to_who_may_not_reach_it(deployment):
    """A locked and a missing host look the same to strangers."""
    stranger = deployment.certify("stranger", groups=("nobody",))
    async with locked(deployment, "host", "gpu-01"):
        locked_host = await deployment.ssh(f"{ACCOUNT}@gpu-01@bastion", "true", key=stranger)
        missing_host = await deployment.ssh(f"{ACCOUNT}@gpu-99@bastion", "true", key=stranger)
    assert locked_host.err.replace(b"gpu-01", b"X") == missing_host.err.replace(b"gpu-99", b"X")


async def test_a_name_written_otherwise_does_not_pass(deployment):
    """The lock is on the host, not on how its name is spelled."""
    async with locked(deployment, "host", "gpu-01"):
        ran = await deployment.ssh(f"{ACCOUNT}@GPU-01@bastion", "echo in")
        assert ran.out == b""


async def test_a_shared_connection_without_a_session_is_closed(deployment):
    """ControlMaster: whoever keeps a connection open cannot come back through it."""
    socket = str(deployment.folder / "master")
    master = [*deployment.options(), "-o", f"ControlPath={socket}"]
    opened = await run("ssh", *master, "-o", "ControlPersist=60", "-fNM", "gpu-01")
    assert opened.status == 0, opened.err
    assert (await run("ssh", *master, "gpu-01", "echo in")).out == b"in\n"
    async with locked(deployment, "user", "engineer"):
        await until(lambda: not (deployment.folder / "master").exists())
        refused = await run("ssh", *master, "gpu-01", "echo in")
        assert b"[locked]" in refused.err
        assert refused.out == b""


async def test_a_command_that_floods_a_client_that_does_not_read_ends(deployment):
    """Back-pressure does not keep a session alive on the host."""
    async with shell("ssh", [*deployment.options(), "gpu-01"]) as terminal:
        terminal.types("yes\r")
        await terminal.sees("y\r\ny")  # and reads no more
        async with locked(deployment, "user", "engineer"):
            await until(lambda: not open_sessions(deployment))
    assert (await deployment.newest()).ending == "locked"


async def test_a_full_screen_program_is_left_before_the_sentence(deployment):
    """The terminal is a shell's again: alternate screen off, cursor on."""
    async with shell("ssh", [*deployment.options(), "gpu-01"]) as terminal:
        terminal.types("printf '\\033[?1049h\\033[?25lFULL'; cat\r")
        await terminal.sees("\x1b\\[\\?25lFULL")
        async with locked(deployment, "user", "engineer"):
            shown = await terminal.sees("\\[locked\\]")
            assert shown.index("\x1b[?1049l") < shown.index("access is locked")


async def test_a_command_without_a_terminal_hears_it_on_stderr(deployment):
    """Its output stays what the host said."""
    task = deployment.ssh("gpu-01", "echo begun; exec sleep 60")

    async def lock_it():
        await until(lambda: len(open_sessions(deployment)) == 1)
        async with locked(deployment, "user", "engineer"):
            await until(lambda: not open_sessions(deployment))

    ran, _ = await asyncio.gather(task, lock_it())
    assert b"[locked]" in ran.err
    assert b"locked" not in ran.out
    assert ran.status == 255


@pytest.mark.parametrize("is_typed", [False, True], ids=["exec", "shell"])
async def test_what_waits_for_approval_is_cancelled(deployment, is_typed):
    """Nobody can approve a command of a session that was ended."""
    held = "nvidia-smi --gpu-reset -i 0"
    arguments = ["-tt", *deployment.options(), "gpu-01"]
    terminal = Terminal("ssh", arguments if is_typed else [*arguments, held])
    if is_typed:
        await terminal.sees("[$#] ")
        terminal.types(f"{held}\r")
    await terminal.sees("held by gpu-reset")
    async with locked(deployment, "user", "engineer"):
        await terminal.sees("\\[locked\\]")
        assert await terminal.ends() == 255
        assert (await deployment.newest()).ending == "locked"
        store = deployment.store()
        await until(lambda: not store.requests.pending())
        assert store.requests.latest(1)[0].state == "cancelled"
        store.close()


async def test_a_channel_that_was_opened_before_the_lock_runs_nothing_after_it(deployment):
    """Whoever opens a channel, waits, and asks late for a command is judged late."""
    async with plain_ssh(
        deployment.ssh_port,
        username=f"{ACCOUNT}@gpu-01",
        client_keys=[str(deployment.folder / "ssh" / "engineer")],
    ) as connection:
        loop, marker = asyncio.get_running_loop(), deployment.folder / "it ran"
        channel = SSHClientChannel(connection, loop, "strict", None, "strict", 2**20, 2**15)
        await channel._open(b"session")
        channel._session = asyncssh.SSHClientSession()
        channel._recv_paused = False
        async with locked(deployment, "user", "engineer"):
            await channel._make_request(b"exec", String(f"touch '{marker}'"))
            await connection.wait_closed()
    assert not marker.exists()


async def test_rules_that_take_a_grant_away_end_its_session(own_deployment):
    """At SIGHUP; the other grant's session goes on."""
    access = own_deployment.folder / "rules" / "access.toml"
    text = access.read_text()
    access.write_text(text + text.replace('"engineers"', '"others"'))
    other = own_deployment.certify(key_id="sub-other", groups=("others",))
    own_deployment.process.send_signal(signal.SIGHUP)
    await own_deployment.logged("rules loaded")
    arguments = [*own_deployment.options(), "gpu-01"]
    async with (
        shell("ssh", arguments) as mine,
        shell("ssh", [*own_deployment.options(other), "gpu-01"]) as theirs,
    ):
        access.write_text(text.replace('"engineers"', '"others"'))
        own_deployment.process.send_signal(signal.SIGHUP)
        shown = plain(await mine.sees("\\[revoked\\]"))
        assert "the access rules changed" in shown
        assert await mine.ends() == 255
        theirs.types("echo still here\r")
        await theirs.sees(f"here\r\n.*{PROMPT}")
    await until(lambda: own_deployment.audited("session-revoked"))


async def test_a_lock_is_heard_by_every_process(own_deployment):
    """Two bastions of one state directory: both end what they hold."""
    twin = own_deployment.twin(own_deployment.folder / "twin")
    await twin.start()
    try:
        async with (
            shell("ssh", [*own_deployment.options(), "gpu-01"]) as here,
            shell("ssh", [*twin.options(), "gpu-01"]) as there,
        ):
            ran = await bastion(own_deployment, "lock", "user", "engineer", "--reason", REASON)
            assert b"2 sessions have ended." in ran.err
            for terminal in (here, there):
                await terminal.sees("\\[locked\\]")
                assert await terminal.ends() == 255
            assert b"[locked]" in (await twin.ssh("gpu-01", "true")).err
    finally:
        await twin.stop()


async def test_a_lock_runs_out_by_itself(deployment):
    """Whoever was locked for a while is let in after it."""
    await bastion(deployment, "lock", "user", "engineer", "--reason", REASON, "--for", "5s")
    assert b"[locked]" in (await deployment.ssh("gpu-01", "true")).err

    async def is_let_in() -> bool:
        return (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"

    await until_answered(is_let_in, every=0.5)
    listed = await bastion(deployment, "locks", "--all", "--json")
    assert json.loads(listed.out)[0]["state"] == "expired"
