"""Waiting for an admission: what ends it, and how; on a real store, with rules that change."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion.approval.access import AccessDesk
from bastion.approval.decide import Choice, decide
from bastion.approval.link import Links
from bastion.approval.telling import Telling
from bastion.audit.log import AuditLog
from bastion.authorization import Authorization, Channel
from bastion.chain import Signer
from bastion.config import parse
from bastion.downstream.admission import Admission
from bastion.downstream.destination import Destination
from bastion.downstream.reception import Reception
from bastion.identity import Identity
from bastion.policy.current import Current
from bastion.refusal import Code
from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from bastion.target import Login
from tests.approval.conftest import Somebody

ANN = Identity("s-ann", "ann", frozenset({"eng"}), 7, 2_000_000_000, "SHA256:x", "192.0.2.9")
SHELL = (Channel.SHELL,)
YES, NO = Choice(is_approved=True, reason=""), Choice(is_approved=False, reason="no")
GRANT = """
[[grant]]
id = "g"
groups = ["eng"]
targets = ["gpu-*"]
logins = ["root"]
channels = ["shell", "sftp-write"]
approval = { approvers = ["leads"], window_seconds = 600 }
"""
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
OPAQUE = '[[opaque]]\nreason = "*"\nverdict = "hold"\nmessage = "Cannot be seen into."\n'


class Site:
    """What an admission stands on, and an approver beside it."""

    def __init__(self, folder, clock) -> None:
        self.folder, self.clock = folder, clock
        (folder / "rules" / "commands").mkdir(parents=True)
        (folder / "rules" / "commands" / "some.toml").write_text(OPAQUE)
        host = (
            f'[[host]]\nname = "gpu-01"\naddress = "192.0.2.1"\nhost_keys = ["ssh-ed25519 {KEY}"]'
        )
        (folder / "hosts.toml").write_text(host)
        (folder / "rules" / "access.toml").write_text(GRANT)
        tree = {
            "state_dir": "state",
            "rules_dir": "rules",
            "hosts_file": "hosts.toml",
            "oidc": {"issuer": "http://127.0.0.1:1", "client_id": "bastion"},
        }
        config = parse(tree, folder / "config.toml")
        self.current = Current(config)
        self.store = StoreWorker(lambda: open_store(folder / "bastion.db"))
        self.view = open_store(folder / "bastion.db")
        audit = AuditLog(self.store, Signer(Ed25519PrivateKey.generate()), clock)
        links = Links(bytes(32), "https://bastion.example")
        self.reception = Reception(self.current, self.store, audit, clock)
        telling = Telling(audit, links, ())
        # As each process has its own.
        self.new_desk = lambda: AccessDesk(self.store, audit, clock, config.approval, telling)
        self.admission = Admission(self.reception, self.new_desk())
        self.cancelled = asyncio.Event()
        self.shown = asyncio.Queue()

    def admitted(self, kinds=SHELL, login="root", who=ANN):
        """A task that waits for an admission."""
        place = Destination("gpu-01", Login(login))
        return asyncio.create_task(
            self.admission.admitted(
                who, place, kinds, show=self.shown.put_nowait, cancelled=self.cancelled
            )
        )

    async def waits_for(self, *approvers):
        """The request of those approvers that is waited for now."""
        while (seen := await self.shown.get()).approvers != approvers:
            pass
        return self.view.requests.get(seen.id)

    def decided(self, request, choice, group="leads"):
        who = Somebody(groups=frozenset({group}))
        assert decide(self.view, request, who, choice, self.clock.now()) is None

    def rules_are(self, text):
        (self.folder / "rules" / "access.toml").write_text(text)
        self.current.reload()

    def audited(self):
        return [entry.code for entry in self.view.audit.entries(0, 1000)]

    def states(self):
        return [row.state for row in self.view.requests.latest(99)]


@pytest.fixture
async def site(tmp_path, clock):
    made = Site(tmp_path, clock)
    yield made
    made.view.close()
    made.store.close()


async def test_an_approval_admits(site):
    """With the approval in the authorization; further channels do not wait."""
    waiting = site.admitted()
    request = await site.waits_for("leads")
    site.decided(request, YES)
    given = await waiting
    assert isinstance(given, Authorization)
    assert [permit.id for permit in given.permits] == [request.id]
    assert isinstance(await site.admitted(), Authorization)
    assert site.audited() == ["access-asked"]


@pytest.mark.parametrize("decision", [YES, NO])
async def test_all_who_wait_hear_of_it(site, decision):
    """Whichever way it goes."""
    waiting = [site.admitted() for _ in range(3)]
    site.decided(await site.waits_for("leads"), decision)
    for answer in await asyncio.gather(*waiting):
        if decision is YES:
            assert isinstance(answer, Authorization)
        else:
            assert (answer.code, answer.detail) == (Code.CONNECTION_DENIED, "by bob: no")


async def test_cancelling_ends_it(site):
    """And cancels the request."""
    waiting = site.admitted()
    await site.waits_for("leads")
    site.cancelled.set()
    assert (await waiting).code is Code.CONNECTION_CANCELLED
    assert site.states() == ["cancelled"]


async def test_a_channel_that_is_closed_ends_it(site):
    """Nobody waits, so nobody is asked."""
    waiting = site.admitted()
    await site.waits_for("leads")
    waiting.cancel()
    await asyncio.wait([waiting])
    assert site.states() == ["cancelled"]


async def test_time_that_runs_out_ends_it(site):
    """The request is expired, not cancelled."""
    waiting = site.admitted()
    await site.waits_for("leads")
    site.clock.advance(300)
    assert (await waiting).code is Code.CONNECTION_EXPIRED
    assert site.states() == ["expired"]


async def test_a_lock_ends_it(site):
    """With its reason."""
    waiting = site.admitted()
    await site.waits_for("leads")
    site.view.locks.add(Lock("l", "user", "ann", "why", site.clock.now(), "op"))
    assert (await waiting).code is Code.LOCKED
    assert site.states() == ["cancelled"]


async def test_a_grant_that_is_taken_away_ends_it(site):
    """Like a host that was never there."""
    waiting = site.admitted()
    await site.waits_for("leads")
    site.rules_are(GRANT.replace("eng", "others"))
    assert (await waiting).code is Code.ACCESS_DENIED
    assert site.states() == ["cancelled"]


async def test_a_certificate_that_ends_ends_it(site):
    """Nobody gets in by waiting."""
    waiting = site.admitted()
    await site.waits_for("leads")
    site.clock.advance(ANN.valid_before - site.clock.now())
    assert (await waiting).code is Code.CERTIFICATE_ENDED


async def test_a_grant_that_needs_no_approval_any_more_admits(site):
    """The request is cancelled: nobody has to decide it."""
    waiting = site.admitted()
    await site.waits_for("leads")
    site.rules_are(GRANT.partition("approval")[0])
    assert isinstance(await waiting, Authorization)
    assert site.states() == ["cancelled"]


async def test_other_approvers_are_asked_anew(site):
    """An approval of those who were asked before opens nothing."""
    waiting = site.admitted()
    first = await site.waits_for("leads")
    site.rules_are(GRANT.replace("leads", "security"))
    second = await site.waits_for("security")
    assert site.view.requests.get(first.id).state == "cancelled"
    site.decided(second, YES, "security")
    assert isinstance(await waiting, Authorization)


async def test_two_who_have_to_approve_are_asked_in_turn(site):
    """And both are in the authorization."""
    site.rules_are(
        GRANT + '[[require]]\nid = "r"\ntargets = ["*"]\napproval = { approvers = ["security"] }\n'
    )
    waiting = site.admitted()
    site.decided(await site.waits_for("security"), YES, "security")
    site.decided(await site.waits_for("leads"), YES)
    given = await waiting
    assert len(given.permits) == 2


async def test_an_approval_of_a_changed_request_opens_nothing(site):
    """And is not waited for for ever."""
    waiting = site.admitted()
    request = await site.waits_for("leads")
    site.view.requests._database.execute("UPDATE requests SET seconds = 6000")
    site.decided(request, YES)
    assert (await waiting).code is Code.APPROVAL_NEEDED


async def test_a_kind_that_nothing_opens_is_not_asked_for(site):
    """While any of several will do: files may go one way only."""
    assert (await site.admitted((Channel.EXEC,))).code is Code.CHANNEL_REFUSED
    assert site.states() == []
    waiting = site.admitted((Channel.SFTP_READ, Channel.SFTP_WRITE))
    site.decided(await site.waits_for("leads"), YES)
    assert isinstance(await waiting, Authorization)
    assert site.audited() == ["access-asked"]


async def test_another_login_waits_for_nothing(site):
    """It is refused, and that is audited once."""
    assert (await site.admitted(login="toor")).code is Code.ACCESS_DENIED
    assert site.audited() == ["access-denied"]


async def test_an_approval_is_nobody_elses(site):
    """Another person of the same groups has to ask."""
    waiting = site.admitted()
    site.decided(await site.waits_for("leads"), YES)
    await waiting
    eve = Identity("s-eve", "eve", ANN.groups, 8, ANN.valid_before, "SHA256:y", "192.0.2.9")
    other = site.admitted(who=eve)
    assert (await site.waits_for("leads")).subject == "s-eve"
    site.cancelled.set()
    assert (await other).code is Code.CONNECTION_CANCELLED


async def test_a_request_that_came_to_nothing_opens_nothing(site):
    """A state that nothing leads out of is an end, and no reason to ask again and again."""
    waiting = site.admitted()
    await site.waits_for("leads")
    site.view.requests._database.execute("UPDATE requests SET state = 'lapsed'")
    async with asyncio.timeout(5):
        assert (await waiting).code is Code.APPROVAL_NEEDED


async def test_all_who_wait_share_one_look(site, monkeypatch):
    """However many there are, the store is asked once for all of them."""
    waiting = [site.admitted() for _ in range(20)]
    for _ in range(4 * len(waiting)):
        await site.waits_for("leads")
    asked = 0
    run = site.store.run

    def counted(*args, **kwargs):
        nonlocal asked
        asked += 1
        return run(*args, **kwargs)

    monkeypatch.setattr(site.store, "run", counted)
    for _ in range(4 * len(waiting)):
        await site.shown.get()
    assert 0 < asked <= 5
    site.cancelled.set()
    await asyncio.gather(*waiting)
