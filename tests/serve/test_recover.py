"""What a bastion that died left open is closed at the next start."""

import pytest

from bastion import chain
from bastion.audit import log
from bastion.audit.log import AuditLog
from bastion.events import Output
from bastion.recording.asciicast import Header
from bastion.recording.library import Library
from bastion.recording.writer import Recorder
from bastion.serve.initialise import initialise
from bastion.serve.recover import recover_sessions
from bastion.state import State
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from tests.samples import request, session

SESSION = session()


class Site:
    """A bastion's state between two starts."""

    def __init__(self, root, clock):
        self.state, self.clock = State(root), clock
        initialise(self.state)
        self.signer = chain.load_signer(self.state.record_key)
        self.library = Library(self.state.recordings)
        self.store = StoreWorker(lambda: open_store(self.state.database))
        self.audit = AuditLog(self.store, self.signer, clock)

    def record(self, session=SESSION):
        """A recording of *session* that nobody closed."""
        recorder = Recorder(
            self.library.path(session.recording),
            Header(80, 24, "xterm", 1_800_000_000, "t"),
            {"id": session.id},
            clock=self.clock,
            signer=self.signer,
        )
        for _ in range(5):  # time passes, so that what came before is linked and signed
            self.clock.advance(5)
            recorder.write(Output(b"hello"))
        return recorder

    async def recover(self):
        return await recover_sessions(self.store, self.audit, self.library, self.signer, self.clock)

    async def sessions(self):
        return await self.store.run(lambda store: store.sessions.unfinished())

    async def ending(self, session=SESSION):
        (found,) = await self.store.run(lambda store: store.sessions.find(session.id))
        return found.ending

    async def entries(self):
        return await self.store.run(lambda store: store.audit.entries(0, 100))


@pytest.fixture
async def site(tmp_path, clock):
    made = Site(tmp_path / "state", clock)
    await made.store.run(lambda store: store.sessions.open(SESSION))
    yield made
    made.store.close()


async def test_a_recording_that_was_cut_off_is_closed(site):
    """Session ended, recording sealed, an entry in the audit log; once."""
    site.record().close()
    assert await site.recover() == 1
    assert await site.ending() == "cut-off"
    (entry,) = await site.entries()
    assert (entry.code, entry.subject) == ("session-recovered", SESSION.subject)
    assert entry.detail == {"session": SESSION.id, "problem": ""}
    assert b'"seal' in site.library.path(SESSION.recording).read_bytes()
    assert await site.recover() == 0
    assert len(await site.entries()) == 1
    problem = await site.store.run(lambda store: log.check(store, site.signer.verifier))
    assert problem == ""


async def test_what_another_process_writes_is_left_alone(site):
    """Its writer holds a lock; the session goes on."""
    recorder = site.record()
    before = site.library.path(SESSION.recording).read_bytes()
    try:
        assert await site.recover() == 0
        assert site.library.path(SESSION.recording).read_bytes() == before
        assert [session.id for session in await site.sessions()] == [SESSION.id]
    finally:
        recorder.close()


async def test_a_recording_that_is_missing_does_not_stop_the_start(site):
    """The session ends as damaged, and the audit log says why."""
    assert await site.recover() == 1
    assert await site.ending() == "damaged"
    (entry,) = await site.entries()
    assert "No such file" in entry.detail["problem"]


async def test_a_recording_that_was_changed_is_not_made_to_look_proven(site):
    """It stays as it is, and is named."""
    site.record().close()
    path = site.library.path(SESSION.recording)
    path.write_bytes(path.read_bytes().replace(b"xterm", b"vt100"))
    before = path.read_bytes()
    assert await site.recover() == 1
    assert await site.ending() == "damaged"
    assert path.read_bytes() == before


async def test_a_path_that_leads_out_of_the_library_is_not_followed(site, tmp_path):
    """Whatever somebody wrote into the store."""
    other = session(id="other", recording="../../outside.cast")
    (tmp_path / "outside.cast").write_text("{}\n")
    await site.store.run(lambda store: store.sessions.open(other))
    site.record().close()
    assert await site.recover() == 2
    assert await site.ending(other) == "damaged"
    assert (tmp_path / "outside.cast").read_text() == "{}\n"


async def test_requests_of_a_lost_session_are_cancelled(site):
    """Nobody approves what can run no more; others stay."""
    site.record().close()
    await site.store.run(lambda store: store.requests.add(request()))
    await site.store.run(lambda store: store.requests.add(request(id="r2", session_id="alive")))
    await site.recover()
    pending = await site.store.run(lambda store: store.requests.pending())
    assert [request.id for request in pending] == ["r2"]
