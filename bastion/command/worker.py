"""The parser's process: reads commands from stdin, answers on stdout, ends when stdin does.

A message is a length (4 bytes, big endian) and that many bytes: UTF-8 text in, JSON out.
Before the first it writes `bastion.command.wire.READY`.

What always holds: memory, processor time and files are limited, there is no environment and no
child process; whatever goes wrong with one text, the next one is answered or the process is dead.
What it does not do: decide anything; it is a calculator for hostile input.
"""

import resource
import struct
import sys
import time
from typing import BinaryIO

from bastion.command.extract import extract
from bastion.command.reading import Reading
from bastion.command.wire import READY, encode

_MAX_MEMORY_BYTES = 512 * 1024 * 1024
_MAX_SECONDS = 3  # of processor time for one text
_LENGTH = struct.Struct(">I")


def main() -> None:
    """Answer until stdin ends."""
    _limit()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(READY)
    sink.flush()
    while (text := _receive(source)) is not None:
        _allow_seconds(_MAX_SECONDS)
        try:
            answer = encode(extract(text))
        except (RecursionError, MemoryError):
            answer = encode(Reading(text, opaque="parser-limit"))
        sink.write(_LENGTH.pack(len(answer)) + answer)
        sink.flush()


def _receive(source: BinaryIO) -> str | None:
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    return source.read(length).decode("utf-8", "replace")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _allow_seconds(seconds: int) -> None:
    """End this process once it has worked *seconds* more: nobody may be left to kill it."""
    limit = int(time.process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
