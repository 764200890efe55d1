"""Connecting that needs an approval, with the real ssh: waited for, given, taken back."""

import asyncio
import json
import os
import signal

import pytest

from tests.journeys.conftest import whole_site
from tests.servers.approver import decide
from tests.servers.deployment import ACCOUNT, run
from tests.servers.terminal import Terminal
from tests.servers.waiting import until

GRANT = f"""
[[grant]]
id = "with-leads"
groups = ["engineers"]
targets = ["gpu-*"]
logins = ["{ACCOUNT}"]
approval = {{ window_seconds = 600 }}
"""


@pytest.fixture
async def site(tmp_path):
    """A site whose hosts open only after an approval."""
    async with whole_site(tmp_path) as made:
        await rules_are(made, GRANT)
        yield made


async def rules_are(site, text):
    """Put other access rules in force."""
    before = len(site.deployment.audited("rules-loaded"))
    (site.deployment.folder / "rules" / "access.toml").write_text(text)
    site.deployment.process.send_signal(signal.SIGHUP)
    await until(lambda: len(site.deployment.audited("rules-loaded")) > before)


def audited(site, code):
    return [entry.detail for entry in site.deployment.audited(code)]


def sessions(site):
    store = site.deployment.store()
    try:
        return [each.session for each in store.sessions.latest(100)]
    finally:
        store.close()


async def test_a_command_waits_and_runs_when_approved(site):
    """Nothing is opened before; one approval is enough for what comes after."""
    typed = os.urandom(1 << 20)
    running = asyncio.create_task(site.deployment.ssh("gpu-01", "cat", input_=typed))
    told = await asyncio.wait_for(site.told.get(), 20)
    assert sessions(site) == []
    page = await decide(told.url, site.provider.password, "approve", "go ahead")
    assert page.status_code == 303
    ran = await running
    assert (ran.status, ran.out == typed) == (0, True), ran.err
    assert b"waits for approval by approvers" in ran.err
    again = await site.deployment.ssh("gpu-01", "echo again")
    assert (again.status, again.out, again.err) == (0, b"again\n", b"")
    [asked] = audited(site, "access-asked")
    assert (asked["target"], asked["login"], asked["seconds"]) == ("gpu-01", ACCOUNT, 600)
    assert {tuple(each["approvals"]) for each in audited(site, "session-opened")} == {
        (asked["request"],)
    }


async def test_a_denial_says_by_whom_and_why(site):
    """Nothing was opened, the exit code is ssh's own for a failed connection."""
    running = asyncio.create_task(site.deployment.ssh("gpu-01", "true"))
    await decide(await site.link(), site.provider.password, "deny", "not today")
    ran = await running
    assert ran.status == 255
    assert b"by approver: not today" in ran.err
    assert b"[connection-denied]" in ran.err
    assert sessions(site) == []


async def test_a_shell_shows_what_it_waits_for(site):
    """A countdown, then the shell as ever."""
    terminal = Terminal("ssh", [*site.deployment.options(), "gpu-01"])
    try:
        await terminal.sees("waits for approval by approvers")
        await terminal.sees(r"4:5\d left; Ctrl-C cancels")
        await decide(await site.link(), site.provider.password, "approve")
        await terminal.sees("approved")
        await terminal.sees("[$#] ")
        terminal.types("exit 4\r")
        assert await terminal.ends() == 4
    finally:
        terminal.close()


async def test_ctrl_c_cancels(site):
    """The request is cancelled with it, and can be approved no more."""
    terminal = Terminal("ssh", [*site.deployment.options(), "gpu-01"])
    try:
        await terminal.sees("Ctrl-C cancels")
        terminal.types("\x03")
        await terminal.sees("connection-cancelled")
        assert await terminal.ends() == 255
    finally:
        terminal.close()
    answer = await decide(await site.link(), site.provider.password, "approve")
    assert answer.status_code == 409


async def approved(site, *arguments):
    """Run ssh with *arguments*, approve what it asks for; the running ssh and the page's link."""
    running = asyncio.create_task(site.deployment.ssh(*arguments))
    link = await site.link()
    answer = await decide(link, site.provider.password, "approve")
    assert answer.status_code == 303
    return running, link


async def test_an_approval_that_is_taken_back_ends_what_it_opened(site):
    """On the page, with a reason; another connection has to ask again."""
    running, link = await approved(site, "gpu-01", "echo in; sleep 90")
    await until(lambda: any(each.ended_at is None for each in sessions(site)))
    answer = await decide(link, site.provider.password, "revoke", "enough")
    assert answer.status_code == 303
    ran = await asyncio.wait_for(running, 20)
    assert ran.status == 255
    assert b"by approver: enough" in ran.err
    assert b"[approval-revoked]" in ran.err
    assert (await site.deployment.newest()).ending == "approval-revoked"
    again = asyncio.create_task(site.deployment.ssh("gpu-01", "true"))
    await decide(await site.link(), site.provider.password, "deny", "no more")
    assert (await again).status == 255


async def test_the_time_that_was_approved_ends_what_it_opened(site):
    """The session ends, whatever runs in it."""
    await rules_are(site, GRANT.replace("600", "6"))
    running, _ = await approved(site, "gpu-01", "sleep 90")
    ran = await asyncio.wait_for(running, 30)
    assert ran.status == 255
    assert b"[approval-ended]" in ran.err


async def test_two_who_wait_share_one_request(site):
    """And the other way to name the host asks for the same; who leaves does not cancel it."""
    direct = f"{ACCOUNT}@gpu-01@bastion"
    first = asyncio.create_task(site.deployment.ssh("gpu-01", "echo first"))
    link = await site.link()
    second = asyncio.create_task(site.deployment.ssh(direct, "echo second"))
    gone = Terminal("ssh", [*site.deployment.options(), "gpu-01"])
    await gone.sees("Ctrl-C cancels")
    gone.close()
    await decide(link, site.provider.password, "approve")
    assert [(await each).out for each in (first, second)] == [b"first\n", b"second\n"]
    assert len(audited(site, "access-asked")) == 1
    assert site.told.empty()


async def test_a_client_that_goes_away_cancels_its_request(site):
    """Nobody is asked for somebody who does not wait any more."""
    terminal = Terminal("ssh", [*site.deployment.options(), "gpu-01"])
    await terminal.sees("Ctrl-C cancels")
    terminal.close()
    await until(lambda: len(audited(site, "access-cancelled")) == 1)
    answer = await decide(await site.link(), site.provider.password, "approve")
    assert answer.status_code == 409


async def test_a_grant_that_is_taken_away_ends_the_waiting(site):
    """So does a lock; the request is cancelled."""
    waiting = asyncio.create_task(site.deployment.ssh("gpu-01", "true"))
    await site.link()
    await rules_are(site, GRANT.replace("engineers", "others"))
    ran = await asyncio.wait_for(waiting, 20)
    assert (ran.status, b"[access-denied]" in ran.err) == (255, True)
    await until(lambda: len(audited(site, "access-cancelled")) == 1)


async def test_a_shared_connection_asks_once(site, tmp_path):
    """Further sessions within the time need nothing; scp and sftp pass as commands do."""
    control = ["-o", f"ControlPath={tmp_path}/c", "-o", "ControlMaster=auto"]
    control += ["-o", "ControlPersist=60"]
    running, _ = await approved(site, *control, "gpu-01", "echo one")
    assert (await running).out == b"one\n"
    for number in range(3):
        ran = await site.deployment.ssh(*control, "gpu-01", f"echo {number}")
        assert (ran.status, ran.out) == (0, f"{number}\n".encode())
    await site.deployment.ssh(*control, "-O", "exit", "gpu-01")
    assert len(audited(site, "access-asked")) == 1


async def test_asking_first(site):
    """`request` asks; once it is approved, ssh needs to wait no more; the other host is shut."""
    asked = await site.deployment.ssh(
        "bastion", "request", "gpu-01", "--for=5m", "--reason='driver update'", "--json"
    )
    assert asked.status == 0, asked
    tree = json.loads(asked.out)
    assert (tree["state"], tree["seconds"], tree["login"]) == ("pending", 300, ACCOUNT)
    await decide(await site.link(), site.provider.password, "approve")
    ran = await site.deployment.ssh("gpu-01", "echo in")
    assert (ran.status, ran.out, ran.err) == (0, b"in\n", b"")
    opened = await site.deployment.ssh("bastion", "request", "gpu-01", "--reason=x")
    assert b"nothing was asked" in opened.out
    assert [each["command"] for each in audited(site, "bastion-command")][1] == (
        "request gpu-01 --reason=x"
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("request gpu-01 --reason why --for 2h", "approval-too-long"),
        ("request gpu-01 --for 5m", "usage"),
        ("request gpu-01 --reason why --for soon", "usage"),
        ("request gpu-99 --reason why", "access-denied"),
        ("request gpu-01 --login toor --reason why", "access-denied"),
        ("request gpu-01 --reason why --approvers me", "usage"),
        ("request 'gpu-01", "usage"),
        ("shutdown now", "usage"),
    ],
)
async def test_what_cannot_be_asked_for(site, words, code):
    """Each is refused with its code, and nobody is told anything."""
    ran = await site.deployment.ssh("bastion", words)
    assert ran.status in {1, 127}
    assert f"[{code}]".encode() in ran.err
    assert audited(site, "access-asked") == []


async def test_files_wait_as_commands_do(site, tmp_path):
    """By SFTP, which needs a kind of its own in the grant, and by the old scp, a command."""
    kinds = 'channels = ["exec", "sftp-read", "sftp-write"]\napproval'
    await rules_are(site, GRANT.replace("approval", kinds))
    source = tmp_path / "a"
    source.write_bytes(b"content")
    options = site.deployment.options()
    sending = asyncio.create_task(run("scp", *options, str(source), f"gpu-01:{tmp_path}/b"))
    await decide(await site.link(), site.provider.password, "approve")
    sent = await sending
    assert sent.status == 0, sent
    assert b"waits for approval by approvers" in sent.err
    again = await run("scp", "-O", *options, str(source), f"gpu-01:{tmp_path}/c")
    assert again.status == 0, again
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes() == b"content"


async def test_forwarding_does_not_wait(site):
    """It is refused, and says what to do; nobody is asked."""
    ran = await site.deployment.ssh("-W", "127.0.0.1:9", "gpu-01")
    assert ran.status == 255
    assert b"[approval-needed]" in ran.err
    assert audited(site, "access-asked") == []
