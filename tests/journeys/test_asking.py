"""`bastion request` from the engineer's own machine, and two bastions that share what is asked."""

import asyncio
import contextlib
import json

from bastion.client.folder import Folder
from tests.journeys.test_approved_access import GRANT, rules_are, sessions
from tests.servers.api import Api
from tests.servers.approver import decide
from tests.servers.deployment import ACCOUNT, run
from tests.servers.plain_http import plain_http
from tests.servers.program import bastion
from tests.servers.waiting import until


@contextlib.asynccontextmanager
async def twin_of(whole):
    """Another bastion process with the same store, rules and host."""
    twin = whole.deployment.twin(whole.deployment.folder / "twin")
    (twin.folder / "chat_secret").symlink_to(whole.deployment.folder / "chat_secret")
    await twin.start()
    try:
        yield twin
    finally:
        await twin.stop()


async def test_asking_from_the_engineers_machine(whole, tmp_path):
    """`bastion request --wait` returns when somebody has approved; then ssh goes right in."""
    await rules_are(whole, GRANT)
    folder = Folder(tmp_path / "client")
    async with plain_http() as http:
        deployment = whole.deployment
        await Api(deployment.url, deployment.state, whole.provider, http, None).log_in(folder)
    words = ("request", "gpu-01", "--dir", str(folder.root), "--reason", 'it\'s "odd" $HOME')
    refused = await bastion(*words, "--for", "2h", SSH_AUTH_SOCK="")
    assert (refused.status, b"[approval-too-long]" in refused.err) == (1, True), refused
    waiting = asyncio.create_task(
        bastion(*words, "--for", "5m", "--wait", "--json", SSH_AUTH_SOCK="")
    )
    answer = await decide(await whole.link(), whole.provider.password, "approve", "fine")
    assert answer.status_code == 303
    ran = await waiting
    assert ran.status == 0, ran
    tree = json.loads(ran.out)
    assert (tree["state"], tree["decider"], tree["reason"]) == ("approved", "approver", "fine")
    [asked] = deployment.audited("access-asked")
    assert asked.detail["reason"] == 'it\'s "odd" $HOME'
    ssh = await run("ssh", "-F", str(folder.ssh_config), "-l", ACCOUNT, "gpu-01", "echo in")
    assert (ssh.status, ssh.out, ssh.err) == (0, b"in\n", b"")


async def test_a_denied_request_ends_with_why(whole):
    """With the exit code of a command that was refused."""
    await rules_are(whole, GRANT)
    words = "request gpu-01 --reason why --wait"
    waiting = asyncio.create_task(whole.deployment.ssh("bastion", words))
    await decide(await whole.link(), whole.provider.password, "deny", "no")
    ran = await waiting
    assert (ran.status, ran.out) == (1, b"")
    assert b"by approver: no" in ran.err


async def test_two_processes_share_a_request_and_its_end(whole):
    """Asked at both, approved once, ended by the operator's command: both sessions end."""
    await rules_are(whole, GRANT)
    deployment = whole.deployment
    async with twin_of(whole) as twin:
        here = asyncio.create_task(deployment.ssh("gpu-01", "sleep 90"))
        link = await whole.link()
        there = asyncio.create_task(twin.ssh("gpu-01", "sleep 90"))
        await decide(link, whole.provider.password, "approve")
        await until(lambda: len([each for each in sessions(whole) if not each.ended_at]) == 2)
        [asked] = deployment.audited("access-asked")
        command = ("revoke", asked.detail["request"], "--reason", "over", "--config")
        ran = await bastion(*command, deployment.config)
        assert ran.status == 0, ran
        for ended in await asyncio.wait_for(asyncio.gather(here, there), 20):
            assert ended.status == 255
            assert b": over)" in ended.err
            assert b"[approval-revoked]" in ended.err
        assert whole.told.empty()


async def test_a_lock_ends_the_waiting(whole):
    """The reason is shown, and the request is cancelled."""
    await rules_are(whole, GRANT)
    deployment = whole.deployment
    waiting = asyncio.create_task(deployment.ssh("gpu-01", "true"))
    await whole.link()
    command = ("lock", "host", "gpu-01", "--reason", "incident", "--config")
    await bastion(*command, deployment.config)
    ran = await asyncio.wait_for(waiting, 20)
    assert (ran.status, b"incident" in ran.err, b"[locked]" in ran.err) == (255, True, True)
    await until(lambda: len(deployment.audited("access-cancelled")) == 1)


async def test_commands_open_at_once_where_only_a_shell_needs_an_approval(whole):
    """What waits is the kind of channel that needs it."""
    shell = GRANT.replace("approval", 'channels = ["shell"]\napproval')
    plain = GRANT.partition("approval")[0].replace("with-leads", "plain")
    await rules_are(whole, shell + plain + 'channels = ["exec"]\n')
    ran = await whole.deployment.ssh("gpu-01", "echo in")
    assert (ran.status, ran.out, ran.err) == (0, b"in\n", b"")
    waiting = asyncio.create_task(whole.deployment.ssh("-tt", "gpu-01"))
    await decide(await whole.link(), whole.provider.password, "deny", "no")
    assert b"[connection-denied]" in (await waiting).out
