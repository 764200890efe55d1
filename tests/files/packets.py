"""Packets of a hostile SFTP client, sent through `ssh -s` without waiting for answers."""

import asyncio
import struct

from bastion.sftp import fields
from bastion.sftp.framing import Framer
from bastion.sftp.numbers import Kind, Status

INIT = fields.packet(Kind.INIT, fields.uint32(3))


def asks(kind, number, *parts):
    return fields.packet(kind, fields.uint32(number), *parts)


def opens(number, path, flags=1):
    return asks(
        Kind.OPEN, number, fields.string(str(path).encode()), fields.uint32(flags), b"\0" * 4
    )


def reads(number, handle):
    return asks(Kind.READ, number, fields.string(handle), struct.pack(">QI", 0, 100))


def answers(stream):
    """The packets in *stream*: kind, id, and the number of a status."""
    framer, found = Framer(Kind.WRITE), []
    framer.add(stream)
    while (packet := framer.next()) is not None:
        body = fields.Fields(packet.raw, 5)
        number = body.uint32()
        found.append((packet.kind, number, body.uint32() if packet.kind == 101 else None))
    return found


async def said(site, *packets, patiently=False):
    """How ssh ended, and what the session answers to INIT and *packets*, all sent at once.

    Or *patiently*: each after the answer to the one before it.
    """
    process = await asyncio.create_subprocess_exec(
        *("ssh", *site.deployment.options(), "-s", "gpu-01", "sftp"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    parts = [INIT, *packets] if patiently else [INIT + b"".join(packets)]
    out = b""
    async with asyncio.timeout(60):
        for sent, part in enumerate(parts, 1):
            process.stdin.write(part)
            due = sent if patiently else len(packets) + 1
            while len(answers(out)) < due and (more := await process.stdout.read(65536)):
                out += more
        rest, err = await process.communicate(b"")
    return err, answers(out + rest)[1:]


DENIED = int(Status.PERMISSION_DENIED)
