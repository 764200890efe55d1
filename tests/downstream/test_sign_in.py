"""Plain ssh without a certificate: the real client is shown a link, and waits."""

import asyncio
import contextlib
import re

import pytest

from bastion.demo.browser import approve_device
from tests.servers.deployment import ACCOUNT, deployed
from tests.servers.identity import demo_provider
from tests.servers.waiting import until_answered

DIRECT = ("-l", f"{ACCOUNT}@gpu-01", "bastion", "true")
LINK = re.compile(r"(http://127\.0\.0\.1:\d+/\S+)")


@pytest.fixture
async def idp(tmp_path):
    async with demo_provider(tmp_path / "idp") as provider:
        yield provider


def bastion(tmp_path, idp, **ssh):
    """A bastion whose people may sign in without a certificate."""
    return deployed(
        tmp_path / "bastion",
        issuer=idp.issuer,
        client_id=idp.client_id,
        settings={
            "ssh": {"device_login": "link", **ssh},
            # Some tests try until they get in, from one address.
            "limits": {"failed_logins_per_minute": 1000, "connections_per_minute": 1000},
        },
    )


class Client:
    """A real ssh that has no key; what it is shown."""

    def __init__(self, process) -> None:
        self.process, self.shown = process, ""

    async def sees(self, pattern: re.Pattern[str]) -> str:
        """Wait until it shows something; what it shows."""
        async with asyncio.timeout(20):
            while not (found := pattern.search(self.shown)):
                chunk = await self.process.stderr.read(4096)
                assert chunk, self.shown
                self.shown += chunk.decode()
        return found[0]

    async def ends(self) -> tuple[int, bytes]:
        """Wait until it ends; status and output."""
        async with asyncio.timeout(30):
            out, err = await self.process.communicate()
        self.shown += err.decode()
        return self.process.returncode, out


@contextlib.asynccontextmanager
async def ssh(deployment, *command, user="", batch="no"):
    own = deployment.folder / "ssh" / "no-key"
    config = (deployment.folder / "ssh" / "config").read_text()
    config = re.sub(r"  IdentityFile .*\n|  BatchMode .*\n", "", config)
    own.write_text(config + f"  BatchMode {batch}\n")
    options = ["-F", str(own), *(["-l", user] if user else [])]
    process = await asyncio.create_subprocess_exec(
        "ssh",
        *options,
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Client(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def signs_in(client, http, idp, account="engineer"):
    link = await client.sees(LINK)
    await approve_device(http, link, account, idp.password)


async def test_somebody_without_a_certificate_signs_in_and_works(tmp_path, idp, http):
    """By user name and through a jump; the session is theirs; the audit log says how."""
    async with bastion(tmp_path, idp) as deployment:
        for target in (
            ["gpu-01", "echo hello"],
            ["-l", f"{ACCOUNT}@gpu-01", "bastion", "echo hello"],
        ):
            async with ssh(deployment, *target) as client:
                await signs_in(client, http, idp)
                assert await client.ends() == (0, b"hello\n"), client.shown
        session = await deployment.newest()
        assert (session.account, session.serial) == ("engineer", 0)
        codes = [entry.code for entry in deployment.audited()]
        assert codes.count("device-login-accepted") == 2


async def test_another_name_is_refused_and_the_right_one_is_told(tmp_path, idp, http):
    """At once: the client does not ask three times."""
    async with (
        bastion(tmp_path, idp) as deployment,
        ssh(deployment, "bastion", user="approver") as client,
    ):
        await signs_in(client, http, idp)
        assert (await client.ends())[0] == 255
        assert "you signed in as engineer" in client.shown
        assert client.shown.count("please sign in") == 1
        entry = next(e for e in deployment.audited() if e.code == "device-login-refused")
        assert entry.detail["username"] == "approver"


async def test_batch_mode_and_a_bastion_that_does_not_want_it_never_ask(tmp_path, idp):
    """A script gets a refusal at once, not a link that nobody reads."""
    async with (
        bastion(tmp_path, idp) as deployment,
        ssh(deployment, "gpu-01", "true", batch="yes") as client,
    ):
        assert (await client.ends())[0] == 255
        assert "sign in" not in client.shown
        assert "Permission denied" in client.shown
    off = tmp_path / "off"
    off.mkdir()
    async with (
        bastion(off, idp, device_login="off") as deployment,
        ssh(deployment, "gpu-01", "true") as client,
    ):
        assert (await client.ends())[0] == 255
        assert "keyboard-interactive" not in client.shown


async def test_who_leaves_gives_the_place_back(tmp_path, idp, http):
    """The client is killed while it waits; the next one from that address may sign in."""
    async with bastion(tmp_path, idp, max_device_logins_by_address=1) as deployment:
        async with ssh(deployment, *DIRECT) as client:
            await client.sees(LINK)
            async with ssh(deployment, *DIRECT) as second:
                assert (await second.ends())[0] == 255
                assert "too many sign-ins wait at your address" in second.shown
        # An address begins one every 5 seconds.
        await until_answered(lambda: gets_in(deployment, http, idp), seconds=30, every=1)


async def gets_in(deployment, http, idp):
    """Whether a client got a link, and in."""
    async with ssh(deployment, *DIRECT) as client:
        if "http" not in await client.sees(re.compile(r"http://\S+\n|sign-in-failed")):
            return False
        await signs_in(client, http, idp)
        return (await client.ends())[0] == 0
