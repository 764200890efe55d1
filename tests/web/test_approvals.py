"""Deciding on the pages: the inbox, a request, the decision, and everybody who must not."""

import asyncio

import pytest

from tests.web.conftest import Forms, visible

SECRETS = ("rm -rf", "gpu-01", "engineer", "data-delete", "deletes data")


async def test_an_approver_sees_who_what_where_and_why(approver, site):
    """And what they approve exactly; the dangerous part is marked."""
    row = site.ask()
    page = await approver.open(site.path(row))
    assert page.status_code == 200
    text = visible(page)
    for part in ("engineer asks to run, on gpu-01 as root:", "rm -rf /mnt/x", "deletes data"):
        assert part in text
    assert "5 min" in text
    assert "<mark>rm -rf</mark> /mnt/x" in page.text
    assert row.binding[:16] in text


@pytest.mark.parametrize(("decision", "state"), [("approve", "approved"), ("deny", "denied")])
async def test_a_decision(approver, site, clock, decision, state):
    """Is kept with who, when and why, is audited, and shows on the page."""
    row = site.ask()
    answer = await approver.send(site.path(row), decision=decision, reason="as agreed")
    assert (answer.status_code, answer.headers["location"]) == (303, site.path(row))
    found = site.request(row)
    assert (found.state, found.decider, found.decided_by) == (state, "approver", "demo-approver")
    assert (found.decision_reason, found.decided_at) == ("as agreed", clock.now())
    last = site.view.audit.entries(0, 100)[-1]
    assert (last.code, last.subject) == ("request-decided", "demo-approver")
    assert last.detail == {
        "request": row.id,
        "decision": state,
        "reason": "as agreed",
        "session": row.session_id,
    }
    page = await approver.open(site.path(row))
    assert f"{state.capitalize()} by approver" in visible(page)
    assert "as agreed" in visible(page)
    assert site.path(row) not in Forms(page.text).forms


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 501])
async def test_a_denial_needs_a_reason(approver, site, reason):
    """Nothing is decided; what was typed is still there."""
    row = site.ask()
    page = await approver.send(site.path(row), decision="deny", reason=reason)
    assert page.status_code == 422
    assert "needs a reason" in visible(page)
    assert reason in page.text
    assert site.request(row).state == "pending"
    again = Forms(page.text).forms[site.path(row)]
    answer = await approver.post(site.path(row), {**again, "decision": "deny", "reason": "no"})
    assert answer.status_code == 303


@pytest.mark.parametrize("decision", [None, "", "APPROVE", "approved", "maybe"])
async def test_an_unknown_decision_is_none(approver, site, decision):
    """Not even a default."""
    row = site.ask()
    page = await approver.send(site.path(row), decision=decision, reason="x")
    assert page.status_code == 400
    assert site.request(row).state == "pending"


async def test_a_replayed_decision_is_refused(approver, site):
    """The very same POST again, and the other way round: 409, and nothing changes."""
    row = site.ask()
    page = await approver.open(site.path(row))
    fields = Forms(page.text).forms[site.path(row)]
    first = await approver.post(site.path(row), {**fields, "decision": "approve"})
    assert first.status_code == 303
    for decision in ("approve", "deny"):
        again = {**fields, "decision": decision, "reason": "changed my mind"}
        answer = await approver.post(site.path(row), again)
        assert answer.status_code == 409
        assert "decided already" in visible(answer)
    assert (site.request(row).state, site.request(row).decision_reason) == ("approved", "")
    assert site.audited()[-2:] == ["request-refused"] * 2


@pytest.mark.parametrize("is_noticed", [True, False])
async def test_an_expired_request_is_gone(approver, site, clock, is_noticed):
    """410 on POST, whether or not the waiting session has noticed; the page says expired."""
    row = site.ask()
    page = await approver.open(site.path(row))
    fields = Forms(page.text).forms[site.path(row)]
    clock.advance(300)
    if is_noticed:
        site.view.requests.move(row.id, "pending", "expired", {})
    answer = await approver.post(site.path(row), {**fields, "decision": "approve"})
    assert answer.status_code == 410
    assert site.request(row).state == ("expired" if is_noticed else "pending")
    page = await approver.open(site.path(row))
    assert "Expired" in visible(page)
    assert site.path(row) not in Forms(page.text).forms


async def test_an_old_link_is_gone(new_browser, site, clock):
    """A day after the request ended, it shows nothing at all."""
    row = site.ask()
    clock.advance(300 + 24 * 3600)
    late = await new_browser()
    await late.sign_in("approver")
    page = await late.open(site.path(row))
    assert page.status_code == 410
    assert not [word for word in SECRETS if word in page.text]


async def test_an_altered_link_names_nothing(approver, site):
    """404 for looking and for deciding, whichever part was changed."""
    row = site.ask()
    head, body, tail = site.links.token(row).split(".")
    other = site.links.token(site.ask(text="other")).split(".")
    for token in (f"{head}.{body}.{tail[:-2]}AA", f"{head}.{other[1]}.{tail}", row.id, "x", "%00"):
        page = await approver.open(f"/approvals/{token}")
        assert page.status_code == 404
        assert "rm -rf" not in page.text
        form = Forms((await approver.open("/approvals")).text).forms["/logout"]["form"]
        answer = await approver.post(f"/approvals/{token}", {"form": form, "decision": "approve"})
        assert answer.status_code == 404
    assert site.request(row).state == "pending"


async def test_a_link_whose_request_changed_names_nothing(approver, site):
    """Its binding is of what was asked."""
    row = site.ask()
    path = site.path(row)
    site.view.requests._database.execute("UPDATE requests SET binding = 'cd'")
    assert (await approver.open(path)).status_code == 404


async def test_the_requester_cannot_decide(engineer, site):
    """Their page has no form, their POST is refused; they may sign in as somebody else."""
    row = site.ask()
    page = await engineer.open(site.path(row))
    assert page.status_code == 200
    assert "cannot approve your own request" in visible(page)
    assert list(Forms(page.text).forms) == ["/logout"]
    form = Forms(page.text).forms["/logout"]["form"]
    for decision in ("approve", "deny"):
        answer = await engineer.post(
            site.path(row), {"form": form, "decision": decision, "reason": "mine"}
        )
        assert answer.status_code == 403
        assert "cannot decide your own request" in visible(answer)
        assert "/login?as=other" in answer.text
    assert site.request(row).state == "pending"
    last = site.view.audit.entries(0, 100)[-1]
    assert (last.code, last.subject) == ("request-refused", "demo-engineer")
    assert last.detail["refusal"] == "own-request"


async def test_another_group_cannot_decide(new_browser, site):
    """Security is asked by one rule; it is not asked here."""
    outsider = await new_browser()
    await outsider.sign_in("security")
    row, theirs = site.ask(), site.ask(approvers=frozenset({"security"}))
    page = await outsider.open(site.path(row))
    assert "Only members of approvers may decide this" in visible(page)
    form = Forms(page.text).forms["/logout"]["form"]
    answer = await outsider.post(site.path(row), {"form": form, "decision": "approve"})
    assert answer.status_code == 403
    assert site.request(row).state == "pending"
    assert (await outsider.send(site.path(theirs), decision="approve")).status_code == 303


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_previewer_learns_and_decides_nothing(browser, site, method):
    """A chat that opens the link is sent to sign in, and sees no word of the request."""
    row = site.ask()
    for query in ("", "?decision=approve&reason=x"):
        answer = await browser.http.request(method, site.path(row) + query)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/login?next={site.path(row)}"
        assert answer.content == b""
    assert site.request(row).state == "pending"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_decides_nothing(approver, site, method):
    """Not even by somebody who may, with the decision in the address."""
    row = site.ask()
    answer = await approver.http.request(method, site.path(row) + "?decision=approve&reason=x")
    assert answer.status_code == 200
    assert site.request(row).state == "pending"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
async def test_other_methods_are_not_taken(approver, site, method):
    """Deciding is by POST alone."""
    row = site.ask()
    answer = await approver.http.request(method, site.path(row))
    assert answer.status_code == 405
    assert site.request(row).state == "pending"


async def test_a_stranger_s_post_is_refused(browser, site):
    """Without signing in there is no form, and nothing shows."""
    row = site.ask()
    answer = await browser.post(site.path(row), {"decision": "approve", "form": ""})
    assert answer.status_code == 403
    assert not [word for word in SECRETS if word in answer.text]
    assert site.request(row).state == "pending"


async def test_of_two_approvers_at_once_one_decides(approver, new_browser, site):
    """The other is told that it was decided."""
    second = await new_browser()
    await second.sign_in("approver")
    row = site.ask()
    answers = await asyncio.gather(
        approver.send(site.path(row), decision="approve"),
        second.send(site.path(row), decision="deny", reason="no"),
    )
    assert sorted(answer.status_code for answer in answers) in ([303, 409], [303, 403])
    assert site.audited().count("request-decided") == 1


async def test_a_request_shows_where_the_command_would_run(approver, site):
    """The folder, what it comes to, and the screen, none of which can do anything to the page."""
    row = site.ask(
        directory="/mnt/<b>data</b>", resolved=("rm -rf \u2026", "\x1b[2J"), screen="$ ls\n<i>\x07"
    )
    page = await approver.open(site.path(row))
    for shown in ("/mnt/&lt;b&gt;data", "rm -rf \u2026", "$ ls", "&lt;i&gt;"):
        assert shown in page.text
    assert not {"\x1b", "\x07"} & set(page.text)


async def test_who_may_not_decide_does_not_see_the_screen(engineer, site):
    """It may show what only the session's own person and an approver should read."""
    page = await engineer.open(site.path(site.ask(screen="$ cat private")))
    assert "rm -rf" in visible(page)
    assert "private" not in page.text


async def test_the_inbox_shows_what_waits_for_whom(approver, engineer, site, clock):
    """One's own to decide first; what was decided below; what expired is not waiting."""
    expired = site.ask(text="too late")
    clock.advance(300)
    decided, other, mine = (
        site.ask(text="decided"),
        site.ask(text="not mine", approvers=frozenset({"security"})),
        site.ask(text="to decide"),
    )
    await approver.send(site.path(decided), decision="approve")
    page = await approver.open("/approvals")
    text = visible(page)
    assert text.index("to decide") < text.index("not mine") < text.index("Decided lately")
    assert "by approver" in text
    assert "(2) Approvals" in text
    assert "Not yours to decide" in text
    for row in (expired, decided, other, mine):
        assert site.path(row) in page.text
    assert "Your own request" in visible(await engineer.open("/approvals"))


async def test_an_empty_inbox_says_so(approver):
    """And looks again by itself."""
    page = await approver.open("/approvals")
    assert "Nothing waits" in visible(page)
    assert '<meta http-equiv="refresh" content="15">' in page.text


async def test_a_page_with_a_form_does_not_reload(approver, engineer, site):
    """Nobody's typing is lost; who can only watch sees news."""
    row = site.ask()
    assert "http-equiv" not in (await approver.open(site.path(row))).text
    assert "http-equiv" in (await engineer.open(site.path(row))).text


async def test_without_a_store_nothing_is_decided(approver, site):
    """503 on every page, with no cause shown."""
    row = site.ask()
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    await site.break_store()
    answers = [
        await approver.open("/approvals"),
        await approver.open(site.path(row)),
        await approver.post(site.path(row), {**fields, "decision": "approve"}),
    ]
    for answer in answers:
        assert answer.status_code == 503
        assert "sqlite" not in answer.text.lower()
        assert "closed database" not in answer.text
    assert site.request(row).state == "pending"


async def test_an_approval_that_cannot_be_audited_is_none(approver, site):
    """Nobody could see it even for a moment; the approver is told, and decides again later."""
    row = site.ask()
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    site.view.audit._database.execute(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    answer = await approver.post(site.path(row), {**fields, "decision": "approve"})
    assert answer.status_code == 503
    assert (site.request(row).state, site.request(row).decided_by) == ("pending", "")
    site.view.audit._database.execute("DROP TRIGGER full")
    answer = await approver.post(site.path(row), {**fields, "decision": "approve"})
    assert (answer.status_code, site.request(row).state) == (303, "approved")


@pytest.mark.parametrize(("kind", "value"), [("user", "demo-approver"), ("all", "*")])
async def test_who_is_locked_meanwhile_neither_looks_nor_decides(approver, site, kind, value):
    """The lock counts at once; that they tried is in the audit log; unlocked, they decide."""
    row = site.ask()
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    lock = site.lock(kind, value)
    answers = [
        await approver.open("/approvals"),
        await approver.open(site.path(row)),
        await approver.post(site.path(row), {**fields, "decision": "approve"}),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert "laptop stolen" in visible(answer)
        assert not any(secret in visible(answer) for secret in SECRETS)
    assert site.request(row).state == "pending"
    last = site.view.audit.entries(0, 100)[-1]
    assert (last.code, last.subject) == ("request-refused", "demo-approver")
    assert last.detail == {"request": row.id, "decision": "approved", "refusal": "locked"}
    site.view.locks.lift(lock.id, site.clock.now(), "ops")
    answer = await approver.post(site.path(row), {**fields, "decision": "approve"})
    assert answer.status_code == 303
    assert site.request(row).state == "approved"


async def test_a_lock_on_a_group_ends_what_was_signed_in_before(approver, site):
    """The cookie does not say whether they are in it, so nothing is decided by it."""
    row = site.ask()
    fields = Forms((await approver.open(site.path(row))).text).forms[site.path(row)]
    site.lock("group", "contractors")
    answer = await approver.post(site.path(row), {**fields, "decision": "approve"})
    assert (answer.status_code, site.request(row).state) == (403, "pending")
    assert (await approver.open(site.path(row))).headers["location"].startswith("/login")
    await approver.sign_in("approver")
    assert (await approver.send(site.path(row), decision="approve")).status_code == 303
    assert site.request(row).state == "approved"
