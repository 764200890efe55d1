"""Profiles and commands that people are told of, from the rules' files to the host."""

import pytest

from tests.servers.chat import receiver
from tests.servers.deployment import ACCOUNT, deployed
from tests.servers.terminal import PROMPT, shell
from tests.servers.waiting import until

NOTIFY = """
[[rule]]
id = "asks-for-the-kernel"
verdict = "notify"
message = "Somebody wants to know the kernel."
programs = ["uname"]
scope = { groups = ["engineers"], targets = ["gpu-*"] }
examples = [{ command = "uname -r", verdict = "notify", groups = ["engineers"], target = "gpu-01" }]
"""
LOCKED = f"""
[[require]]
id = "locked-now"
targets = ["gpu-*"]
logins = ["{ACCOUNT}"]
profile = "locked"
"""
pytestmark = pytest.mark.asyncio(loop_scope="module")
UNLISTED = "awk 1 /dev/null"


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    """A bastion with a chat."""
    folder = tmp_path_factory.mktemp("profiles")
    (folder / "chat_secret").write_text("s")
    async with receiver(b"s") as chat:
        settings = {"chat": {"webhook_url": chat.url, "webhook_secret_file": "chat_secret"}}
        async with deployed(folder, settings=settings) as deployment:
            yield deployment, chat


async def changed(deployment, path, text: str) -> None:
    """Write a file of the rules, and wait until it is in force."""
    before = len(deployment.audited("rules-loaded"))
    path.write_text(text)
    await until(lambda: len(deployment.audited("rules-loaded")) > before)


async def test_a_command_runs_and_people_are_told(site):
    """By a rule of the operator's own, put in force while it runs; kept and marked as well."""
    deployment, chat = site
    own = deployment.folder / "rules" / "own"
    own.mkdir()
    await changed(deployment, own / "told.toml", NOTIFY)
    ran = await deployment.ssh("gpu-01", "uname -s")
    assert (ran.status, ran.out) == (0, b"Linux\n")
    assert b"[bastion]" not in ran.err
    await chat.told.wait()
    await deployment.newest()
    (told,) = chat.requests
    assert (told["type"], told["kind"]) == ("alert", "command-notified")
    assert "uname -s" in told["text"]
    kept, *_ = deployment.commands()
    assert (kept.verdict, kept.rule, kept.outcome) == ("notify", "asks-for-the-kernel", "released")
    (entry,) = deployment.audited("command-notified")
    assert (entry.detail["text"], entry.detail["rule"]) == ("uname -s", "asks-for-the-kernel")


async def test_a_profile_counts_at_once(site):
    """In a session that is open, and in new ones: only what is listed runs, all of a line."""
    deployment, _ = site
    access = deployment.folder / "rules" / "access.toml"
    text = access.read_text()
    async with shell("ssh", [*deployment.options(), "gpu-01"]) as terminal:
        terminal.types(f"{UNLISTED} && echo ra''n\r")
        await terminal.sees("ran")
        await terminal.sees(PROMPT)
        await changed(deployment, access, text + LOCKED)
        said = ""
        while "blocked by not-listed" not in said:  # the warden looks every moment
            terminal.types(f"{UNLISTED}\r")
            said = await terminal.sees(PROMPT)
        terminal.types("id -u; pwd\r")
        assert "blocked" not in await terminal.sees(PROMPT)
        terminal.types("exit\r")
        await terminal.ends()
    refused = await deployment.ssh("gpu-01", f"ls / && {UNLISTED}")
    assert refused.status == 126
    assert refused.out == b""
    assert b"blocked by not-listed: Only listed commands run here, and `awk`" in refused.err
    assert (await deployment.ssh("gpu-01", "ls -d /")).out == b"/\n"
    opened = [entry.detail["profile"] for entry in deployment.audited("session-opened")]
    assert opened[-3:] == ["guardrail", "locked", "locked"]
    await changed(deployment, access, text)
