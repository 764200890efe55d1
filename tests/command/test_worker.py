"""A worker by itself: it says what it has to load, and ends on too much work."""

import signal
import struct
import subprocess
import sys

from bastion.command.reading import Reading
from bastion.command.wire import LOADING, decode, encode_question

SQL = "psql -c 'drop table runs'"


def started() -> subprocess.Popen:
    """A worker, as the parser starts it."""
    command = [sys.executable, "-I", "-m", "bastion.command.worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={})


def ask(worker: subprocess.Popen, text: str) -> tuple[list[int], Reading]:
    """The lengths of what *worker* answers to *text*, and the reading."""
    data = encode_question(text, None, is_raw=False, seconds=9)
    worker.stdin.write(struct.pack(">I", len(data)) + data)
    worker.stdin.flush()
    lengths = []
    while not lengths or lengths[-1] == LOADING:
        lengths += struct.unpack(">I", worker.stdout.read(4))
    return lengths, decode(text, worker.stdout.read(lengths[-1]))


def test_it_loads_once_and_only_where_it_must():
    """Twice nothing around the loading, then the answer; later the answer alone."""
    with started() as worker:
        assert worker.stdout.read(4) == struct.pack(">I", LOADING)
        assert len(ask(worker, "ls")[0]) == 1
        assert len(ask(worker, "psql -c 'select 1'")[0]) == 1
        lengths, reading = ask(worker, SQL)
        assert lengths[:-1] == [LOADING, LOADING]
        assert [c.program for c in reading.commands] == ["psql", "sql"]
        assert len(ask(worker, SQL)[0]) == 1
        worker.stdin.close()


def test_a_text_that_takes_too_much_work_ends_it():
    """By its processor time, also where nobody is left to kill it; the clock plays no part."""
    with started() as worker:
        assert worker.stdout.read(4) == struct.pack(">I", LOADING)
        data = encode_question("echo word; " * 1000, None, is_raw=False, seconds=0.01)
        worker.stdin.write(struct.pack(">I", len(data)) + data)
        worker.stdin.flush()
        assert worker.stdout.read() == b""
        assert worker.wait() == -signal.SIGPROF


async def test_a_reading_waits_for_it(parser):
    """The caller sees the reading, as always."""
    assert [c.program for c in (await parser.read(SQL)).commands] == ["psql", "sql"]
