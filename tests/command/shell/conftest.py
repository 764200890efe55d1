"""A real shell on a real pty, integrated by the real commands, and a gate that answers it."""

import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from bastion.command.shell.bootstrap import new_secret, shell_command, side_channel_command
from bastion.command.shell.questions import (
    Answer,
    Forged,
    Kind,
    Question,
    Questions,
    answer,
)

LOGIN = "/bin/sh"
"""The shell that hands a command on, as sshd's does."""


def allow(_question):
    return Answer.ALLOW


class Integrated:
    """One shell, and what it asked.

    Attributes:
        judge: what is answered to a question; None answers nothing.
        heard: everything the shell said, in order.
        screen: everything it wrote to the terminal.
        is_over: whether the shell has left.
    """

    def __init__(self, home: Path, shell: str, env: dict[str, str], login: str, patience: int):
        self.secret = new_secret()
        self.judge: Callable[[Question], Answer | None] = allow
        self.heard: list[Question | Forged] = []
        self.screen = ""
        self.is_over = False
        self.questions = Questions(self.secret)
        self.env = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "USER": "root",
            "SHELL": shell,
            **env,
        }
        self.home = home
        self.side = subprocess.Popen(
            [login, "-c", side_channel_command(self.secret)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.env,
            cwd=home,
            start_new_session=True,
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.side.stdout, selectors.EVENT_READ, self._asked)
        self.until(lambda: self.questions.shell or self.questions.absence)
        self._login, self._patience = login, patience

    def start(self) -> None:
        """Start the shell itself."""
        self.tty = pexpect.spawn(
            self._login,
            ["-c", shell_command(self.secret, Path(self.env["SHELL"]).name, self._patience)],
            env=self.env,
            cwd=str(self.home),
            dimensions=(40, 160),
            timeout=20,
        )
        self.tty.delaybeforesend = None
        self._selector.register(self.tty.child_fd, selectors.EVENT_READ, self._shown)

    def until(self, done: Callable[[], object], seconds: float = 20) -> None:
        """Serve the shell until *done*; fail when that takes too long."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, (self.heard, self.screen)
            for key, _ in self._selector.select(0.2):
                key.data()

    def serve(self, seconds: float) -> None:
        """Serve the shell for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                key.data()

    def prompts(self) -> list[Question]:
        return [q for q in self.heard if isinstance(q, Question) and q.kind is Kind.PROMPT]

    def type(self, keys: str) -> None:
        os.write(self.tty.child_fd, keys.encode("utf-8", "surrogateescape"))

    def line(self, text: str, keys: str = "\r") -> list[Question | Forged]:
        """Type *text*, accept it, wait for the next prompt; what was said meanwhile."""
        return self.keys(text + keys)

    def keys(self, keys: str, prompts: int = 1) -> list[Question | Forged]:
        before, said = len(self.prompts()), len(self.heard)
        self.type(keys)
        self.until(lambda: len(self.prompts()) >= before + prompts)
        return self.heard[said:]

    def asked(self, heard, kind=None):
        return [q.text for q in heard if isinstance(q, Question) and q.kind in (kind or "LC")]

    def say(self, data: bytes) -> None:
        """Write *data* to the side channel, as the gate would."""
        self.side.stdin.write(data)
        self.side.stdin.flush()

    @property
    def folder(self) -> Path:
        for place in ("/dev/shm", "/tmp", "/var/tmp", str(self.home)):
            if (folder := Path(place, self.secret.folder)).exists():
                return folder
        raise AssertionError("no folder")

    def close(self) -> None:
        self.side.stdin.close()
        if hasattr(self, "tty"):
            self.tty.close(force=True)
        if self.side.poll() is None:
            self.side.wait(10)
        self.side.stdout.close()
        self._selector.close()
        for place in ("/dev/shm", "/tmp", "/var/tmp"):  # what a killed side channel leaves
            shutil.rmtree(Path(place, self.secret.folder), ignore_errors=True)

    def _shown(self) -> None:
        try:
            data = os.read(self.tty.child_fd, 65536)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(self.tty.child_fd)
            self.is_over = True
        self.screen += data.decode("utf-8", "replace")

    def _asked(self) -> None:
        data = os.read(self.side.stdout.fileno(), 65536)
        if not data:
            self._selector.unregister(self.side.stdout)
        for question in self.questions.feed(data):
            self.heard.append(question)
            if isinstance(question, Question) and question.kind.waits:
                given = self.judge(question)
                if given is not None:
                    self.say(answer(self.secret, question, given))


@pytest.fixture
def home(tmp_path) -> Path:
    """A person's home, with rc files that define an alias and a function."""
    (tmp_path / ".bashrc").write_text(
        "PS1='P> '\nalias rcz='echo rcz'\nalias ls='ls --color=auto'\n"
        'rcf() { echo rcf "$@"; }\nHISTCONTROL=ignoreboth\n'
    )
    (tmp_path / ".bash_profile").write_text(". ~/.bashrc\nPATH=~:$PATH\n")
    (tmp_path / ".zprofile").write_text("PATH=~:$PATH\n")
    (tmp_path / ".zshrc").write_text(
        "PS1='P> '\nalias rcz='echo rcz'\nalias ls='ls --color=auto'\n"
        'rcf() { echo rcf "$@" }\nHISTFILE=~/.zsh_history HISTSIZE=100 SAVEHIST=100\n'
    )
    (tmp_path / ".hushlogin").touch()
    return tmp_path


@pytest.fixture
def shells(home):
    """Start shells; they end with the test."""
    started = []

    def start(shell="/bin/bash", env=None, login=LOGIN, patience=30, *, is_ready=True):
        one = Integrated(home, shell, env or {}, login, patience)
        started.append(one)
        one.start()
        if is_ready:
            one.until(one.prompts)
        return one

    yield start
    for one in started:
        one.close()
