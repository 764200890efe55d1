"""Signing in: where it leads, and every answer that must not let anybody in."""

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.web.signin import local_path
from tests.web.conftest import Forms, visible


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def is_signed_in(browser) -> bool:
    return (await browser.open("/approvals")).status_code == 200


async def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(browser, site):
    """From the link, through the provider, to the page that was asked for."""
    path = site.path(site.ask())
    sent = await browser.open(path)
    assert sent.headers["location"] == f"/login?next={path}"
    begun = await browser.open(sent.headers["location"])
    back = await browser.answered(begun.headers["location"], "approver")
    assert back.startswith(f"{site.url}/login/callback?")
    arrived = await browser.open(back)
    assert (arrived.status_code, arrived.headers["location"]) == (303, path)
    assert (await browser.open(path)).status_code == 200
    assert site.audited() == ["web-login-accepted"]
    (row,) = site.view.sessions.logins(5)
    assert (row.kind, row.subject, row.account) == ("web", "demo-approver", "approver")


async def test_the_provider_is_asked_safely(browser, idp):
    """Code flow with PKCE, a state and a nonce that are new each time."""
    asked = [query(await browser.begin()) for _ in range(2)]
    for one in asked:
        assert one["response_type"] == "code"
        assert one["code_challenge_method"] == "S256"
        assert one["redirect_uri"] == f"{browser.site.url}/login/callback"
        assert "prompt" not in one
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name]) >= 43
    assert (await browser.begin()).startswith(idp.issuer)


async def test_signing_in_as_somebody_else_asks_again(browser):
    """Also where the provider has a session."""
    assert query(await browser.begin(**{"as": "other"}))["prompt"] == "login"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/%2Fevil.test",
        "/approvals/..//evil.test?x=1",
        "javascript:alert(1)",
        "/approvals\r\nSet-Cookie: a=b",
        "/approvals#x",
        " /approvals",
        "/ap provals",
        "/approvals/" + "a" * 600,
        "",
        "approvals",
        "/\t/evil.test",
        "http:evil.test",
        "/approvals@evil.test",
    ],
)
async def test_next_leads_nowhere_else(browser, path):
    """Whoever sends a link to our sign-in does not choose where it ends."""
    answer = await browser.sign_in("approver", next=path)
    assert answer.headers["location"] == "/approvals"


@given(st.text() | st.from_regex(r"\A[/\\]{0,3}[a-z.:@/\\%-]{0,20}\Z"))
def test_a_local_path_is_of_this_site_for_every_browser(path):
    """As WHATWG reads it: one slash, then a letter; nothing that is taken out or turned around."""
    kept = local_path(path)
    assert kept in {path, "/approvals"}
    joined = httpx.URL("https://bastion.example/login").join(kept)
    assert (joined.scheme, joined.host) == ("https", "bastion.example")
    assert kept[0] == "/"
    assert kept[1:2] not in {"/", "\\"}


async def test_an_answer_counts_only_in_the_browser_that_asked(browser, new_browser):
    """A state of another browser's sign-in (login CSRF) lets nobody in."""
    attacker = await new_browser()
    theirs = await attacker.answered(await attacker.begin(), "engineer")
    await browser.begin()
    refused = await browser.open(theirs)
    assert refused.status_code == 400
    assert not await is_signed_in(browser)
    assert browser.site.audited() == ["web-login-refused"]


@pytest.mark.parametrize("state", [None, "", "guess", "é", "x" * 5000])
async def test_an_answer_with_another_state_is_refused(browser, state):
    """Missing, empty, made up."""
    back = query(await browser.answered(await browser.begin(), "approver"))
    fields = {"code": back["code"], **({} if state is None else {"state": state})}
    assert (await browser.open(f"/login/callback?{urlencode(fields)}")).status_code == 400
    assert not await is_signed_in(browser)


async def test_an_answer_counts_once(browser):
    """The same callback again (history, a log) is refused, and changes nothing."""
    back = await browser.answered(await browser.begin(), "approver")
    assert (await browser.open(back)).status_code == 303
    assert (await browser.open(back)).status_code == 400


async def test_a_replayed_answer_with_the_old_cookie_is_refused(browser, new_browser):
    """Whoever copied cookie and callback comes too late: a code is redeemed once."""
    begun = await browser.begin()
    copied = dict(browser.http.cookies)
    back = await browser.answered(begun, "approver")
    assert (await browser.open(back)).status_code == 303
    thief = await new_browser()
    thief.http.cookies.update(copied)
    assert (await thief.open(back)).status_code == 400
    assert not await is_signed_in(thief)


async def test_a_code_of_another_sign_in_is_refused(browser, new_browser):
    """Injected into our own state: the verifier does not fit."""
    attacker = await new_browser()
    stolen = query(await attacker.answered(await attacker.begin(), "security"))["code"]
    state = query(await browser.begin())["state"]
    refused = await browser.open(f"/login/callback?{urlencode({'code': stolen, 'state': state})}")
    assert refused.status_code == 400
    assert not await is_signed_in(browser)


@pytest.mark.parametrize("error", ["access_denied", "<script>alert(1)</script>", "x" * 9000])
async def test_an_error_of_the_provider_is_a_page(browser, error):
    """Its words are not shown, and the audit log keeps a part of them."""
    state = query(await browser.begin())["state"]
    answer = await browser.open(f"/login/callback?{urlencode({'state': state, 'error': error})}")
    assert answer.status_code == 400
    assert "signing in did not work" in visible(answer).lower()
    assert error not in answer.text
    (entry,) = browser.site.view.audit.entries(0, 9)
    assert entry.code == "web-login-refused"
    assert len(entry.detail["cause"]) <= 200
    assert not await is_signed_in(browser)


async def test_a_code_that_is_none_is_refused(browser):
    """The provider refuses it."""
    state = query(await browser.begin())["state"]
    answer = await browser.open(f"/login/callback?{urlencode({'code': 'x', 'state': state})}")
    assert answer.status_code == 400


async def test_a_provider_that_is_away_is_a_page(browser, idp):
    """Not an error of ours."""
    await idp.stop()
    assert (await browser.open("/login")).status_code == 400


async def test_several_tabs_can_sign_in(browser):
    """Up to three at once; the oldest of more is forgotten."""
    begun = [await browser.begin() for _ in range(4)]
    forgotten = await browser.open(await browser.answered(begun[0], "approver"))
    assert forgotten.status_code == 400
    assert (await browser.open(await browser.answered(begun[1], "approver"))).status_code == 303


async def test_a_cookie_stays_small(browser):
    """Browsers drop large ones, and with them the sign-in."""
    for _ in range(5):
        answer = await browser.open("/login", params={"next": "/approvals/" + "a" * 500})
        assert len(answer.headers["set-cookie"]) < 4000


async def test_signing_in_begins_a_new_session(browser):
    """What stood in the cookie before is gone: a planted session is worth nothing (fixation)."""
    await browser.begin()
    planted = dict(browser.http.cookies)
    await browser.sign_in("approver")
    assert dict(browser.http.cookies) != planted
    browser.http.cookies.update(planted)
    assert not await is_signed_in(browser)


async def test_signing_in_anew_changes_the_form_token(approver):
    """A token that leaked from the old session is worth nothing."""
    before = Forms((await approver.open("/approvals")).text).forms["/logout"]["form"]
    await approver.sign_in("approver")
    after = Forms((await approver.open("/approvals")).text).forms["/logout"]["form"]
    assert before != after


async def test_a_session_ends_by_the_clock(approver, clock):
    """After session_seconds, however busy it was."""
    for _ in range(3):
        clock.advance(1199)
        assert await is_signed_in(approver)
    clock.advance(3)
    assert not await is_signed_in(approver)
    row = approver.site.ask()
    assert (await approver.send(approver.site.path(row), decision="approve")).status_code == 403


async def test_signing_out(approver):
    """By the form on every page; the cookie is taken back."""
    form = Forms((await approver.open("/approvals")).text).forms["/logout"]
    answer = await approver.post("/logout", form)
    assert answer.status_code == 200
    assert "signed out" in visible(answer)
    assert not await is_signed_in(approver)


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({}, {}),
        ({"form": "guess"}, {}),
        (None, {"Origin": "https://evil.test"}),
        (None, {"Sec_Fetch_Site": "cross-site"}),
    ],
)
async def test_nobody_else_can_sign_us_out(approver, fields, headers):
    """A form of another site."""
    own = Forms((await approver.open("/approvals")).text).forms["/logout"]
    answer = await approver.post("/logout", own if fields is None else fields, **headers)
    assert answer.status_code == 403
    assert await is_signed_in(approver)


async def test_signing_out_by_a_link_is_not_taken(approver):
    """A picture on another page could do that."""
    assert (await approver.open("/logout")).status_code == 405
    assert await is_signed_in(approver)


async def test_without_a_store_nobody_signs_in(browser):
    """A sign-in that cannot be kept did not happen."""
    back = await browser.answered(await browser.begin(), "approver")
    await browser.site.break_store()
    assert (await browser.open(back)).status_code == 503
    assert (await browser.open("/approvals")).headers["location"].startswith("/login")


async def test_without_a_store_a_refusal_is_still_a_page(browser):
    """The log has what the audit log could not take."""
    await browser.site.break_store()
    assert (await browser.open("/login/callback?state=x")).status_code == 400


@pytest.mark.parametrize(
    ("kind", "value"), [("user", "approver"), ("group", "approvers"), ("all", "*")]
)
async def test_who_is_locked_does_not_sign_in(browser, site, kind, value):
    """They read why; the audit log says which lock; a sign-in of before is gone as well."""
    await browser.sign_in("approver")
    lock = site.lock(kind, value)
    answer = await browser.sign_in("approver")
    assert answer.status_code == 403
    assert "laptop stolen" in visible(answer)
    assert "ops" not in answer.text
    assert len(site.view.sessions.logins(5)) == 1
    last = site.view.audit.entries(0, 100)[-1]
    assert (last.code, last.subject) == ("web-login-refused", "demo-approver")
    assert lock.id in last.detail["cause"]
    site.view.locks.lift(lock.id, site.clock.now(), "ops")
    assert not await is_signed_in(browser)
    assert (await browser.sign_in("approver")).status_code == 303


async def test_a_lock_on_a_group_that_decides_nothing_meets_its_members(browser, site):
    """The cookie does not have that group; the sign-in counts no more, and the next is refused."""
    await browser.sign_in("engineer")
    site.lock("group", "engineers")
    assert not await is_signed_in(browser)
    assert (await browser.sign_in("engineer")).status_code == 403
    assert not await is_signed_in(browser)
