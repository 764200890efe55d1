"""A real shell that asks before it runs: ssh, the bastion, sshd and bash, with nothing left out."""

import asyncio
import os
import signal
from pathlib import Path

from bastion.store.rows import Request
from tests.journeys.conftest import whole_site
from tests.servers import program
from tests.servers.approver import decide
from tests.servers.deployment import deployed
from tests.servers.terminal import PROMPT, plain, shell
from tests.servers.waiting import until

HELD = "nvidia-smi --gpu-reset -i 0"


def ssh(deployment) -> tuple[str, list[str]]:
    return "ssh", [*deployment.options(), "gpu-01"]


def kept(deployment) -> list[tuple[str, str, str]]:
    """What the store says of every command: who read it, its text, its verdict."""
    store = deployment.store()
    try:
        return [
            (command.source, command.text, command.verdict)
            for summary in store.sessions.latest(10)
            for command in store.sessions.commands(summary.session.id)
        ]
    finally:
        store.close()


def newest(deployment) -> Request:
    """The request for approval that was made last."""
    store = deployment.store()
    try:
        return store.requests.latest(1)[0]
    finally:
        store.close()


def marks(deployment) -> str:
    """The recordings, as text."""
    casts = deployment.state.recordings.rglob("*.cast")
    return "".join(cast.read_text(errors="replace") for cast in casts)


def child_of(process: int) -> int:
    """The first process that *process* has started, of those that still run."""
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


async def test_the_exact_line_is_judged_before_it_runs(deployment):
    """Typed, made by history expansion, hidden in an alias: all three as the shell has them."""
    async with shell(*ssh(deployment)) as terminal:
        terminal.types("echo /etc/sha''dow\r")
        assert "\r/etc/shadow" in await terminal.sees(PROMPT)
        terminal.types("cat /etc/shadow\r")
        assert "blocked by read-password-hashes" in plain(await terminal.sees(PROMPT))
        terminal.types("alias zz='cat /etc/sha'dow\r")
        await terminal.sees(PROMPT)
        terminal.types("zz\r")
        assert "blocked by read-password-hashes" in plain(await terminal.sees(PROMPT))
        terminal.types("echo cat /etc/shadow\r")
        await terminal.sees(PROMPT)
        terminal.types("^echo ^\r")
        assert "blocked by read-password-hashes" in plain(await terminal.sees(PROMPT))
        terminal.types("echo al''ive; exit 3\r")
        await terminal.sees("alive")
        assert await terminal.ends() == 3
    assert "root:" not in terminal.shown
    rows = kept(deployment)
    assert ("shell", "cat /etc/shadow", "block") in rows
    assert ("shell", "zz", "block") in rows
    assert rows.count(("shell", "cat /etc/shadow", "block")) == 2
    assert ("shell", "echo al''ive; exit 3", "allow") in rows


async def test_a_shell_within_the_shell_asks_as_well(deployment):
    """A bash begun at the prompt tells the exact line too, and what its aliases hide."""
    async with shell(*ssh(deployment)) as terminal:
        terminal.types("bash\rPS1='story''$ '\r")
        await terminal.sees(PROMPT)
        terminal.types("alias yy='cat /etc/sha'dow\r")
        await terminal.sees(PROMPT)
        terminal.types("yy\r")
        assert "blocked by read-password-hashes" in plain(await terminal.sees(PROMPT))
        terminal.types("exit\r")
        await terminal.sees(PROMPT)
        terminal.types("echo al''ive; exit 3\r")
        await terminal.sees("alive")
        assert await terminal.ends() == 3
    assert ("shell", "yy", "block") in kept(deployment)


async def test_an_approval_is_for_the_line_and_the_folder(tmp_path):
    """The approved line runs in place, and the request says where."""
    async with whole_site(tmp_path) as whole:
        async with shell(*ssh(whole.deployment)) as terminal:
            go = tmp_path / "go"
            terminal.types(
                f"cd /usr; until [ -e {go} ]; do sleep 0.1; done && echo from be''hind &\r"
            )
            await terminal.sees(PROMPT)
            terminal.types(f"A=1 pwd >/dev/stderr; {HELD}\r")
            await terminal.sees("held by gpu-reset: waiting for approvers")
            terminal.resize(30, 20)
            await terminal.sees(r"4:\d\d left; Ctrl-C")  # what fits there
            terminal.resize(120, 30)
            waiting = newest(whole.deployment)
            assert waiting.directory == "/usr"
            assert waiting.resolved == ("A=1 pwd > /dev/stderr", HELD)
            assert f"pwd >/dev/stderr; {HELD}" in waiting.screen
            go.touch()
            await terminal.sees("from behind")
            await decide(await whole.link(), whole.provider.password, "approve")
            said = plain(await terminal.sees(PROMPT))
            assert "approved by approver" in said
            assert "/usr" in said
        used = newest(whole.deployment)
        assert (used.state, used.screen) == ("used", "")


async def test_an_enter_that_the_session_ends_before_is_told_of(deployment):
    """The shell's question is on its way: nobody knows what became of the line, and people hear."""
    async with shell(*ssh(deployment)) as terminal:
        terminal.types("n=__bas; n+=tion_folder; read -r side <${!n}/side; echo pid=$side.\r")
        side = int((await terminal.sees(r"pid=\d+\.")).rpartition("=")[2].rstrip("."))
        await terminal.sees(PROMPT)
        carrier = child_of(side)
        os.kill(carrier, signal.SIGSTOP)
        terminal.types("echo sne''aky\r")
        await terminal.sees("sne''aky\r\n")
    os.kill(carrier, signal.SIGCONT)
    session = await deployment.newest()
    told = deployment.audited("command-unasked")[-1].detail
    assert (told["session"], told["text"]) == (session.id, "echo sne''aky")


async def test_a_shell_that_cannot_ask_any_more_runs_nothing(tmp_path):
    """The far end of the side channel is killed: the record says so, and lines are dropped."""
    async with deployed(tmp_path) as deployment, shell(*ssh(deployment)) as terminal:
        terminal.types("n=__bas; n+=tion_folder; read -r side <${!n}/side; echo pid=$side.\r")
        said = await terminal.sees(r"pid=\d+\.")
        await terminal.sees(PROMPT)
        os.kill(int(said.rpartition("=")[2].rstrip(".")), signal.SIGKILL)
        await until(lambda: '"lost: ' in marks(deployment))
        terminal.types("echo ra''n\r")
        await asyncio.wait_for(terminal.sees(PROMPT), 20)
        assert "ran\r\n" not in terminal.shown


async def test_a_line_that_the_shell_dropped_without_a_question_is_marked(deployment):
    """So that the record says why it did not run; what no shell runs is not marked."""
    async with shell(*ssh(deployment)) as terminal:
        terminal.types("n=__bas; n+=tion_folder; echo at=${!n}.\r")
        folder = Path((await terminal.sees(r"at=/\S+\.")).rpartition("=")[2].rstrip("."))
        await terminal.sees(PROMPT)
        for keys in ("\r", "  # echo one\r", "echo )\r", "echo one\x03"):
            terminal.types(keys)
            await terminal.sees(PROMPT)
        (folder / "side").unlink()
        terminal.types("echo ra''n\r")
        await terminal.sees(PROMPT)
    await deployment.newest()
    assert marks(deployment).count('"dropped: ') == 1
    assert "and ran nothing of it: echo ra''n" in marks(deployment)
    assert "ran\r\n" not in terminal.shown


async def test_without_the_integration_the_screen_is_judged(tmp_path):
    """Switched off for a host: no side channel, and the line is read off the screen."""
    async with deployed(tmp_path, settings={"gate": {"integration": False}}) as deployment:
        async with shell(*ssh(deployment)) as terminal:
            terminal.types("cat /etc/shadow\r")
            assert "blocked by read-password-hashes" in plain(await terminal.sees(PROMPT))
        assert ("screen", "cat /etc/shadow", "block") in kept(deployment)


async def test_an_operator_sees_what_lines_waited(deployment):
    """`bastion status --latency` tells it by witness, while the bastion runs."""
    async with shell(*ssh(deployment)) as terminal:
        terminal.types("echo one\r")
        await terminal.sees(PROMPT)
    measured = deployment.state.measured
    await until(lambda: any('"shell"' in path.read_text() for path in measured.glob("*.json")))
    said = await program.bastion("status", "--latency", "--config", str(deployment.config))
    assert "shell" in said.out.decode()
