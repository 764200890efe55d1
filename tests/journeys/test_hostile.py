"""Strangers at the SSH port: garbage, floods, half-open connections."""

import asyncio
import os

import pytest


async def _connect(port: int):
    return await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"SSH-2.0-x\r\n" + b"\xff" * 4096,
        b"SSH-1.5-old\r\n",
        b"A" * 100_000,
        bytes(range(256)) * 64,
    ],
    ids=["http", "tls", "packets", "ssh1", "long line", "bytes"],
)
async def test_garbage_is_dropped_and_harms_nobody(deployment, garbage):
    """Whoever does not speak SSH is cut off; the next engineer gets in."""
    reader, writer = await _connect(deployment.ssh_port)
    writer.write(garbage)
    writer.write_eof()
    async with asyncio.timeout(30):
        while await _read(reader):
            pass
    writer.close()
    assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"


async def test_two_hundred_half_open_connections_keep_nobody_out(own_deployment):
    """Connections that never log in make room for those that do; each is a failed login, too."""
    held = [await _connect(own_deployment.ssh_port) for _ in range(200)]
    ran = await own_deployment.ssh("gpu-01", "echo in")
    assert ran.out == b"in\n"
    for _, writer in held:
        writer.close()


async def test_a_flood_before_the_login_is_not_kept_in_memory(deployment):
    """Somebody who sends without end before logging in is cut off."""
    _, writer = await _connect(deployment.ssh_port)
    writer.write(b"SSH-2.0-flood\r\n")
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(_flood(writer), 30)
    writer.close()
    assert (await deployment.ssh("gpu-01", "echo in")).out == b"in\n"


async def _flood(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(os.urandom(65536))
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """What came; nothing at the end, orderly or not."""
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""
