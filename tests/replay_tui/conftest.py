"""A record made by the real recorder and store, for the viewer to look at."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from bastion import chain
from bastion.events import Exit, Judged, Outcome, Output
from bastion.recording.archive import open_archive
from bastion.recording.asciicast import Header
from bastion.recording.library import Library
from bastion.recording.writer import Recorder
from bastion.state import State
from bastion.store.rows import Command
from bastion.store.sqlite.database import open_store
from replay_tui.app import ReplayApp
from tests.samples import session

HELD = {"rule": "data.delete", "reason": "deletes", "outcome": "released", "by": "bob"}
_PATIENCE_SECONDS = 10
FACTS = ("id", "kind", "subject", "account", "target", "login", "serial")


class Scene:
    """One session that is being recorded."""

    def __init__(self, record, row, size, term):
        self._record, self.session = record, row
        self.path = record.state.recordings / row.recording
        title = f"{row.account} on {row.login}@{row.target}"
        header = Header(*size, term, int(row.started_at), title, row.command)
        facts = {name: getattr(row, name) for name in FACTS}
        self._recorder = Recorder(
            self.path, header, facts, clock=record.clock, signer=record.signer
        )
        record.store.sessions.open(row)
        self._commands = 0

    def record(self, *events, after=0.5):
        """Each of *events*, so many seconds after the one before; bytes are output."""
        for event in events:
            self._record.clock.advance(after)
            self._recorder.write(Output(event) if isinstance(event, bytes) else event)

    def judged(self, text, verdict="allow", *, rule="", reason="", outcome="", by="", after=0.5):
        """A verdict, and what came of it a second later."""
        self._commands += 1
        command_id = f"{self.session.id}-{self._commands}"
        self.record(Judged(command_id, text, verdict, rule, reason), after=after)
        at, id_ = self._record.clock.now(), self.session.id
        sessions = self._record.store.sessions
        sessions.add_command(Command(command_id, id_, at, "screen", text, verdict, rule, reason))
        if outcome:
            self.record(Outcome(command_id, outcome, by), after=1.0)
            sessions.set_outcome(command_id, outcome, by)

    def end(self, status=0):
        """The session ends as usual."""
        self.record(Exit(status))
        self._recorder.seal()
        now = self._record.clock.now()
        self._record.store.sessions.close(self.session.id, now, "exit", status)
        self.session = replace(self.session, ended_at=now, ending="exit", exit_status=status)
        return self

    def die(self):
        """The bastion is killed."""
        self._recorder.close()


class Record:
    """What the bastion writes."""

    def __init__(self, root, clock):
        self.state, self.clock = State(root), clock
        self.state.keys.mkdir(parents=True)
        chain.create_key(self.state.record_key)
        self.signer = chain.load_signer(self.state.record_key)
        self.store = open_store(self.state.database)
        self._scenes = []

    def scene(self, account="ann", where="root@gpu-01", command="", size=(40, 10), term="xterm"):
        """A session that begins now."""
        login, _, target = where.rpartition("@")
        session_id = f"01kah9{len(self._scenes):02}qqqqqqqqqqqqqqqqqq"
        now = self.clock.now()
        begun = session(
            id=session_id,
            kind="exec" if command else "shell",
            subject=f"s-{account}",
            account=account,
            target=target,
            login=login,
            command=command,
            started_at=now,
            recording=Library(Path()).place(session_id, now),
        )
        self._scenes.append(Scene(self, begun, size, "" if command else term))
        return self._scenes[-1]

    def close(self):
        for scene in self._scenes:
            scene.die()
        self.store.close()


@pytest.fixture
def record(tmp_path, clock):
    """A record without sessions."""
    made = Record(tmp_path / "state", clock)
    yield made
    made.close()


@pytest.fixture
def archive(record):
    """The record, opened for reading."""
    opened = open_archive(record.state.root)
    yield opened
    opened.close()


@pytest.fixture
def story(record):
    """A session of 100 seconds: prompt, allowed, a pause, held, opaque, blocked, end.

    Moments: 1 prompt, 10 `ls`, 50 `rm` held (51 released), 70 `vi` opaque, 90 reset blocked, 100.
    """
    scene = record.scene()
    scene.record(b"# ", after=1)
    scene.judged("ls", after=9)
    scene.record(b"ls\r\nfile\r\n# ", after=1)
    scene.judged("rm -rf x", "hold", **HELD, after=39)
    scene.record(b"rm -rf x\r\n# ", after=1)
    scene.judged("vi [bold]x", "opaque", after=18)
    scene.record(b"vi x\r\n# ", after=1)
    scene.judged("gpu reset", "block", rule="gpu.reset", reason="resets", after=19)
    scene.record(b"gpu reset\r\nblocked\r\n# ", after=1)
    scene.record(b"bye\r\n", after=8.5)
    return scene.end()


class Watcher:
    """Somebody before the viewer: presses keys and looks."""

    def __init__(self, pilot):
        self.app, self._pilot = pilot.app, pilot
        self.press, self.click, self.resize = pilot.press, pilot.click, pilot.resize_terminal

    @property
    def screen(self):
        return self.app.screen

    async def until(self, is_so):
        """Wait for something to be so."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._pilot.pause()
                while not is_so():
                    await self._pilot.pause()
        except TimeoutError:
            pytest.fail("it never was so:\n" + "\n".join(self.lines()))

    async def settle(self):
        """Wait until nothing is read or proven any more."""
        await self._pilot.pause()
        while any(not worker.is_finished for worker in self.app.workers):
            await self.app.workers.wait_for_complete()
            await self._pilot.pause()
        await self._pilot.pause()

    def lines(self):
        """The window as plain text."""
        rows = self.screen._compositor.render_strips()
        return [row.text.rstrip() for row in rows]

    def sees(self, text):
        return any(text in line for line in self.lines())


@pytest.fixture
def watching():
    """Puts somebody before an app, in a window of a size; leaves when the block ends."""

    @asynccontextmanager
    async def watch(app, size=(80, 24)):
        async with app.run_test(size=size, notifications=True) as pilot:
            watcher = Watcher(pilot)
            await watcher.settle()
            yield watcher

    return watch


@pytest.fixture
def app(archive, clock):
    """The viewer, in UTC."""
    return ReplayApp(archive, clock, zone=UTC)


@pytest.fixture
def playing(archive, clock):
    """The viewer with a session open: `playing(session)`."""
    return lambda session: ReplayApp(archive, clock, session=session, zone=UTC)
