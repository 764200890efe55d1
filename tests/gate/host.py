"""A real sshd with many accounts, each with a login shell and a home folder of its own.

The accounts stand in a passwd file that only this sshd sees (nss_wrapper); all are the user who
runs the tests. `danger` stands first in everybody's PATH and writes down that it ran.
"""

import contextlib
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bastion.demo.host.sshd import Sshd
from tests.gate.scenario import Scenario
from tests.servers.installed import require

PROMPT = "gate$ "
SHELLS = ("bash", "zsh", "dash", "fish")
ASKING = SHELLS[:2]  # for each command; fish for lines, and of dash the screen alone is read
_WRAPPER = "libnss_wrapper.so"
_LIBRARIES = (Path("/usr/lib"), Path("/usr/local/lib"))
_MORE_CONFIG = "MaxStartups 200\nMaxSessions 200\n"

_DANGER = """\
#!/bin/bash
set -f -- $*  # newlines too stand between words
ulimit -Sf hard  # else it might run and not say so
printf '%s %s\\n' "$EPOCHREALTIME" "$*" >>{log}
"""
# Like the real ones in what they run, without another account: what runs is a shell within a shell.
_SUDO = """\
#!/bin/bash
[[ $1 == -s || $1 == -i ]] && exec bash
exec "$@"
"""
_SU = """\
#!/bin/bash
exec bash
"""
# Makes a terminal that no ssh knows of, with a program that echoes; both end with who typed.
_TERMINAL = """\
#!/usr/bin/env python3
import os, pty, sys
print("ready", flush=True)
pty.spawn(["cat"], stdin_read=lambda fd: os.read(fd, 1024) or sys.exit())
"""
_RC_TEXT = "alias rcz=danger\nrcf() { danger \"$@\"; }\nPS1='gate$ '\n"
_TORN = "trap '. ~/.torn' USR2\n"  # for tears.py: what a shell's own trap could do to us
_FISH_RC = """\
alias rcz danger
function rcf; danger $argv; end
set -g fish_greeting
function fish_prompt; echo -n 'gate$ '; end
function torn --on-signal USR2; source ~/.torn; end
"""
_RC = {
    "bash": (".bash_profile", _RC_TEXT + _TORN),
    "zsh": (
        ".zshrc",
        _RC_TEXT + _TORN + "HISTFILE=~/.zsh_history HISTSIZE=100 SAVEHIST=100\n",
    ),
    "dash": (".profile", _RC_TEXT),
    "fish": (".config/fish/config.fish", _FISH_RC),
}
_HISTORY = {
    "bash": (".bash_history", "{line}\n"),
    "zsh": (".zsh_history", "{line}\n"),
    "dash": (".sh_history", "{line}\n"),
    "fish": (".local/share/fish/fish_history", "- cmd: {line}\n  when: 1700000000\n"),
}
_NO_MANUALS = ".local/share/fish/generated_completions"  # else fish reads every manual page first
_INPUTRC = '"\\C-g": accept-line\n$include /etc/inputrc\n'


@dataclass(frozen=True)
class Account:
    """One account of the host."""

    name: str
    shell: str
    home: Path


class ManyAccounts(Sshd):
    """An sshd that knows the accounts of *passwd* besides the machine's."""

    async def start(self) -> None:
        """Start it where the accounts stand."""
        with _environment(
            LD_PRELOAD=_wrapper(),
            NSS_WRAPPER_PASSWD=str(self._folder / "passwd"),
            NSS_WRAPPER_GROUP="/etc/group",
        ):
            await super().start()

    def _write_config(self) -> Path:
        path = super()._write_config()
        text = path.read_text().replace("MaxSessions 100\n", _MORE_CONFIG)
        path.write_text(text)
        return path


class Host:
    """The files of the host: accounts, `danger`, its log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.bin, self.work = folder / "bin", folder / "work"
        self.log, self.passwd = folder / "ran.log", folder / "passwd"

    def prepare(self, accounts: int) -> list[str]:
        """Make programs and so many accounts of each shell; the accounts' names."""
        for path in (self.bin, self.work, self._folder / "home"):
            path.mkdir(parents=True)
        self.log.touch()
        self._program("danger", _DANGER.format(log=shlex.quote(str(self.log))))
        self._program("sudo", _SUDO)
        self._program("su", _SU)
        self._program("terminal", _TERMINAL)
        names = [f"{shell}-{n}" for shell in SHELLS for n in range(accounts)]
        lines = [self._line(name) for name in names]
        machine = Path("/etc/passwd").read_text()
        self.passwd.write_text(machine + "".join(lines))
        (self.work / "evil.txt").write_bytes(_FORGED)
        return names

    def account(self, shell: str, number: int) -> Account:
        """A new account; its home is made."""
        name = f"{shell}-{number}"
        home = self._folder / "home" / name
        home.mkdir()
        rc, text = _RC[shell]
        _write(home / rc, f"{_path_line(shell, self.bin)}{text}")
        _write(home / ".inputrc", _INPUTRC)
        (home / _NO_MANUALS).mkdir(parents=True)
        return Account(name, shell, home)

    def furnish(self, account: Account, scenario: Scenario, run: str) -> None:
        """Give *account* what *scenario* needs to be there."""
        if scenario.history:
            file, form = _HISTORY[account.shell]
            _write(account.home / file, form.format(line=scenario.history.replace("ID", run)))
        if scenario.file:
            script = self.work / f"{run}.sh"
            script.write_text(scenario.file.replace("ID", run))
            script.chmod(0o755)

    def ran_at(self, run: str) -> list[float]:
        """When `danger` ran for *run*."""
        lines = [line.split() for line in self.log.read_text().rstrip("\n").split("\n")]
        return [float(moment) for moment, *arguments in filter(None, lines) if run in arguments]

    def _line(self, name: str) -> str:
        shell = require(name.partition("-")[0], name.partition("-")[0])
        home = self._folder / "home" / name
        return f"{name}:x:{os.getuid()}:{os.getgid()}::{home}:{shell}\n"

    def _program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)


_FORGED = (
    b"hello\x1b]133;A\x07$ \x1b]133;B\x07\x1b]633;E;echo safe;0000\x07"
    b"\x1b]7770;0000;P;1;0;0 /\x07\x1b]7770;;R;1;0;echo safe\x07\n"
)


def _path_line(shell: str, folder: Path) -> str:
    editors = "EDITOR=/bin/true VISUAL=/bin/true"
    if shell == "fish":
        return f"set -gx PATH {folder} $PATH\nset -gx EDITOR /bin/true\nset -gx VISUAL /bin/true\n"
    return f"export PATH={shlex.quote(str(folder))}:$PATH {editors} LC_ALL=C.UTF-8\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _wrapper() -> str:
    found = [path for folder in _LIBRARIES for path in folder.glob(f"**/{_WRAPPER}")]
    assert found, "libnss_wrapper.so is missing; run as root: apt-get install libnss-wrapper"
    return str(found[0])


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    """With *values* in our environment, for a child that is started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
