"""People who do not want to log in: `python -m bench.strangers PORT KIND COUNT`.

They come from many loopback addresses, so that the limits by address do not stop them; and as fast
as they can, a hundred at once.
"""

import asyncio
import itertools
import os
import struct
import sys
from collections.abc import Awaitable, Callable

_AT_ONCE = 100
_ADDRESSES = 200
_PATIENCE_SECONDS = 2
_VERSION = b"SSH-2.0-stranger\r\n"
_CURVE_POINT_BYTES = 32

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Attack = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def packet(payload: bytes) -> bytes:
    """An unencrypted SSH packet."""
    padding = 8 - (len(payload) + 5) % 8 + 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def kexinit() -> bytes:
    """What a client of today begins with."""
    lists = (
        b"curve25519-sha256",
        b"ssh-ed25519",
        *(b"aes128-gcm@openssh.com",) * 2,
        *(b"hmac-sha2-256-etm@openssh.com",) * 2,
        *(b"none",) * 2,
        *(b"",) * 2,
    )
    names = b"".join(struct.pack(">I", len(each)) + each for each in lists)
    return packet(b"\x14" + os.urandom(16) + names + bytes(5))


async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes that are no SSH."""
    writer.write(os.urandom(4096))


async def truncated(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A handshake that ends in the middle of a packet."""
    writer.write(_VERSION + kexinit()[:-7])
    writer.write_eof()


async def exchanges(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A whole key exchange, which costs the bastion a signature, and then nothing."""
    point = struct.pack(">BI", 30, _CURVE_POINT_BYTES) + os.urandom(_CURVE_POINT_BYTES)
    writer.write(_VERSION + kexinit() + packet(point))
    writer.write_eof()


async def oversized(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One packet that says it is as large as one may be, and does not end."""
    writer.write(_VERSION + struct.pack(">IB", 256 * 1024, 8) + bytes(240 * 1024))


async def half_open(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Nothing."""


ATTACKS: dict[str, Attack] = {
    each.__name__: each for each in (garbage, truncated, exchanges, oversized, half_open)
}


async def run(port: int, attack: Attack, count: int) -> None:
    """As many connections as asked for."""
    hosts = itertools.cycle(f"127.9.0.{number + 1}" for number in range(_ADDRESSES))
    room = asyncio.Semaphore(_AT_ONCE)

    async def one() -> None:
        async with room:
            await _connection(port, next(hosts), attack)

    await asyncio.gather(*(one() for _ in range(count)))


async def _connection(port: int, host: str, attack: Attack) -> None:
    """One connection, until the bastion closes it or patience ends."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
    except OSError:
        return
    try:
        await attack(reader, writer)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await reader.read(65536):
                pass
    except (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), ATTACKS[sys.argv[2]], int(sys.argv[3])))
