"""The parser's process: reads commands from stdin, answers on stdout, ends when stdin does.

A message is a length (4 bytes, big endian) and that many bytes: JSON in, JSON out. An answer
of no bytes says that a part of the reader has to be loaded first, and another that this is done.
It says the same once, before the first question, when it can answer.

What always holds: memory, processor time and files are limited, there is no environment and no
child process; whatever goes wrong with one text, the next one is answered or the process is dead.
What it does not do: decide anything; it is a calculator for hostile input.
"""

import gc
import resource
import signal
import struct
import sys
from typing import BinaryIO

from bastion.command import sql
from bastion.command.extract import extract
from bastion.command.reading import Reading
from bastion.command.wire import LOADING, decode_question, encode

_MAX_MEMORY_BYTES = 512 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_LOADING = _LENGTH.pack(LOADING)


def main() -> None:
    """Answer until stdin ends."""
    _limit()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    gc.collect()
    gc.freeze()  # what is loaded stays, and need not be gone through between texts
    _say(sink, _LOADING)
    while (question := _receive(source)) is not None:
        asked = decode_question(question)
        _allow(0)
        if sql.may_need_loading(asked.text):
            _say(sink, _LOADING)
            sql.load()
            _say(sink, _LOADING)
        _allow(asked.seconds)
        try:
            answer = encode(extract(asked.text, asked.state, is_raw=asked.is_raw))
        except (RecursionError, MemoryError):
            answer = encode(Reading(asked.text, opaque="parser-limit"))
        _say(sink, _LENGTH.pack(len(answer)) + answer)


def _say(sink: BinaryIO, answer: bytes) -> None:
    sink.write(answer)
    sink.flush()


def _receive(source: BinaryIO) -> bytes | None:
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    return source.read(length)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _allow(seconds: float) -> None:
    """End this process once it has worked *seconds*, as nobody may be left to kill it; 0: never."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


if __name__ == "__main__":
    main()
