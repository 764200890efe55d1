"""How long, how idle, how many: sessions under the limits of their grant."""

import signal

from tests.servers.deployment import Deployment
from tests.servers.terminal import Terminal, plain, shell


async def limit(deployment: Deployment, line: str) -> None:
    """Have every grant say *line* from now on."""
    access = deployment.folder / "rules" / "access.toml"
    access.write_text(f"{access.read_text()}{line}\n")
    assert deployment.process is not None
    deployment.process.send_signal(signal.SIGHUP)
    await deployment.logged("rules loaded")


async def test_a_session_ends_at_its_time_limit(own_deployment):
    """Half of a short limit before, a line says so; keys do not prolong it."""
    await limit(own_deployment, "session_seconds = 6")
    terminal = Terminal("ssh", [*own_deployment.options(), "gpu-01"])
    try:
        warned = plain(await terminal.sees("\\[session-expired\\]"))
        assert "[bastion] this session ends in" in warned
        terminal.types("echo typed\r")
        shown = plain(await terminal.sees("\\[session-expired\\]"))
        assert "the session has reached its time limit." in shown
        assert await terminal.ends() == 255
    finally:
        terminal.close()
    session = await own_deployment.newest()
    assert session.ending == "session-expired"
    assert session.ended_at - session.started_at >= 6


async def test_an_idle_session_ends(own_deployment):
    """Output alone does not keep it."""
    await limit(own_deployment, "idle_seconds = 6")
    ticking = "while echo tick; do sleep 1; done"
    terminal = Terminal("ssh", ["-tt", *own_deployment.options(), "gpu-01", ticking])
    try:
        await terminal.sees("this session ends in")
        await terminal.sees("because nothing was typed for too long")
        assert "tick\r\n" in terminal.shown
        assert await terminal.ends() == 255
    finally:
        terminal.close()
    assert (await own_deployment.newest()).ending == "session-idle"


async def test_no_more_sessions_than_allowed_are_open_on_all_processes(own_deployment):
    """The second is refused on a twin as well; once the first has ended it opens."""
    await limit(own_deployment, "sessions = 1")
    twin = own_deployment.twin(own_deployment.folder / "twin")
    await twin.start()
    try:
        async with shell("ssh", [*own_deployment.options(), "gpu-01"]) as terminal:
            for deployment in (own_deployment, twin):
                refused = await deployment.ssh("gpu-01", "echo in")
                assert refused.status == 255
                assert refused.out == b""
                assert b"[too-many-sessions]" in refused.err
            terminal.types("exit\r")
            assert await terminal.ends() == 0
        await own_deployment.newest()
        assert (await twin.ssh("gpu-01", "echo in")).out == b"in\n"
    finally:
        await twin.stop()
    recordings = list(own_deployment.state.recordings.rglob("*.cast"))
    assert len(recordings) == 2  # what was refused left none
