"""Commands on their way: allowed, blocked, held; as one command and typed at a prompt."""

import asyncio

from tests.journeys.conftest import whole_site
from tests.servers.approver import decide
from tests.servers.deployment import ACCOUNT
from tests.servers.terminal import PROMPT, plain, shell

BLOCKED = "cat /etc/shadow"
HELD = "nvidia-smi --gpu-reset -i 0"


def ssh(deployment, *arguments: str) -> tuple[str, list[str]]:
    return "ssh", [*deployment.options(), *arguments]


def commands(deployment) -> list[tuple[str, str, str]]:
    """What the store says of the commands of the newest session: text, verdict, outcome."""
    return [(each.text, each.verdict, each.outcome) for each in deployment.commands(1)]


async def test_a_blocked_command_does_not_run_and_says_why(deployment):
    """The rule and its reason are named; the exit status is that of a command not run."""
    ran = await deployment.ssh("gpu-01", BLOCKED)
    assert ran.status == 126
    assert ran.out == b""
    assert b"blocked by read-password-hashes" in ran.err
    assert b"[command-blocked]" in ran.err
    assert commands(deployment) == [(BLOCKED, "block", "blocked")]


async def test_a_blocked_line_leaves_the_session_alive(deployment):
    """One line says why; then there is a prompt again, and the next line runs."""
    async with shell(*ssh(deployment, "gpu-01")) as terminal:
        terminal.types(f"{BLOCKED}\r")
        said = plain(await terminal.sees(PROMPT))
        assert "[bastion] blocked by read-password-hashes" in said
        terminal.types("echo al''ive\r")
        assert "alive" in await terminal.sees(PROMPT)
        assert "root:" not in terminal.shown
        terminal.types("exit 3\r")
        assert await terminal.ends() == 3
    assert (BLOCKED, "block", "blocked") in commands(deployment)
    assert ("echo al''ive", "allow", "released") in commands(deployment)


async def test_a_held_command_runs_once_it_is_approved(whole):
    """The user sees that it waits; the approver's decision lets this very command run."""
    running = asyncio.create_task(whole.deployment.ssh("gpu-01", f"echo ran; {HELD}; exit 4"))
    answer = await decide(await whole.link(), whole.provider.password, "approve", "maintenance")
    assert answer.status_code == 303
    ran = await running
    assert (ran.status, ran.out) == (4, b"ran\n")
    assert b"held by gpu-reset: waiting for approvers" in ran.err
    assert b"approved by approver (maintenance)" in ran.err


async def test_a_held_line_runs_in_place(whole):
    """The line that waited runs in the same session, at the same prompt."""
    async with shell(*ssh(whole.deployment, "gpu-01")) as terminal:
        terminal.types("here=in-this-shell\r")
        await terminal.sees(PROMPT)
        terminal.types(f"echo $here; {HELD}\r")
        await terminal.sees("held by gpu-reset: waiting for approvers")
        await decide(await whole.link(), whole.provider.password, "approve")
        said = plain(await terminal.sees(PROMPT))
        assert "approved by approver" in said
        assert "in-this-shell" in said


async def test_a_held_line_is_denied_with_a_reason(whole):
    """The user reads who denied it and why; it did not run."""
    async with shell(*ssh(whole.deployment, "gpu-01")) as terminal:
        terminal.types(f"echo r''an; {HELD}\r")
        await terminal.sees("held by gpu-reset")
        await decide(await whole.link(), whole.provider.password, "deny", "a job runs there")
        said = plain(await terminal.sees(PROMPT))
        assert "denied by approver (a job runs there)" in said
        assert "[command-denied]" in said
        assert "ran" not in said.replace("did not run", "")


async def test_ctrl_c_cancels_the_waiting(whole):
    """Whoever does not want to wait is at the prompt again; the link then decides nothing."""
    async with shell(*ssh(whole.deployment, "gpu-01")) as terminal:
        terminal.types(f"{HELD}\r")
        await terminal.sees("held by gpu-reset")
        link = await whole.link()
        terminal.types("\x03")
        said = plain(await terminal.sees(PROMPT))
        assert "[command-cancelled]" in said
        terminal.types("echo af''ter\r")
        assert "after" in await terminal.sees(PROMPT)
    assert (HELD, "hold", "cancelled") in commands(whole.deployment)
    store = whole.deployment.store()
    assert [request.state for request in store.requests.latest(10)] == ["cancelled"]
    store.close()
    answer = await decide(link, whole.provider.password, "approve")
    assert answer.status_code == 409


async def test_nobody_decides_in_time(tmp_path):
    """Time that runs out denies."""
    async with whole_site(tmp_path, approval={"timeout_seconds": 1}) as whole:
        ran = await whole.deployment.ssh("gpu-01", f"echo ran; {HELD}")
    assert ran.status == 126
    assert ran.out == b""
    assert b"[command-expired]" in ran.err


async def test_the_requester_cannot_approve(tmp_path):
    """An engineer who is in the approvers' group still needs somebody else."""
    async with whole_site(tmp_path, approval={"approvers": ["engineers"]}) as whole:
        key = whole.deployment.certify("engineer", key_id="demo-engineer")
        running = asyncio.create_task(whole.deployment.ssh("gpu-01", HELD, key=key))
        link = await whole.link()
        answer = await decide(link, whole.provider.password, "approve", account="engineer")
        assert answer.status_code == 403
        assert "own-request" in answer.text
        await whole.deployment.stop()
        assert (await running).status == 255


async def test_what_is_typed_ahead_is_judged_too(deployment):
    """Lines that were sent before the prompt was there do not slip past the gate."""
    async with shell(*ssh(deployment, "gpu-01")) as terminal:
        terminal.types(f"sleep 0.3\r{BLOCKED}\r")
        await terminal.sees("blocked by read-password-hashes")
        await terminal.sees(PROMPT)  # what is typed sooner is thrown away with the stopped line
        terminal.types("echo al''ive\r")
        await terminal.sees("\ralive")
        assert "root:" not in terminal.shown


async def test_a_command_of_several_lines_is_judged_as_one(deployment):
    """Each line passes by itself; together they do not, and that is what counts."""
    async with shell(*ssh(deployment, "gpu-01")) as terminal:
        terminal.types("echo begin \\\r")
        await terminal.sees("> ")
        terminal.types("  middle \\\r")
        await terminal.sees("> ")
        terminal.types("  e''nd\r")
        assert "begin middle end" in await terminal.sees(PROMPT)
        terminal.types("cat \\\r")
        await terminal.sees("> ")
        terminal.types("/etc/shadow\r")
        said = plain(await terminal.sees(PROMPT))
        assert "blocked by read-password-hashes" in said
        assert "root:" not in terminal.shown
        terminal.types("echo 'given up\r")
        await terminal.sees("> ")
        terminal.types("\x03\r")  # Enter, for a bash that ^C met before it read shows no prompt
        await terminal.sees(PROMPT)
        terminal.types(f"{BLOCKED}\r")
        await terminal.sees("blocked by read-password-hashes")


async def test_resizing_reaches_the_host(deployment):
    """A program on the host sees the terminal's new size."""
    async with shell(*ssh(deployment, "gpu-01")) as terminal:
        terminal.resize(132, 43)
        terminal.types("trap 'stty size' WINCH; stty size\r")
        await terminal.sees("43 132")


async def test_both_ways_reach_the_same_gate(deployment):
    """login@host is judged as a jump is."""
    async with shell(*ssh(deployment, f"{ACCOUNT}@gpu-01@bastion")) as terminal:
        terminal.types(f"{BLOCKED}\r")
        await terminal.sees("blocked by read-password-hashes")
