"""Draws docs/replay.svg: the player, on a demonstration record that this script makes.

Run it as `python docs/screenshot.py [FILE]`. What always holds: the picture comes from the real
recorder, store and viewer, with a clock that stands where it is put, so it is the same every time.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from bastion import chain
from bastion.events import Event, Exit, Input, Judged, Outcome, Output
from bastion.recording.archive import open_archive
from bastion.recording.asciicast import Header
from bastion.recording.library import Library
from bastion.recording.writer import Recorder
from bastion.relay.notices import Notices
from bastion.state import State
from bastion.store.rows import Command, Session
from bastion.store.sqlite.database import SqliteStore, open_store
from bastion.verdict import Judgement, Verdict
from replay_tui.app import ReplayApp
from replay_tui.screens.player import PlayerScreen

NOON = 1_795_176_000.0  # 2026-11-20 12:00:00 UTC
SIZE = (120, 34)
FONTS = (
    "'Fira Code', 'Cascadia Mono', 'JetBrains Mono', ui-monospace, SFMono-Regular, Menlo, "
    "Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
)
_AFTER_SECONDS = 0.35  # so that the prompt has come back after the block

PROMPT = b"\x1b[1;32mroot@gpu-01\x1b[0m:\x1b[1;34m~/llm\x1b[0m# "
_RULE = f"\x1b[90m+{'-' * 78}+\x1b[0m\n"
_GPU = "|   {}  NVIDIA H100 80GB   | 00000000:{}:00.0    Off | {:>5} / 81559 MiB   {}  |\n"
SMI = (
    f"{_RULE}| NVIDIA-SMI 570.86.15     Driver Version: 570.86.15     CUDA Version: 12.8    |\n"
    f"| GPU  Name               | Bus-Id           Disp.A | Memory-Usage    GPU-Util |\n{_RULE}"
    + _GPU.format(0, "1B", 78414, "\x1b[32m97%\x1b[0m")
    + _GPU.format(1, "43", 78102, "\x1b[32m96%\x1b[0m")
    + _GPU.format(2, "52", 561, "\x1b[33m 0%\x1b[0m")
    + _RULE
)


REMOVAL = "rm -rf /mnt/checkpoints/run-41"
DELETES = Judgement(Verdict.HOLD, "delete-model-data", "This deletes data below a shared folder.")
MINER = "xmrig --cuda -o stratum+tcp://pool.example"
MINES = Judgement(Verdict.BLOCK, "mining", "This mines coins.")


@dataclass
class HandClock:
    """A clock that this script moves."""

    at: float = NOON

    def now(self) -> float:
        """Unix time."""
        return self.at

    def monotonic(self) -> float:
        """The same clock."""
        return self.at


@dataclass
class Scene:
    """One session of the demonstration, told step by step."""

    state: State
    store: SqliteStore
    clock: HandClock
    session: Session
    size: tuple[int, int] = (80, 24)
    commands: int = 0
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        """Open the recording and the row, as the bastion does."""
        self.clock.at = self.session.started_at
        shared = ("id", "kind", "subject", "account", "target", "login", "serial")
        self.recorder = Recorder(
            self.state.recordings / self.session.recording,
            Header(
                *self.size,
                term="xterm-256color" if self.session.kind == "shell" else "",
                timestamp=int(self.session.started_at),
                title=f"{self.session.account} on {self.session.login}@{self.session.target}",
                command=self.session.command,
            ),
            {name: getattr(self.session, name) for name in shared},
            clock=self.clock,
            signer=chain.load_signer(self.state.record_key),
        )
        self.store.sessions.open(self.session)

    def record(self, *events: Event, after: float = 0.1) -> None:
        """Let *after* seconds pass before each of *events*."""
        for event in events:
            self.clock.at += after
            self.recorder.write(event)

    def says(self, text: str | bytes, after: float = 0.1) -> None:
        """The host prints *text*."""
        data = text.encode() if isinstance(text, str) else text
        lines = data.replace(b"\n", b"\r\n") if self.session.kind == "shell" else data
        self.record(Output(lines), after=after)

    def types(self, text: str) -> None:
        """The engineer types *text* and it is echoed."""
        for char in text:
            self.record(Input(char.encode()), Output(char.encode()), after=0.04)

    def notice(self, line: bytes) -> None:
        """The bastion tells the engineer something."""
        self.record(Output(line, notice=True))

    def judged(self, text: str, verdict: str, rule: str = "", reason: str = "") -> str:
        """A verdict on the line *text*."""
        self.commands += 1
        command_id = f"{self.session.id}-{self.commands}"
        self.record(Judged(command_id, text, verdict, rule, reason))
        source = "screen" if self.session.kind == "shell" else "exec"
        now = self.clock.now()
        self.store.sessions.add_command(
            Command(command_id, self.session.id, now, source, text, verdict, rule, reason)
        )
        return command_id

    def outcome(self, command_id: str, outcome: str, by: str = "", reason: str = "") -> None:
        """What became of a command."""
        self.record(Outcome(command_id, outcome, by, reason))
        self.store.sessions.set_outcome(command_id, outcome, by)

    def runs(self, text: str, output: str, after: float = 0.4) -> None:
        """An allowed line in a shell."""
        self.types(text)
        self.judged(text, "allow")
        self.says("\n" + output, after=after)
        self.says(PROMPT)

    def ends(self, status: int = 0) -> None:
        """The session ends, sealed."""
        self.record(Exit(status))
        self.recorder.seal()
        self.store.sessions.close(self.session.id, self.clock.now(), "exit", status)


def session(number: int, account: str, where: str, minutes: float, command: str = "") -> Session:
    """A session that began so many *minutes* before noon."""
    login, _, target = where.partition("@")
    session_id = f"01kah9{number:02}q3vx7m2c8d4e5f6g7h8j"
    started_at = NOON - minutes * 60
    return Session(
        id=session_id,
        kind="exec" if command else "shell",
        subject=f"{account}@example.test",
        account=account,
        address="192.0.2.17",
        serial=4711 + number,
        target=target,
        login=login,
        command=command,
        started_at=started_at,
        recording=Library(Path()).place(session_id, started_at),
    )


def story(scene: Scene) -> None:
    """The session of the picture: looks, holds, blocks, and goes on."""
    scene.says("Welcome to gpu-01 (3 x H100, pool research)\n", after=0.3)
    scene.says(PROMPT, after=0.2)
    scene.runs("nvidia-smi", SMI)
    scene.clock.at += 38
    scene.runs("ls /mnt/checkpoints", "\x1b[34mrun-40  run-41  run-42\x1b[0m\n")
    scene.types(REMOVAL)
    held = scene.judged(REMOVAL, "hold", DELETES.rule, DELETES.reason)
    notices = Notices(scene.size[0])
    scene.notice(notices.held(DELETES, ["approver"], 300))
    scene.notice(notices.left(["approver"], 300))
    scene.clock.at += 42
    scene.outcome(held, "released", "approver", "run-41 diverged")
    scene.notice(notices.decided("approved", "approver", "run-41 diverged"))
    scene.says(PROMPT, after=1.2)
    training = "python train.py --resume run-42 &"
    scene.types(training)
    scene.judged(training, "opaque", "", "The bastion cannot see what a script does.")
    scene.says("\n[1] 48213\n", after=0.2)
    scene.says(PROMPT)
    scene.clock.at += 65
    scene.types(MINER)
    blocked = scene.judged(MINER, "block", MINES.rule, MINES.reason)
    scene.notice(notices.blocked(MINES))
    scene.outcome(blocked, "blocked")
    scene.says(PROMPT)


def build(root: Path, clock: HandClock) -> Session:
    """Make the demonstration below *root*; the session of the picture."""
    state = State(root)
    state.keys.mkdir(mode=0o700)
    chain.create_key(state.record_key)
    store = open_store(state.database)

    def scene(made: Session) -> Scene:
        return Scene(state, store, clock, made)

    for number, account, where, minutes, command, status in (
        (1, "mei", "ubuntu@gpu-07", 310, "squeue --me", 0),
        (2, "jonas", "root@gpu-03", 268, "df -h /mnt/models", 0),
        (3, "ci-eval", "runner@gpu-12", 240, "python eval.py --suite safety", 1),
        (4, "priya", "ubuntu@gpu-02", 170, "", 0),
        (5, "mei", "ubuntu@gpu-07", 121, "rsync --server -vlogDtpre.iLsfxCIvu . data/", 0),
    ):
        ended = scene(session(number, account, where, minutes, command))
        if command:
            ended.judged(command, "allow" if status == 0 else "opaque", "", "")
            ended.says("done\n")
        else:
            ended.says(PROMPT)
            ended.runs("uptime", " 09:12:44 up 41 days,  load average: 12.4\n")
        ended.clock.at += number * 77
        ended.ends(status)
    told = scene(session(6, "engineer", "root@gpu-01", 46))
    story(told)
    told.runs("jobs", "[1]+  Running   python train.py --resume run-42 &\n")
    told.ends()
    live = scene(session(7, "jonas", "root@gpu-03", 9))
    live.says(PROMPT)
    live.runs("nvtop -h | head -3", "Available options:\n")
    store.close()
    clock.at = NOON
    return told.session


async def picture(root: Path) -> str:
    """The player as SVG, at the command that was blocked."""
    clock = HandClock()
    shown = build(root, clock)
    archive = open_archive(root)
    found = await archive.store.run(lambda store: store.sessions.find(shown.id))
    app = ReplayApp(archive, clock, session=found[0], zone=UTC)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        player = app.screen
        assert isinstance(player, PlayerScreen)  # noqa: S101  the app was asked to open it
        await pilot.press("space", "c", "n", "n")
        player.go(player.playhead.at + _AFTER_SECONDS)
        await app.workers.wait_for_complete()
        await pilot.pause()
        svg = app.export_screenshot(title="bastion-replay")
    archive.close()
    return with_own_fonts(svg)


def with_own_fonts(svg: str) -> str:
    """*svg* drawn in fonts that its reader has; it fetches nothing."""
    svg = re.sub(r"\s*(?:@font-face \{.*?\}|<!--.*?-->)", "", svg, flags=re.DOTALL)
    return svg.replace("font-family: Fira Code, monospace", f"font-family: {FONTS}")


def main() -> None:
    """Write the picture."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    target = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).with_name("replay.svg")
    with tempfile.TemporaryDirectory() as folder:
        target.write_text(asyncio.run(picture(Path(folder))))


if __name__ == "__main__":
    main()
