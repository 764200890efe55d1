"""Rules, locks and limits reach a session of files that is open."""

import asyncio
import contextlib

import pytest

from bastion.sftp import fields
from bastion.sftp.numbers import Kind, Status
from tests.files.conftest import files_site, grant
from tests.files.packets import INIT, answers, opens
from tests.servers.program import bastion
from tests.servers.waiting import until

CHANNELS = ["exec", "sftp-read", "sftp-write"]


class Open:
    """An SFTP session that somebody has open."""

    def __init__(self, process):
        self._process, self._out = process, b""
        self._asked = 0

    async def asks(self, packet):
        """The answer to *packet*."""
        self._process.stdin.write(packet)
        self._asked += 1
        while len(answers(self._out)) < self._asked:
            more = await self._process.stdout.read(65536)
            assert more
            self._out += more
        return answers(self._out)[-1]

    async def end(self):
        """What ssh says when the session has ended."""
        async with asyncio.timeout(20):
            return (await self._process.communicate())[1]


@contextlib.asynccontextmanager
async def opened(site):
    """A session in which INIT was answered."""
    process = await asyncio.create_subprocess_exec(
        *("ssh", *site.deployment.options(), "-s", "gpu-01", "sftp"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    session = Open(process)
    await session.asks(INIT)
    try:
        yield session
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.fixture
async def site(tmp_path):
    """Engineers may use files everywhere."""
    async with files_site(tmp_path, grant("e", "engineers", CHANNELS)) as site:
        yield site


async def _change(site, access):
    """Write *access* and wait until it is in force."""
    log = site.deployment.log
    before = log.read_text().count("rules loaded")
    (site.deployment.folder / "rules" / "access.toml").write_text(access)
    await until(lambda: log.read_text().count("rules loaded") > before)


async def test_narrower_folders_count_at_once(site, tmp_path):
    """What could be opened a moment ago cannot be opened now, in the same session."""
    (tmp_path / "x").write_text("x")
    async with opened(site) as session:
        assert (await session.asks(opens(1, tmp_path / "x")))[0] == Kind.HANDLE
        folder = [f"{tmp_path}/open"]
        await _change(site, grant("e", "engineers", CHANNELS, read=folder, write=folder))
        denied = (Kind.STATUS, 2, int(Status.PERMISSION_DENIED))
        assert await session.asks(opens(2, tmp_path / "x")) == denied


async def test_a_lost_channel_ends_the_session(site):
    """Who may not use files any more is out."""
    async with opened(site) as session:
        await _change(site, grant("e", "engineers", ["exec"]))
        assert b"[revoked]" in await session.end()


async def test_a_lock_ends_the_session(site):
    """Within a second, with the reason."""
    async with opened(site) as session:
        arguments = ("lock", "user", "engineer", "--reason", "stolen laptop")
        config = ("--config", str(site.deployment.config))
        locked = await bastion(*arguments, *config)
        assert locked.status == 0, locked
        said = await session.end()
        assert b"stolen laptop" in said
        assert b"[locked]" in said
    assert (await site.deployment.newest()).kind == "sftp"


async def test_what_is_open_when_it_ends_is_in_the_record(site, tmp_path):
    """How much of the file was carried, and that it was not closed."""
    async with opened(site) as session:
        kind, _, _ = await session.asks(opens(1, tmp_path / "new", 0x1A))
        assert kind == Kind.HANDLE
        handle = fields.string(b"\0\0\0\0")
        data = fields.uint32(2) + handle + b"\0" * 8 + fields.string(b"hello")
        assert (await session.asks(fields.packet(Kind.WRITE, data)))[2] == Status.OK
    (deed,) = await site.deeds()
    assert (deed.action, deed.written_bytes, deed.result) == ("upload", 5, "not closed")
