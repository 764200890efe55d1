"""The journal: what is seen of a session's end, and what is kept while it ends."""

import asyncio

import pytest

from bastion.approval.states import SESSION_ENDED
from bastion.events import ABANDONED, Outcome
from bastion.recording.library import Library
from bastion.recording.reader import events
from bastion.relay.journal import Opening
from bastion.verdict import Judgement, Verdict
from tests.relay.test_forward import HELD, Bench

ALLOW, HOLD = Judgement(Verdict.ALLOW), Judgement(Verdict.HOLD)


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.store.close()


async def opened(bench):
    """The journal of a command that was let through."""
    journal = await bench.journals.open(HELD, Opening("exec", "true"))
    return journal, await journal.judged("true", "exec", ALLOW)


async def test_the_end_of_a_session_is_seen_with_its_audit_entry_or_not_at_all(bench):
    """Whoever finds the one finds the other; without an audit log the session has not ended."""
    journal, _ = await opened(bench)
    await bench.store.run(lambda store: store.audit._database.execute("DROP TABLE audit"))
    await journal.close("exit", None)
    (left,) = await bench.store.run(lambda store: store.sessions.unfinished())
    assert left.id == journal.session.id


async def test_a_command_that_waits_when_its_session_ends_is_abandoned(bench, tmp_path):
    """In the store and in the recording; what was decided before keeps what was decided."""
    journal, _ = await opened(bench)
    kept = []
    for text in ("waits", "decided"):
        kept.append(await journal.judged(text, "exec", HOLD))
        journal.waits(kept[-1])
    await journal.outcome(kept[1], "denied", "bob", "no")
    await journal.close("lost", None)
    commands = await bench.store.run(lambda store: store.sessions.commands(journal.session.id))
    assert [command.outcome for command in commands] == ["", ABANDONED, "denied"]
    path = Library(tmp_path / "recordings").path(journal.session.recording)
    ended = [timed.event for timed in events(path) if isinstance(timed.event, Outcome)]
    assert ended == [
        Outcome(kept[1].id, "denied", "bob", "no"),
        Outcome(kept[0].id, ABANDONED, reason=SESSION_ENDED),
    ]


async def test_what_became_of_a_command_is_kept_though_its_session_ends_meanwhile(bench):
    """It was let through: that who asked for it has gone does not change that."""
    journal, command = await opened(bench)
    keeping = asyncio.create_task(journal.outcome(command, "released"))
    asyncio.get_running_loop().call_soon(keeping.cancel)
    with pytest.raises(asyncio.CancelledError):
        await keeping
    await journal.close("lost", None)
    (kept,) = await bench.store.run(lambda store: store.sessions.commands(journal.session.id))
    assert kept.outcome == "released"
