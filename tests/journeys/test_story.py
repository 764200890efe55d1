"""The whole story once, as people live it: log in, ssh, blocked, held, approved, replayed."""

import json
import sys

from tests.servers.browser import browser_page, sign_in
from tests.servers.deployment import ACCOUNT, run
from tests.servers.terminal import PROMPT, Terminal, plain, shell

BASTION = [sys.executable, "-m", "bastion"]


async def test_the_whole_story(whole, tmp_path):
    """An engineer, an approver and security, each with the tools that they have."""
    client, config = str(tmp_path / "client"), str(whole.deployment.config)

    await _log_in(whole, client)
    said = await run(*BASTION, "status", "--json", "--dir", client)
    assert json.loads(said.out)["groups"] == ["engineers"]
    written = await run(*BASTION, "ssh-config", "--dir", client, "--login", ACCOUNT)
    assert b"ProxyJump bastion" in written.out

    async with shell("ssh", ["-F", f"{client}/config", "gpu-01"]) as terminal:
        terminal.types("cat /etc/shadow\r")
        assert "blocked by read-password-hashes" in plain(await terminal.sees(PROMPT))
        terminal.types("echo r''an; nvidia-smi --gpu-reset -i 0\r")
        await terminal.sees("held by gpu-reset: waiting for approvers")
        await _approve(whole)
        said = plain(await terminal.sees(PROMPT))
        assert "approved by approver (go ahead)" in said
        assert "ran" in said
        terminal.types("exit 5\r")
        assert await terminal.ends() == 5

    session = await whole.deployment.newest()
    assert (session.account, session.subject) == ("engineer", "demo-engineer")
    listed = await run(*BASTION, "sessions", "list", "--json", "--config", config)
    assert json.loads(listed.out)[0]["id"] == session.id
    replayed = (await run(*BASTION, "replay", session.id, "--text", "--config", config)).out
    for words in (b"cat /etc/shadow", b"blocked by read-password-hashes", b"approved by approver"):
        assert words in replayed
    verified = await run(*BASTION, "verify", "--config", config)
    assert verified.status == 0, verified


async def _log_in(whole, client: str) -> None:
    """`bastion login`, with the provider's page in a browser."""
    arguments = ["-m", "bastion", "login", "--server", whole.deployment.url, "--dir", client]
    terminal = Terminal(sys.executable, arguments, environment={"SSH_AUTH_SOCK": ""})
    shown = await terminal.sees(r"http\S+user_code=[A-Z0-9]{4}-[A-Z0-9]{4}")
    async with browser_page() as page:
        await page.goto(shown[shown.index("http") :])
        await sign_in(page, "engineer", whole.provider.password)
        await terminal.sees("Logged in as engineer")
    assert await terminal.ends() == 0


async def _approve(whole) -> None:
    """Open the link from the chat, read, approve."""
    async with browser_page() as page:
        await page.goto(await whole.link())
        await sign_in(page, "approver", whole.provider.password)
        shown = await page.inner_text("main")
        assert f"engineer asks to run, on gpu-01 as {ACCOUNT}" in " ".join(shown.split())
        assert await page.inner_text("pre.command mark") == "nvidia-smi --gpu-reset -i 0"
        await page.fill("textarea", "go ahead")
        await page.click("button:has-text('Approve')")
        await page.get_by_text("Approved by approver").wait_for()
