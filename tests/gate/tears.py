"""Tears the shell's integration out of a session, from the host's side, as somebody there could.

What of it there is, is found by looking: the account's processes and the FIFOs they have open; so
this knows nothing of how it is built.
"""

import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from tests.gate.host import Account

STALL_SECONDS = 0.3
_HOOKS_REMOVED = {
    "bash": "trap - DEBUG; PS0= PROMPT_COMMAND=\n",
    "zsh": "trap - DEBUG; preexec_functions=() precmd_functions=()\n",
    "fish": "functions -e (functions -an | string match '__bastion_*'); bind \\r execute\n",
}
_NO_TERMINAL = 0


def processes(account: Account) -> list[int]:
    """The processes of *account*, the oldest first."""
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return sorted(pid for pid in numbers if _is_of(pid, account))


def _is_of(pid: int, account: Account) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"HOME={account.home}".encode() in environment


def _terminal(pid: int) -> int:
    """The number of its terminal; 0 without one, or where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[4])
    except OSError:
        return _NO_TERMINAL


def side_channel(account: Account) -> list[int]:
    """What runs for *account* without a terminal."""
    return [pid for pid in processes(account) if _terminal(pid) == _NO_TERMINAL]


def _fifos(account: Account) -> Iterator[Path]:
    for pid in processes(account):
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{pid}/fd").iterdir():
                target = link.readlink()
                if target.is_absolute() and stat.S_ISFIFO(link.stat().st_mode):
                    yield target


async def nothing(_account: Account) -> None:
    """Tear nothing out, to compare."""


async def side_channel_killed(account: Account) -> None:
    """Kill what answers the shell."""
    for pid in side_channel(account):
        _signal(pid, signal.SIGKILL)


async def hooks_removed(account: Account) -> None:
    """Let a trap of the shell's own, which its login file has set, take away what asks."""
    (account.home / ".torn").write_text(_HOOKS_REMOVED[account.shell])
    shells = [pid for pid in processes(account) if _terminal(pid) and _name(pid) == account.shell]
    for pid in shells[:1]:
        _signal(pid, signal.SIGUSR2)


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


async def fifos_deleted(account: Account) -> None:
    """Delete every FIFO."""
    for path in set(_fifos(account)):
        path.unlink(missing_ok=True)


async def folder_deleted(account: Account) -> None:
    """Delete the FIFOs with their folder."""
    for path in set(_fifos(account)):
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()


async def forged_answers(account: Account) -> None:
    """Write answers that allow everything into every FIFO."""
    for path in set(_fifos(account)):
        with contextlib.suppress(OSError):
            fifo = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(fifo, b"A\n0 A\n0 0 A\nA 0 0\n" * 8)
            os.close(fifo)


async def host_stalls(account: Account) -> None:
    """Stop all that runs there for a while."""
    await _stall(processes(account))


async def answers_stall(account: Account) -> None:
    """Stop what answers the shell for a while."""
    await _stall(side_channel(account))


async def _stall(stopped: Sequence[int]) -> None:
    for pid in stopped:
        _signal(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(STALL_SECONDS)
    finally:
        for pid in stopped:
            _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


TEARS: dict[str, Callable[[Account], Awaitable[None]]] = {
    "nothing": nothing,
    "hooks removed by a trap": hooks_removed,
    "side channel killed": side_channel_killed,
    "FIFOs deleted": fifos_deleted,
    "folder deleted": folder_deleted,
    "forged answers": forged_answers,
    "host stands still for 300 ms": host_stalls,
    "answers stand still for 300 ms": answers_stall,
}
TOGETHER = (("bash", "zsh"), ("fish",))
"""The shells that have a row of the page together."""


def row(tear: str, shells: tuple[str, ...]) -> str:
    """What the page calls *tear*, of *shells*."""
    return tear if len(shells) > 1 else f"{tear} ({shells[0]})"
