"""A process that has imported the product, and forks for every program that a test wants to run.

A start of `bastion` is more than a second of work, nearly all of it imports, and the tests start
hundreds. What always holds: a program that is started here is a process like any other: its own
pid, session files, environment, folder and limits, and nothing of pytest in it. What it does not
do: read anything for the test; `tests.servers.program` is its other end, and says how they speak.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import resource
import runpy
import selectors
import signal
import socket
import sys
import time
import traceback
from typing import Any

import bastion.cli

_MAX_ORDER_BYTES = 1 << 20
_FILES = 4  # stdin, stdout, stderr, and where it is told how the program ended


class ForkServer:
    """Forks for who is at the other end of *control*, until that is closed."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)

    def serve(self) -> dict[str, Any] | None:
        """Return twice for each order: the order in the child; at the end, None here."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._control:
                    self._tell(key)
                    continue
                data, files, _, _ = socket.recv_fds(self._control, _MAX_ORDER_BYTES, _FILES)
                if not data:
                    self._end()
                    return None
                if self._fork(files):
                    return dict(json.loads(data))

    def _fork(self, files: list[int]) -> bool:
        """Whether this is the child, which has *files* as its own then."""
        pid = -1
        try:
            pid = os.fork()
            if not pid:
                self._leave()
                for number, file in enumerate(files[:3]):
                    os.dup2(file, number)
            else:
                told = socket.socket(fileno=os.dup(files[3]))
                _say(told, pid)
                self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, told))
        except OSError:  # a machine that is full is one test's end, who hears no pid, not of all
            traceback.print_exc()
        for file in files:
            os.close(file)
        return not pid

    def _tell(self, key: selectors.SelectorKey) -> None:
        """Tell who waits how a program has ended."""
        pid, told = key.data
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self._selector.unregister(key.fileobj)
        os.close(key.fd)
        with told:
            _say(told, status)

    def _end(self) -> None:
        """End what still runs: who started it was cut off, and nobody else will."""
        for key in self._selector.get_map().values():
            if key.fileobj is not self._control:
                signal.pidfd_send_signal(key.fd, signal.SIGTERM)

    def _leave(self) -> None:
        """Let go of everything that is the server's."""
        for key in list(self._selector.get_map().values()):
            if key.fileobj is self._control:
                self._control.close()
            else:
                os.close(key.fd)
                key.data[1].close()
        self._selector.close()


def _say(told: socket.socket, number: int) -> None:
    """Tell *number*, unless the test that would hear it was cut off: the others need the server."""
    with contextlib.suppress(ConnectionError):
        told.send(number.to_bytes(4, "big", signed=True))


def _become(order: dict[str, Any]) -> None:
    """Be the program of *order*, as if it had been started so."""
    if order["is_detached"]:
        os.setsid()
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    sys.argv[:] = ["bastion", *order["arguments"]]
    sys.stdout.reconfigure(line_buffering=os.isatty(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, limit in order["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))


# What is imported where it is first used, and is used whenever a bastion serves.
_WHEN_SERVING = ("httpcore", "uvicorn.lifespan.on", "uvicorn.protocols.http.h11_impl")


def _import_all() -> None:
    """Everything that a command needs, but the commands, which look at their terminal first."""
    for module in pkgutil.iter_modules(bastion.cli.__path__, "bastion.cli."):
        importlib.import_module(module.name)
    for name in _WHEN_SERVING:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.startswith("bastion.cli.")]:
        del sys.modules[name]
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _import_all()
    ordered = ForkServer(socket.socket(fileno=int(sys.argv[1]))).serve()
    if ordered is not None:
        _become(ordered)
        runpy.run_module("bastion", run_name="__main__", alter_sys=True)
