"""Every limit of `[limits]` with real sockets: who meets it is told, and so is the audit log."""

import asyncio

import asyncssh
import pytest

from tests.servers.deployment import ACCOUNT, deployed
from tests.servers.knocking import knocking
from tests.servers.plain_ssh import plain_ssh
from tests.servers.waiting import until, until_answered


async def opened(deployment):
    return await asyncio.open_connection("127.0.0.1", deployment.ssh_port)


async def heard(reader) -> bytes:
    """All that a connection is told until it is closed."""
    said = b""
    async with asyncio.timeout(20):
        while chunk := await _read(reader):
            said += chunk
    return said


async def _read(reader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""


async def limits_met(deployment) -> list[tuple[str, str]]:
    """Which limits the audit log says were met, and by whom; at least one was."""
    await until(lambda: deployment.audited("limit-reached"))
    return [(entry.detail["limit"], entry.subject) for entry in deployment.audited("limit-reached")]


async def test_an_address_that_connects_too_often_is_told_before_any_key_exchange(tmp_path):
    """The real ssh shows the sentence."""
    async with deployed(tmp_path, settings={"limits": {"connections_per_minute": 2}}) as deployment:
        assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"
        assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"
        refused = await deployment.ssh("gpu-01", "echo in")
        assert (refused.status, refused.out) == (255, b"")
        assert b"[address-too-busy]" in refused.err
        reader, writer = await opened(deployment)
        assert (await heard(reader)).startswith(b"SSH-2.0-")
        writer.close()
        assert set(await limits_met(deployment)) == {("address-too-busy", "")}


async def test_failed_logins_shut_the_address_out(tmp_path):
    """A key without a certificate fails; then not even a good login is looked at."""
    async with deployed(
        tmp_path, settings={"limits": {"failed_logins_per_minute": 2}}
    ) as deployment:
        key = deployment.certify(ca=asyncssh.generate_private_key("ssh-ed25519"))
        for _ in range(2):
            assert (await deployment.ssh("gpu-01", "true", key=key)).status == 255

        async def is_shut_out() -> bool:
            ran = await deployment.ssh("gpu-01", "echo in")
            return b"[too-many-failures]" in ran.err and not ran.out

        await until_answered(is_shut_out)  # a failure counts once its connection has gone
        assert ("too-many-failures", "") in await limits_met(deployment)


async def test_a_good_login_is_no_failure(tmp_path):
    """Every client asks with `none` first, and offers keys without a certificate too."""
    async with deployed(
        tmp_path, settings={"limits": {"failed_logins_per_minute": 1}}
    ) as deployment:
        for _ in range(3):
            assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"


async def test_a_connection_may_try_only_so_often(tmp_path):
    """Over the limit it is told and closed."""
    async with deployed(tmp_path, settings={"limits": {"max_auth_tries": 2}}) as deployment:
        keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(6)]
        with pytest.raises(asyncssh.DisconnectError, match="too-many-failures"):
            await plain_ssh(deployment.ssh_port, client_keys=keys)
        assert await limits_met(deployment) == [("too-many-failures", "")]


async def test_half_open_connections_of_one_address_are_few(tmp_path):
    """The oldest goes, and is told why."""
    async with deployed(
        tmp_path, settings={"limits": {"max_half_open_by_address": 3}}
    ) as deployment:
        first, writer = await opened(deployment)
        others = [await opened(deployment) for _ in range(3)]
        assert b"[too-many-half-open]" in await heard(first)
        for _, other in [(first, writer), *others]:
            other.close()
        assert (await limits_met(deployment))[0] == ("too-many-half-open", "")


async def test_the_login_has_a_time_and_a_size(tmp_path):
    """Whoever is too slow or says too much is told and closed."""
    settings = {"limits": {"login_seconds": 2, "max_preauth_bytes": 8192}}
    async with deployed(tmp_path, settings=settings) as deployment:
        slow, slow_writer = await opened(deployment)
        assert b"[login-timeout]" in await heard(slow)
        _, loud_writer = await opened(deployment)
        ignored = b"\x00\x00\x00\x0c\x06\x02\x00\x00\x00\x00" + bytes(6)
        loud_writer.write(b"SSH-2.0-loud\r\n" + ignored * 1000)
        await until(lambda: len(deployment.audited("limit-reached")) > 1)
        for writer in (slow_writer, loud_writer):
            writer.close()
        assert await limits_met(deployment) == [
            ("login-timeout", ""),
            ("too-much-before-login", ""),
        ]


async def test_a_person_has_so_many_connections_and_logins(tmp_path):
    """Whichever limit is met is said; what is open goes on."""
    settings = {"limits": {"max_connections": 1, "logins_per_minute": 3}}
    async with deployed(tmp_path, settings=settings) as deployment:
        key = deployment.certify()
        async with knocking(deployment, key, f"{ACCOUNT}@gpu-01") as inside:
            refused = await deployment.ssh("gpu-01", "echo in")
            assert b"[too-many-connections]" in refused.err
            assert await inside.exec() == "open"

        async def is_in() -> bool:
            return (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"

        await until_answered(is_in)  # what has gone counts until the bastion has heard of it
        ran = [await deployment.ssh("gpu-01", "echo in") for _ in range(2)]
        assert [each.out for each in ran] == [b"in\n", b""]
        assert b"[too-many-logins]" in ran[-1].err
        assert set(await limits_met(deployment)) == {
            ("too-many-connections", "sub-engineer"),
            ("too-many-logins", "sub-engineer"),
        }


async def test_logins_count_on_all_processes(tmp_path):
    """The store knows of each."""
    async with deployed(tmp_path, settings={"limits": {"logins_per_minute": 1}}) as deployment:
        twin = deployment.twin(tmp_path / "twin")
        await twin.start()
        try:
            assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"
            assert b"[too-many-logins]" in (await twin.ssh("gpu-01", "echo in")).err
        finally:
            await twin.stop()


async def test_a_connection_has_so_many_channels(tmp_path):
    """However they are asked for: one by one, or all at once."""
    async with deployed(tmp_path, settings={"limits": {"max_channels": 2}}) as deployment:
        key = deployment.certify()
        async with knocking(deployment, key, f"{ACCOUNT}@gpu-01") as inside:
            sessions = [
                inside.connection.create_session(
                    asyncssh.SSHClientSession, "sleep 60", encoding=None
                )
                for _ in range(5)
            ]
            answers = await asyncio.gather(*sessions, return_exceptions=True)
            refusals = [each for each in answers if isinstance(each, asyncssh.ChannelOpenError)]
            assert len(refusals) == 3
            assert all("[too-many-channels]" in each.reason for each in refusals)
        assert await limits_met(deployment) == [("too-many-channels", "sub-engineer")]
