"""The warden and approvals: what was opened by one ends with it, wherever it was taken back."""

from functools import partial

import pytest

from bastion.approval.decide import Choice, decide, revoke
from bastion.approval.permits import PermitBook, permit_of
from bastion.approval.request import access_binding, new_access_request
from bastion.authorization import Ask, Authorization
from bastion.policy.authorize import authorize
from bastion.refusal import Code
from bastion.relay.warden import DEAF_SECONDS
from tests.approval.conftest import Somebody
from tests.relay.test_warden import ANN, GRANT, Session, Site

APPROVED = GRANT.format(id="g", more='approval = { approvers = ["leads"], window_seconds = 600 }')


def rebound(store, *, id_, change):
    """The row after a *change*, bound to what it says now: as if that had been asked for."""
    database = store.requests._database
    database.execute(f"UPDATE requests SET {change} WHERE id = ?", [id_])  # noqa: S608  of a test
    binding = access_binding(store.requests.get(id_))
    database.execute("UPDATE requests SET binding = ? WHERE id = ?", [binding, id_])
    return store.requests.get(id_)


class ApprovedSite(Site):
    """A site whose hosts need an approval."""

    async def approve(self, seconds: int = 600):
        """The permit of an approved request."""
        target = self.rules.inventory.find("gpu-01")
        ask = Ask(target, "root", "g", ("leads",), 600)
        row = new_access_request(
            ANN, ask, seconds=seconds, reason="", clock=self.clock, patience_seconds=300
        )
        now, yes = self.clock.now(), Choice(is_approved=True, reason="")
        await self.store.run(lambda store: store.requests.add(row))
        assert await self.store.run(decide, row, Somebody(), yes, now) is None
        return row.id

    async def opened(self, seconds: int = 600) -> Session:
        """A session that lives by an approval for so long."""
        await self.approve(seconds)
        return self.session(held=await self.approved())

    async def revoke(self, id_: str) -> None:
        row = await self.store.run(lambda store: store.requests.get(id_))
        revoked = await self.store.run(revoke, row, by="bob", reason="enough", now=row.decided_at)
        assert revoked is None

    async def approved(self) -> Authorization:
        """The authorization that the permits in force give."""
        permits = await PermitBook(self.store, self.clock).of(ANN.subject)
        rules, now = self.rules, self.clock.now()
        made = authorize(
            rules.access, rules.inventory, ANN, "gpu-01", "root", now=now, permits=permits
        )
        assert isinstance(made, Authorization), made
        return made


@pytest.fixture
async def site(tmp_path, clock):
    made = ApprovedSite(tmp_path, clock)
    made.rules_are(APPROVED)
    yield made
    await made.close()


async def test_a_revocation_ends_session_and_connection(site):
    """At the next look, by whom and why; others go on."""
    id_ = await site.approve()
    session = site.session(held=await site.approved())
    connection = site.connection(session.authorization)
    await site.look()
    assert (session.ended, connection.left) == (None, None)
    await site.revoke(id_)
    await site.look()
    assert session.ended.refusal.code is Code.APPROVAL_REVOKED
    assert session.ended.refusal.detail == "by bob: enough"
    await site.look(0.5)
    assert connection.left.code is Code.APPROVAL_REVOKED


async def test_the_time_that_was_approved_ends_a_session(site):
    """With a warning a minute before."""
    session = await site.opened(120)
    await site.look(59)
    assert session.warnings == []
    await site.look(2)
    assert "the approved time is over [approval-ended]" in session.warnings[0]
    assert session.ended is None
    await site.look(60)
    assert session.ended.refusal.code is Code.APPROVAL_ENDED


async def test_a_rule_that_allows_less_time_now_ends_it(site):
    """When the rules are read again."""
    session = await site.opened()
    await site.look(100)
    site.rules_are(APPROVED.replace("600", "90"))
    await site.look()
    assert session.ended.refusal.code is Code.REVOKED


async def test_other_approvers_in_the_rule_end_it(site):
    """They have not been asked."""
    session = await site.opened()
    site.rules_are(APPROVED.replace("leads", "security"))
    await site.look()
    assert session.ended.refusal.code is Code.REVOKED


async def test_rules_that_are_read_again_and_say_the_same_end_nothing(site):
    """The approval that it was opened with counts."""
    session = await site.opened()
    site.rules_are(APPROVED)
    await site.look()
    assert session.ended is None
    assert session.authorization.permits


async def test_a_row_that_is_gone_or_changed_ends_it(site):
    """A store that somebody edits opens nothing, and keeps nothing open."""
    session = await site.opened()
    await site.store.run(
        lambda store: store.requests._database.execute("UPDATE requests SET seconds = 60000")
    )
    await site.look()
    assert session.ended.refusal.code is Code.APPROVAL_REVOKED


async def test_where_approvals_cannot_be_read_everything_ends_in_the_end(site):
    """As where locks cannot be."""
    session = await site.opened()
    await site.look()
    await site.store.run(
        lambda store: store.requests._database.execute("ALTER TABLE requests RENAME TO x")
    )
    await site.look()
    assert session.ended is None
    await site.look(DEAF_SECONDS)
    assert session.ended.refusal.code is Code.STORE_UNAVAILABLE


async def test_a_second_approval_makes_a_session_longer(site):
    """Of the same person for the same; one that ends earlier changes nothing."""
    session = await site.opened(120)
    connection = site.connection(session.authorization)
    await site.approve(seconds=30)
    await site.look(60)
    first = session.authorization.permits
    await site.approve(seconds=500)
    await site.look()
    assert session.authorization.permits != first
    site.rules_are(APPROVED)
    await site.look(400)
    site.rules_are(APPROVED)
    await site.look()
    assert (session.ended, connection.left) == (None, None)
    await site.look(100)
    assert session.ended.refusal.code is Code.APPROVAL_ENDED


async def test_no_approval_counts_longer_than_the_rule_allows(site):
    """However many there are, and however long was asked for."""
    session = await site.opened()
    await site.look(100)
    await site.approve(seconds=6000)
    await site.look()
    assert session.authorization.limits.approved_until <= site.clock.now() + 600


async def test_the_approval_of_another_makes_nothing_longer(site):
    """Nor one for another host or account, or by others."""
    session = await site.opened(120)
    await site.look()
    for change in ("subject = 'eve'", "target = 'gpu-02'", "login = 'toor'", "approvers = '[]'"):
        row = await site.store.run(partial(rebound, id_=await site.approve(), change=change))
        assert permit_of(row)
    await site.look(120)
    assert session.ended.refusal.code is Code.APPROVAL_ENDED


async def test_taking_back_what_it_lives_by_no_more_ends_nothing(site):
    """Taking back the later one does, session and connection."""
    first = await site.approve(seconds=120)
    session = site.session(held=await site.approved())
    connection = site.connection(session.authorization)
    await site.look()
    second = await site.approve()
    await site.look(1)
    await site.revoke(first)
    await site.look()
    await site.look(0.5)
    assert (session.ended, connection.left) == (None, None)
    await site.revoke(second)
    await site.look()
    await site.look(0.5)
    assert session.ended.refusal.code is connection.left.code is Code.APPROVAL_REVOKED
