"""What a fork server starts for the tests is a process like one that is started by itself."""

import asyncio
import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.servers import program
from tests.servers.forkserver import ForkServer
from tests.servers.process import run
from tests.servers.program import bastion, start
from tests.servers.waiting import until


async def test_it_says_and_ends_as_the_installed_program():
    """The same words on both streams, and the same exit code."""
    setting = {"NO_COLOR": "1", "COLUMNS": "100"}
    words = ("config", "check", "--config", "/absent/config.toml")
    installed = await run(
        *(sys.executable, "-m", "bastion", *words), environment={**os.environ, **setting}
    )
    assert await bastion(*words, **setting) == installed
    assert (installed.status, installed.out) == (1, b"")


async def test_what_it_has_is_its_own(tmp_path, monkeypatch):
    """Pid, folder, session and limits; it ends by a signal, and tells which."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("token")  # it waits for who writes
    words = ("login", "--server", "http://127.0.0.1:1", "--dir", "client", "--token-file", "token")
    started = await start(*words, limits={"RLIMIT_FSIZE": 4096}, is_detached=True)
    kernel = Path("/proc") / str(started.pid)
    await until(lambda: re.search(r"Max file size +4096 ", (kernel / "limits").read_text()))
    assert (kernel / "cwd").readlink() == tmp_path
    assert os.getsid(started.pid) == started.pid
    assert started.returncode is None
    started.kill()
    assert await asyncio.gather(started.wait(), started.wait()) == [-signal.SIGKILL] * 2
    assert (await started.communicate())[0] == b""
    assert not kernel.exists()


async def test_who_is_not_waited_for_ends_nobody_else(tmp_path, monkeypatch):
    """A test that was cut off hears no more of its program; the next one is served."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("token")
    words = ("login", "--server", "http://127.0.0.1:1", "--dir", "client", "--token-file", "token")
    abandoned = await start(*words)
    abandoned._told.close()
    os.kill(abandoned.pid, signal.SIGKILL)
    assert (await bastion("version")).status == 0


async def test_a_server_that_has_gone_is_replaced():
    """What ended it ends one test, not all that follow."""
    process = program._server().process
    process.kill()
    process.wait()
    with pytest.warns(UserWarning, match="a fork server has gone, with exit code -9"):
        assert (await bastion("version")).status == 0


def test_a_machine_that_is_full_ends_one_order(monkeypatch, capsys):
    """Who gave it hears no pid; the server goes on, and says why."""

    def full():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("os.fork", full)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    told, told_end = socket.socketpair()
    with theirs, told, told_end:
        socket.send_fds(ours, [b"{}"], [0, 1, 2, told_end.fileno()])
        told_end.close()
        ours.close()
        assert ForkServer(theirs).serve() is None
        assert told.recv(4) == b""
    assert "Resource temporarily unavailable" in capsys.readouterr().err
