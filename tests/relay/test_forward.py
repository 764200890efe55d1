"""The life of a stream: nothing without a record, and every way to end has a name."""

import asyncio
from dataclasses import replace

import asyncssh
import pytest

from bastion import chain
from bastion.audit.log import AuditLog
from bastion.authorization import Channel
from bastion.clock import SystemClock
from bastion.errors import RecordingError, StoreError, UpstreamError
from bastion.identity import Identity
from bastion.policy.access import AccessRules
from bastion.policy.authorize import authorize
from bastion.policy.grant import Grant
from bastion.policy.inventory import Inventory
from bastion.recording.library import Library
from bastion.refusal import Code, Refusal
from bastion.relay.forward import Carriage, ForwardSession
from bastion.relay.journal import Journals
from bastion.relay.live import Revocation
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from bastion.target import Login, Target
from tests.relay.test_pipe import Channel as FakeChannel

WHO = Identity("sub", "ann", frozenset({"eng"}), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")
GRANT = Grant(
    id="g",
    groups=["eng"],
    targets=["*"],
    logins=["me"],
    channels=["forward"],
    forward=["db:5432"],
    sessions=1,
)
HELD = authorize(
    AccessRules([GRANT]),
    Inventory({"gpu-01": Target("gpu-01", "192.0.2.1")}),
    WHO,
    "gpu-01",
    Login("me"),
    now=0.0,
)
CARRIAGE = Carriage(
    Channel.FORWARD,
    "db:5432",
    "user",
    lambda answer: None if answer.forwards else Refusal(Code.FORWARD_REFUSED, "db:5432"),
    may_be_ssh=False,
)


class Bench:
    """Makes streams with real journals; the host's channel is where `depart` puts it."""

    def __init__(self, folder) -> None:
        self.store = StoreWorker(lambda: open_store(folder / "bastion.sqlite"))
        chain.create_key(folder / "key")
        signer = chain.load_signer(folder / "key")
        self.audit = AuditLog(self.store, signer, SystemClock())
        self.journals = Journals(
            Library(folder / "recordings"), signer, self.store, self.audit, SystemClock()
        )
        self.host, self.user = FakeChannel(), FakeChannel()
        self.departed = asyncio.Event()

    async def depart(self, half):
        half().connection_made(self.host)
        self.departed.set()

    def stream(self, depart=None, open_journal=None, **changes) -> ForwardSession:
        return ForwardSession(
            replace(CARRIAGE, **changes),
            HELD,
            open_journal or (lambda opening: self.journals.open(HELD, opening)),
            depart or self.depart,
        )

    async def row(self):
        (summary,) = await self.store.run(lambda store: store.sessions.latest(9))
        return summary.session

    async def codes(self) -> list[str]:
        entries = await self.store.run(lambda store: store.audit.entries(0, 99))
        return [str(entry.code) for entry in entries]


@pytest.fixture
async def bench(tmp_path):
    """A bench of its own."""
    made = Bench(tmp_path)
    yield made
    made.store.close()


async def _opened(bench, **changes):
    """A stream whose both channels are there."""
    stream = bench.stream(**changes)
    task = stream.start()
    half = await stream.ready()
    half.connection_made(bench.user)
    return stream, task, half


async def test_a_stream_is_carried_and_kept(bench):
    """Opened, counted, closed; the row says where it led."""
    stream, task, half = await _opened(bench)
    half.data_received(b"question", None)
    assert bench.host.done == [b"question"]
    assert (stream.taken_bytes, stream.given_bytes) == (8, 0)
    half.connection_lost(None)
    stream._pipe.halves["host"].connection_lost(None)
    await task
    row = await bench.row()
    assert (row.kind, row.command, row.ending) == ("forward", "db:5432", "exit")
    assert await bench.codes() == ["session-opened", "forward-closed", "session-closed"]


async def test_a_stream_of_a_host_is_counted_once(bench):
    """Until it asks for its channel; from then on that counts, which may take long to open."""
    opens = asyncio.Event()

    async def depart(_half):
        bench.departed.set()
        await opens.wait()
        raise OSError

    stream = bench.stream(depart=depart, arrives="host")
    task = stream.start()
    assert stream.is_arriving
    await bench.departed.wait()
    assert not stream.is_arriving
    opens.set()
    await task


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (UpstreamError(Code.HOST_LOGIN_REFUSED, "no"), Code.HOST_LOGIN_REFUSED),
        (asyncssh.ChannelOpenError(2, "Connection refused\x1b"), Code.FORWARD_FAILED),
        (asyncssh.ConnectionLost("gone"), Code.HOST_UNREACHABLE),
        (OSError("gone"), Code.HOST_UNREACHABLE),
        (RuntimeError("ours"), Code.INTERNAL),
    ],
)
async def test_a_host_that_cannot_is_told_as_a_refusal(bench, failure, code):
    """With its code, and printable; the journal is closed with it."""

    async def depart(_half):
        raise failure

    stream = bench.stream(depart)
    task = stream.start()
    answer = await stream.ready()
    assert answer.code is code
    assert answer.text().isprintable()
    await task
    assert (await bench.row()).ending == str(code)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (RecordingError("full"), Code.RECORDING_FAILED),
        (StoreError("broken"), Code.STORE_UNAVAILABLE),
    ],
)
async def test_nothing_is_opened_that_cannot_be_kept(bench, failure, code):
    """Record first."""

    async def open_journal(_opening):
        raise failure

    stream = bench.stream(open_journal=open_journal)
    task = stream.start()
    assert (await stream.ready()).code is code
    await task
    assert not bench.departed.is_set()


async def test_a_refused_journal_is_the_answer(bench):
    """Rules of that moment, a lock: whoever opens the journal says."""

    async def open_journal(_opening):
        return Refusal(Code.LOCKED, "mending")

    stream = bench.stream(open_journal=open_journal)
    await stream.start()
    assert await stream.ready() == Refusal(Code.LOCKED, "mending")
    assert not bench.departed.is_set()


async def test_rules_that_do_not_name_the_place_any_more_end_it(bench):
    """The warden hands over what the rules give now."""
    stream, task, _ = await _opened(bench)
    stream.authorization = replace(HELD, grants=("other",))
    assert not task.done()
    stream.authorization = replace(HELD, forwards=())
    await task
    assert (await bench.row()).ending == "revoked"
    assert "abort" in bench.user.done
    assert "session-revoked" in await bench.codes()


async def test_a_revocation_while_it_opens_is_the_answer(bench):
    """The host is still being dialed."""
    dialing = asyncio.Event()

    async def depart(_half):
        dialing.set()
        await asyncio.Event().wait()

    stream = bench.stream(depart)
    task = stream.start()
    await dialing.wait()
    stream.revoke(Revocation(Refusal(Code.LOCKED)))
    stream.revoke(Revocation(Refusal(Code.SESSION_IDLE)))
    assert (await stream.ready()).code is Code.LOCKED
    await task
    assert (await bench.row()).ending == "locked"


async def test_a_connection_that_goes_away_ends_it(bench):
    """Also before anything is there."""
    stream, task, _ = await _opened(bench)
    stream.close()
    await task
    assert (await bench.row()).ending == "lost"
    assert "close" in bench.host.done


@pytest.mark.parametrize("side", ["user", "host"])
@pytest.mark.parametrize("pieces", [[b"SSH-2.0-x\r\n"], [b"S", b"SH", b"-2.0-x"]])
async def test_ssh_is_noticed_on_either_side(bench, side, pieces):
    """Whole or in pieces; the rest is not passed on, and the user is told."""
    stream, task, _ = await _opened(bench)
    for piece in [*pieces, b"secret"]:
        stream._pipe.halves[side].data_received(piece, None)
    await task
    passed = b"".join(data for data in bench.host.done + bench.user.done if isinstance(data, bytes))
    assert b"secret" not in passed
    assert b"SSH-" not in passed
    assert b"[ssh-not-forwarded]" in passed
    assert (await bench.row()).ending == "ssh-not-forwarded"


@pytest.mark.parametrize(
    ("first", "changes"),
    [
        (b"SSH-2.0-x", {"may_be_ssh": True}),
        (b"S", {}),  # PostgreSQL's answer to SSLRequest must not wait for more
        (b"SSL", {}),
        (b"GET / SSH-", {}),
    ],
)
async def test_what_is_not_ssh_passes_at_once(bench, first, changes):
    """Nothing is held back while it is looked at."""
    stream, task, _ = await _opened(bench, **changes)
    stream._pipe.halves["host"].data_received(first, None)
    assert bench.user.done == [first]
    stream.close()
    await task


async def test_no_limit_of_sessions_counts_streams(bench):
    """The grant allows one session; two streams at once are none."""
    one, first, _ = await _opened(bench)
    other = bench.stream()
    second = other.start()
    assert not isinstance(await other.ready(), Refusal)
    one.close()
    other.close()
    await asyncio.gather(first, second)
