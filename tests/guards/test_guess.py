"""A client that guesses the key exchange wrong is understood; by stock, its guess is answered."""

import asyncio
import contextlib
import os

import asyncssh
import pytest
from asyncssh.connection import SSHServerConnection, SSHServerConnectionOptions
from asyncssh.packet import Boolean, Byte, NameList, String, UInt32

from bastion.guards.guess import WrongGuess, is_wrong_guess

KEX, KEY = b"curve25519-sha256", b"ssh-ed25519"
KEXDH_REPLY = 31


class Guarded(WrongGuess, SSHServerConnection):
    """A server connection with the guard."""


def kexinit(kex, keys, *, follows: bool) -> bytes:
    """What a side begins with; *kex* and *keys* in its order."""
    both = [[b"aes128-gcm@openssh.com"]] * 2 + [[b"hmac-sha2-256"]] * 2 + [[b"none"]] * 2
    lists = [kex, keys, *both, [], []]
    names = b"".join(map(NameList, lists))
    return Byte(20) + os.urandom(16) + names + Boolean(follows) + UInt32(0)


@pytest.mark.parametrize(
    ("kex", "keys", "is_wrong"),
    [
        ([KEX], [KEY], False),
        ([KEX], [b"rsa-sha2-512", KEY], True),
        ([b"mlkem768x25519-sha256", KEX], [KEY], True),
        ([KEX, b"mlkem768x25519-sha256"], [KEY, b"rsa-sha2-512"], False),
    ],
)
def test_a_guess_is_right_where_both_sides_name_the_same_first(kex, keys, is_wrong):
    """The key exchange and the kind of host key; without a guess nothing is wrong."""
    ours = kexinit([KEX], [KEY], follows=False)
    assert is_wrong_guess(kexinit(kex, keys, follows=True), ours) is is_wrong
    assert not is_wrong_guess(kexinit(kex, keys, follows=False), ours)


def _packet(payload: bytes) -> bytes:
    padding = 8 - (len(payload) + 5) % 8 + 8
    return UInt32(len(payload) + padding + 1) + Byte(padding) + payload + bytes(padding)


@contextlib.asynccontextmanager
async def guessed(server_class):
    """A client whose first kind of host key is another one than the server's, and its guess."""
    loop = asyncio.get_running_loop()
    options = await SSHServerConnectionOptions.construct(
        server_factory=asyncssh.SSHServer,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        gss_host=None,
    )
    listening = await loop.create_server(lambda: server_class(loop, options), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
    point = Byte(30) + String(os.urandom(32))
    asked = kexinit([KEX], [b"ssh-rsa-cert-v01@openssh.com", KEY], follows=True)
    writer.write(b"SSH-2.0-guessing\r\n" + _packet(asked) + _packet(point))
    yield reader, writer, point
    writer.close()
    listening.close()
    await listening.wait_closed()


async def kinds(reader, count: int) -> list[int]:
    """The types of the next *count* packets."""
    found = []
    async with asyncio.timeout(10):
        while len(found) < count:
            length = int.from_bytes(await reader.readexactly(4), "big")
            found.append((await reader.readexactly(length))[1])
    return found


async def test_a_wrong_guess_is_ignored():
    """The next packet is the one that is answered."""
    async with guessed(Guarded) as (reader, writer, point):
        await reader.readline()
        assert await kinds(reader, 1) == [20]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await kinds(reader, 1)
        writer.write(_packet(point))
        assert await kinds(reader, 1) == [KEXDH_REPLY]


async def test_the_stock_code_still_needs_the_guard():
    """When this fails, asyncssh compares the kinds of host keys: take the guard out."""
    async with guessed(SSHServerConnection) as (reader, _, _):
        await reader.readline()
        assert await kinds(reader, 2) == [20, KEXDH_REPLY]
