"""What stays: recordings, rows, the audit log; also after kill -9, and when recording fails."""

import json

import pytest

from bastion import chain
from bastion.audit.log import check
from bastion.events import ABANDONED, Exit, Input, Judged, Output
from bastion.recording.reader import events, read_header
from tests.servers.deployment import ACCOUNT, deployed
from tests.servers.program import bastion
from tests.servers.terminal import PROMPT, shell


async def newest(deployment):
    """The newest session's row, once it has ended, and its recording's path."""
    session = await deployment.newest()
    return session, deployment.state.recordings / session.recording


async def replayed(deployment, session_id: str) -> str:
    """The session as text, by the command that security uses."""
    ran = await bastion("replay", session_id, "--text", "--config", deployment.config)
    assert ran.status == 0, ran.err
    return ran.out.decode()


async def verified(deployment) -> dict:
    """What `bastion verify --json` says."""
    config = str(deployment.config)
    ran = await bastion("verify", "--json", "--config", config)
    return json.loads(ran.out)


async def test_a_command_is_recorded_with_its_streams(deployment):
    """stdin, stdout, stderr, verdict and exit status are in the recording, in order."""
    await deployment.ssh("gpu-01", "cat; echo oops >&2; exit 9", input_=b"typed\n")
    session, path = await newest(deployment)
    got = [timed.event for timed in events(path)]
    assert read_header(path).command == "cat; echo oops >&2; exit 9"
    assert [event.verdict for event in got if isinstance(event, Judged)] == ["allow"]
    assert b"".join(event.data for event in got if isinstance(event, Input)) == b"typed\n"
    streams = {
        stream: b"".join(
            event.data for event in got if isinstance(event, Output) and event.stream == stream
        )
        for stream in ("stdout", "stderr")
    }
    assert streams == {"stdout": b"typed\n", "stderr": b"oops\n"}
    assert got[-1] == Exit(9)
    assert (session.kind, session.exit_status, session.ending) == ("exec", 9, "exit")
    assert (session.account, session.login, session.target) == ("engineer", ACCOUNT, "gpu-01")


async def test_the_whole_record_fits_together(deployment):
    """Every recording and the audit log are proven by `bastion verify`."""
    await deployment.ssh("gpu-01", "true")
    await deployment.ssh("gpu-01", "cat /etc/shadow")
    await deployment.newest()
    said = await verified(deployment)
    assert said["fits"]
    store = deployment.store()
    assert check(store, chain.load_verifier(deployment.state.record_public_key)) == ""
    codes = [entry.code for entry in store.audit.entries(0, 100)]
    logins = store.sessions.logins(10)
    store.close()
    assert codes[0] == "server-started"
    assert {"login-accepted", "session-opened", "session-closed", "command-blocked"} <= {*codes}
    assert {login.account for login in logins} == {"engineer"}


async def test_a_changed_recording_is_found(own_deployment):
    """One byte of one recording is enough."""
    await own_deployment.ssh("gpu-01", "echo original")
    _, path = await newest(own_deployment)
    path.write_bytes(path.read_bytes().replace(b"original\\n", b"0riginal\\n"))
    assert not (await verified(own_deployment))["fits"]


async def test_kill_9_loses_nothing_that_was_shown(own_deployment):
    """After a restart the recording is closed, proven, and playable up to the last byte shown."""
    options = own_deployment.options()
    async with shell("ssh", [*options, "gpu-01"]) as terminal:
        terminal.types("echo last wo''rds\r")
        await terminal.sees("\rlast words")
        await terminal.sees(PROMPT)
        await own_deployment.kill()
    await own_deployment.start()
    session, _ = await newest(own_deployment)
    assert session.ending == "cut-off"
    assert "last words" in await replayed(own_deployment, session.id)
    assert (await verified(own_deployment))["fits"]
    assert (await own_deployment.ssh("gpu-01", "echo in")).out == b"in\n"


async def test_a_session_that_cannot_be_recorded_ends(tmp_path):
    """A full disk ends the session at the failing write; nothing passes unrecorded."""
    async with deployed(tmp_path, max_file_bytes=1_000_000) as deployment:
        ran = await deployment.ssh("gpu-01", "head -c 3000000 /dev/zero | tr '\\0' x; echo end")
        assert ran.status == 255
        assert b"[recording-failed]" in ran.err
        assert len(ran.out) < 1_000_000
        session, path = await newest(deployment)
        shown = sum(
            len(timed.event.data)
            for timed in events(path)
            if isinstance(timed.event, Output) and not timed.event.notice
        )
        assert shown >= len(ran.out)
    assert session.ending == "recording-failed"


@pytest.mark.parametrize("signal", [9, 15])
async def test_stopping_while_a_command_is_held_runs_nothing(own_deployment, signal):
    """What waits for approval when the bastion ends never runs."""
    async with shell("ssh", [*own_deployment.options(), "gpu-01"]) as terminal:
        terminal.types("echo r''an; nvidia-smi --gpu-reset -i 0\r")
        await terminal.sees("held by gpu-reset")
        own_deployment.process.send_signal(signal)
        await own_deployment.process.communicate()
    await own_deployment.start()
    store = own_deployment.store()
    assert [request.state for request in store.requests.latest(5)] == ["cancelled"]
    store.close()
    assert own_deployment.commands(1)[-1].outcome == ABANDONED
