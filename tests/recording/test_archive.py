"""The whole record: what fits, what does not, and that each problem is named."""

import sqlite3
from dataclasses import replace

import pytest

from bastion import chain
from bastion.audit.entry import AuditCode
from bastion.audit.log import maker
from bastion.errors import ClientError, RecordingError, StoreError
from bastion.events import Exit, Output
from bastion.recording.archive import Proof, open_archive
from bastion.recording.recovery import recover
from bastion.recording.writer import Recorder
from bastion.state import State
from bastion.store.sqlite.database import open_store
from tests.samples import session
from tests.servers.audited import tamper

SESSION = session()
FACTS = ("id", "kind", "subject", "account", "address", "target", "login", "serial", "started_at")


class Bastion:
    """What writes a record, as the running bastion does."""

    def __init__(self, root, clock, header):
        self.state, self.clock, self.header = State(root), clock, header
        self.state.keys.mkdir(parents=True)
        chain.create_key(self.state.record_key)
        self.signer = chain.load_signer(self.state.record_key)
        self.store = open_store(self.state.database)

    def begin(self, session=SESSION):
        recorder = Recorder(
            self.file(session),
            self.header,
            {name: getattr(session, name) for name in FACTS},
            clock=self.clock,
            signer=self.signer,
        )
        self.store.sessions.open(session)
        detail = {"session": session.id}
        entry = maker(1.0, AuditCode.SESSION_OPENED, session.subject, detail, self.signer)
        self.store.audit.append(entry)
        recorder.write(Output(b"# "))
        return recorder

    def run(self, session=SESSION):
        recorder = self.begin(session)
        recorder.write(Exit(0))
        recorder.seal()
        self.store.sessions.close(session.id, self.clock.now(), "exit", 0)

    def file(self, session=SESSION):
        return self.state.recordings / session.recording


@pytest.fixture
def bastion(tmp_path, clock, header):
    """A bastion that has not served yet."""
    made = Bastion(tmp_path / "state", clock, header)
    yield made
    made.store.close()


@pytest.fixture
def archive(bastion):
    """Its record, opened for reading."""
    opened = open_archive(bastion.state.root)
    yield opened
    opened.close()


def prove(archive):
    """What is found on the one session there is."""
    return archive.prove(archive.session(SESSION.id))


def strays(archive):
    """What one part has and another has not, by name."""
    summaries = archive.read(lambda store: store.sessions.latest(99))
    sessions = {summary.session.id: summary.session for summary in summaries}
    return {finding.name: finding for finding in archive.strays(sessions)}


def test_a_session_that_ended_is_sealed(bastion, archive):
    """And nothing is missing or left over."""
    bastion.run()
    finding = prove(archive)
    assert finding.proof is Proof.SEALED
    assert finding.proof.fits
    assert archive.prove_audit().proof.fits
    assert strays(archive) == {}


def test_a_live_session_fits(bastion, archive):
    """Up to its last link."""
    recorder = bastion.begin()
    finding = prove(archive)
    assert finding.proof is Proof.LIVE
    assert finding.detail == "0 links, then 3 lines without one"
    recorder.close()


def test_a_recovered_session_says_so(bastion, archive):
    """Sealed, but not by its session's end."""
    bastion.begin().close()
    recover(bastion.file(), bastion.signer)
    bastion.store.sessions.close(SESSION.id, 1.0, "lost", None)
    assert prove(archive).proof is Proof.RECOVERED


def test_a_session_that_could_not_be_recorded_fits(bastion, archive):
    """The store says why there is no seal."""
    bastion.begin().close()
    bastion.store.sessions.close(SESSION.id, 1.0, "recording-failed", None)
    assert prove(archive).proof is Proof.FAILED


def test_an_end_that_was_cut_off_is_named(bastion, archive):
    """The session ended as usual, so there must be a seal."""
    bastion.run()
    lines = bastion.file().read_bytes().splitlines(keepends=True)
    bastion.file().write_bytes(b"".join(lines[:-1]))
    finding = prove(archive)
    assert finding.proof is Proof.UNSEALED
    assert not finding.proof.fits


def test_a_changed_recording_is_named_with_its_line(bastion, archive):
    """So that somebody can look there."""
    bastion.run()
    bastion.file().write_bytes(bastion.file().read_bytes().replace(b'"# "', b'"$ "'))
    finding = prove(archive)
    assert finding.proof is Proof.BROKEN
    assert finding.detail == "line 5: broken at it or before it"


def test_a_recording_that_is_gone_is_named(bastion, archive):
    """With its path."""
    bastion.run()
    bastion.file().unlink()
    finding = prove(archive)
    assert finding.proof is Proof.MISSING
    assert str(bastion.file()) in finding.detail


def test_a_path_that_leads_out_is_named(bastion, archive):
    """A row that somebody changed does not make us read elsewhere."""
    bastion.store.sessions.open(replace(SESSION, recording="../keys/record.cast"))
    assert prove(archive).proof is Proof.BROKEN


@pytest.mark.parametrize("column", ["account", "subject", "address", "target", "login", "kind"])
def test_a_row_that_contradicts_the_recording_is_named(bastion, archive, column):
    """The recording is signed; the row is not."""
    bastion.store.sessions.open(replace(SESSION, **{column: "eve"}))
    recorder = Recorder(
        bastion.file(),
        bastion.header,
        {name: getattr(SESSION, name) for name in FACTS},
        clock=bastion.clock,
        signer=bastion.signer,
    )
    recorder.seal()
    finding = prove(archive)
    assert finding.proof is Proof.BROKEN
    assert finding.detail.startswith(f"{column}: the recording says ")


def test_a_row_that_was_removed_is_named(bastion, archive):
    """The audit log remembers that the session was opened."""
    bastion.run()
    with sqlite3.connect(bastion.state.database) as connection:
        connection.execute("DELETE FROM sessions")
    connection.close()
    assert strays(archive)[SESSION.id].proof is Proof.MISSING


def test_a_recording_that_nobody_knows_is_named(bastion, archive, clock):
    """As it stands there when store and audit log were exchanged for empty ones."""
    recorder = Recorder(bastion.file(), bastion.header, {}, clock=clock, signer=bastion.signer)
    recorder.write(Output(b"x"))
    recorder.close()
    assert strays(archive)[SESSION.id].detail.endswith("belongs to no session that was opened")


def test_a_recording_of_a_session_that_never_opened_is_none_of_these(bastion, archive, clock):
    """The store refused the row, so nothing was ever forwarded or recorded."""
    Recorder(bastion.file(), bastion.header, {}, clock=clock, signer=bastion.signer).seal()
    assert strays(archive) == {}


def test_a_changed_audit_log_is_named(bastion, archive):
    """With the entry."""
    bastion.run()
    tamper(bastion.state.database, "UPDATE audit SET subject = 'eve'")
    finding = archive.prove_audit()
    assert (finding.proof, finding.detail[:7]) == (Proof.BROKEN, "entry 1")


@pytest.mark.parametrize("column", ["detail", "signature"])
def test_an_audit_entry_that_is_no_entry_is_named(bastion, archive, column):
    """Garbage in the file is found, not fallen over."""
    bastion.run()
    tamper(bastion.state.database, f"UPDATE audit SET {column} = 'no hex, no json'")  # noqa: S608  a constant
    assert archive.prove_audit().proof is Proof.BROKEN


def test_strays_need_a_readable_audit_log(bastion, archive):
    """Where it is not, that is told as an error and not as all well."""
    bastion.run()
    tamper(bastion.state.database, "UPDATE audit SET detail = 'no json'")
    with pytest.raises(StoreError, match="cannot be read"):
        strays(archive)


def test_a_session_is_found_by_part_of_its_name(bastion, archive):
    """In either case of letters; ambiguous and unknown names get a sentence each."""
    bastion.run()
    bastion.run(replace(SESSION, id="01kah9b", recording="2027/01/15/01kah9b.cast"))
    assert archive.session("01KAH9A").id == SESSION.id
    with pytest.raises(ClientError, match="more than one session"):
        archive.session("01kah9")
    with pytest.raises(ClientError, match="no session 'zzz'"):
        archive.session("zzz")


def test_every_proof_has_its_meaning():
    """In words for a person."""
    assert all(proof.meaning for proof in Proof)


def test_no_record_is_one_sentence(tmp_path):
    """A folder that is none, and one without a bastion in it."""
    for root in (tmp_path, tmp_path / "none"):
        with pytest.raises(ClientError, match="there is no record in"):
            open_archive(root)


def test_the_private_key_is_not_needed(bastion, archive):
    """Nor even there: an auditor's copy has only the public half."""
    bastion.run()
    bastion.state.record_key.unlink()
    again = open_archive(bastion.state.root)
    assert prove(again).proof is Proof.SEALED
    again.close()
    assert prove(archive).proof is Proof.SEALED


@pytest.mark.parametrize("content", [None, b"no key"])
def test_a_missing_or_broken_public_key_is_one_sentence(bastion, content):
    """That names the file."""
    bastion.state.record_public_key.unlink()
    if content:
        bastion.state.record_public_key.write_bytes(content)
    with pytest.raises(ClientError, match=r"record\.pub"):
        open_archive(bastion.state.root)


def test_a_broken_store_is_one_sentence(bastion):
    """Garbage where the database was."""
    bastion.store.close()
    bastion.state.database.write_bytes(b"garbage" * 1000)
    with pytest.raises(ClientError, match="cannot read the store"):
        open_archive(bastion.state.root)


def test_the_archive_cannot_write(bastion, archive):
    """Whatever it is asked."""
    bastion.run()
    with pytest.raises(StoreError, match="readonly"):
        archive.read(lambda store: store.sessions.close(SESSION.id, 1.0, "x", 0))


def test_the_path_of_a_session_stays_in_the_library(archive):
    """As the library promises."""
    with pytest.raises(RecordingError):
        archive.path(replace(SESSION, recording="../../etc/x.cast"))
