"""Requests for access on the pages: read in five seconds, decided, open, ended."""

import pytest

from bastion.approval.request import new_access_request
from bastion.authorization import Ask
from bastion.identity import Identity
from bastion.target import Login, Target
from tests.web.conftest import Forms, visible

ENGINEER = Identity(
    "demo-engineer", "engineer", frozenset({"engineers"}), 7, 2_000_000_000, "x", "192.0.2.9"
)


@pytest.fixture
def ask(site):
    """Keeps a request of the engineer's for two hours, or one like it."""

    def asked(approvers=("approvers",), seconds=7200, reason="driver <update>"):
        what = Ask(Target("gpu-01", "192.0.2.1"), Login("root"), "by-leads", approvers, 7200)
        row = new_access_request(
            ENGINEER, what, seconds=seconds, reason=reason, clock=site.clock, patience_seconds=300
        )
        site.view.requests.add(row)
        return row

    return asked


async def approve(browser, site, row):
    answer = await browser.send(site.path(row), decision="approve", reason="go ahead")
    assert answer.status_code == 303


async def test_what_is_asked_for_is_plain(approver, site, ask):
    """Who, where, as whom, how long, why, from where; and what exactly an approval covers."""
    row = ask()
    text = visible(await approver.open(site.path(row)))
    for part in (
        "engineer asks to connect to gpu-01 as root, for 2 h.",
        "Why: driver <update>",
        "From: 192.0.2.9",
        "by-leads",
        "Decide within 5 min",
        row.binding[:16],
    ):
        assert part in text
    assert "asks to run" not in text
    inbox = visible(await approver.open("/approvals"))
    assert "engineer on gpu-01 as root 5 min left connect for 2 h driver <update>" in inbox


async def test_an_approved_access_is_open_until_its_time_is_over(approver, site, ask, clock):
    """The inbox lists it with the time that is left; then it is over."""
    row = ask()
    await approve(approver, site, row)
    clock.advance(600)
    inbox = visible(await approver.open("/approvals"))
    assert "Open now open engineer on gpu-01 as root, approved by approver 1 h 50 min left" in inbox
    assert "Open for another 1 h 50 min" in visible(await approver.open(site.path(row)))
    clock.advance(6600)
    await approver.sign_in("approver")
    assert "Open now" not in visible(await approver.open("/approvals"))
    page = await approver.open(site.path(row))
    assert "Over" in visible(page)
    assert site.path(row) not in Forms(page.text).forms


async def test_a_link_lasts_as_long_as_what_it_opened(approver, site, ask, clock):
    """Also where that is longer than a day."""
    row = ask(seconds=7 * 86400)
    await approve(approver, site, row)
    clock.advance(6 * 86400)
    await approver.sign_in("approver")
    assert "Open for another" in visible(await approver.open(site.path(row)))


async def test_an_approver_ends_it(approver, site, ask, clock):
    """With a reason, which everybody sees; once; and that is audited."""
    row = ask()
    await approve(approver, site, row)
    answer = await approver.send(site.path(row), decision="revoke", reason="enough")
    assert answer.status_code == 303
    found = site.request(row)
    assert (found.state, found.revoker, found.revoke_reason, found.revoked_at) == (
        "revoked",
        "approver",
        "enough",
        clock.now(),
    )
    last = site.view.audit.entries(0, 100)[-1]
    assert (last.code, last.subject, last.detail) == (
        "access-revoked",
        "demo-approver",
        {"request": row.id, "reason": "enough"},
    )
    page = await approver.open(site.path(row))
    assert "Revoked: approved by approver" in visible(page)
    assert "Ended by approver" in visible(page)
    assert "enough" in visible(page)
    form = Forms((await approver.open("/approvals")).text).forms["/logout"]["form"]
    again = {"form": form, "decision": "revoke", "reason": "again"}
    assert (await approver.post(site.path(row), again)).status_code == 409


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_ending_needs_a_reason(approver, site, ask, reason):
    """Otherwise nothing is ended."""
    row = ask()
    await approve(approver, site, row)
    page = await approver.send(site.path(row), decision="revoke", reason=reason)
    assert page.status_code == 422
    assert "needs a reason" in visible(page)
    assert site.request(row).state == "approved"


async def test_who_may_not_approve_may_not_end(approver, engineer, site, ask):
    """Nor see a form for it; the try is audited."""
    row = ask()
    await approve(approver, site, row)
    page = await engineer.open(site.path(row))
    assert site.path(row) not in Forms(page.text).forms
    form = Forms((await engineer.open("/approvals")).text).forms["/logout"]["form"]
    fields = {"form": form, "decision": "revoke", "reason": "mine"}
    assert (await engineer.post(site.path(row), fields)).status_code == 403
    assert site.request(row).state == "approved"
    assert site.audited()[-1] == "request-refused"


@pytest.mark.parametrize("decision", ["approve", "deny", "revoke"])
async def test_nobody_decides_their_own(engineer, site, ask, decision):
    """Not even a member of the groups that may."""
    row = ask(approvers=("engineers",))
    form = Forms((await engineer.open("/approvals")).text).forms["/logout"]["form"]
    fields = {"form": form, "decision": decision, "reason": "mine"}
    assert (await engineer.post(site.path(row), fields)).status_code in {403, 409}
    assert site.request(row).state == "pending"


async def test_another_site_ends_nothing(approver, site, ask):
    """Neither does a form of nobody's."""
    row = ask()
    await approve(approver, site, row)
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    evil = {**fields, "decision": "revoke", "reason": "x"}
    answer = await approver.post(site.path(row), evil, Origin="https://evil.example")
    assert answer.status_code == 403
    answer = await approver.post(site.path(row), {**evil, "form": "x"})
    assert answer.status_code == 403
    assert site.request(row).state == "approved"


async def test_who_is_locked_ends_nothing(approver, site, ask):
    """As they decide nothing."""
    row = ask()
    await approve(approver, site, row)
    page = await approver.open(site.path(row))
    fields = Forms(page.text).forms[site.path(row)]
    site.lock("user", "approver")
    answer = await approver.post(site.path(row), {**fields, "decision": "revoke", "reason": "x"})
    assert answer.status_code == 403
    assert site.request(row).state == "approved"


async def test_a_store_that_fails_says_so(approver, site, ask):
    """503, and no word of success."""
    row = ask()
    await approve(approver, site, row)
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    await site.break_store()
    answer = await approver.post(site.path(row), {**fields, "decision": "revoke", "reason": "x"})
    assert answer.status_code == 503


RULE = """
[[grant]]
id = "by-leads"
groups = ["engineers"]
targets = ["{host}"]
logins = ["root"]
approval = {{ approvers = ["{approvers}"], window_seconds = {seconds} }}
"""


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (("gpu-*", "approvers", 7200), ""),
        (("gpu-*", "approvers", 600), "opens it for at most 10 min now."),
        (("gpu-*", "security", 7200), "approving it opens nothing now."),
        (("cpu-*", "approvers", 7200), "approving it opens nothing now."),
    ],
)
async def test_rules_that_changed_meanwhile_are_told_of(approver, site, ask, rule, told):
    """Before the decision, not after it."""
    row, (host, approvers, seconds) = ask(), rule
    text = RULE.format(host=host, approvers=approvers, seconds=seconds)
    (site.config.rules_dir / "access.toml").write_text(text)
    site.current.reload()
    page = visible(await approver.open(site.path(row)))
    assert ("The rules were changed since" in page) is bool(told)
    assert told in page
