"""Signing in to the pages where several issuers are trusted: the choice, and who is let in."""

from urllib.parse import urlencode

import httpx
import pytest

from bastion.config.issuers import Issuer
from tests.servers.identity import demo_provider, settings_for
from tests.web.conftest import Browser, serving, visible


@pytest.fixture
async def partners(tmp_path, clock):
    """A second provider, with people of the same names."""
    async with demo_provider(tmp_path / "partners", clock=clock) as running:
        yield running


@pytest.fixture
async def site(tmp_path, clock, idp, partners, outside):
    """The pages of a bastion that trusts both."""
    more = Issuer(name="partners", issuer=partners.issuer, client_id=partners.client_id)
    oidc = settings_for(idp, more=(more,))
    async with serving(tmp_path, clock, oidc, outside) as running:
        yield running


@pytest.fixture
async def at_partners(new_browser, partners, outside):
    """A browser whose person is one of the partners'."""
    made = await new_browser()
    return Browser(made.site, partners, made.http, outside)


async def test_a_person_chooses_where_to_sign_in(browser, idp, partners):
    """Each issuer is a link that keeps where the person was going; none is asked before."""
    page = await browser.open("/login", params={"next": "/approvals/x", "as": "other"})
    assert page.status_code == 200
    assert "Where do you sign in?" in visible(page)
    assert f"partners ({httpx.URL(partners.issuer).netloc.decode()})" in visible(page)
    assert 'href="/login?at=2&amp;next=/approvals/x&amp;as=other"' in page.text
    assert (await browser.begin(at="1")).startswith(idp.issuer)
    assert (await browser.begin(at="2")).startswith(partners.issuer)


@pytest.mark.parametrize("at", ["0", "3", "-1", "partners", "", "²"])
async def test_an_issuer_that_is_none_is_asked_for_again(browser, at):
    """Whatever stands in the address."""
    assert "Where do you sign in?" in visible(await browser.open("/login", params={"at": at}))


async def test_people_of_another_issuer_are_called_by_its_name(browser, at_partners, site):
    """They are never taken for our own people, whatever they are called there."""
    assert (await at_partners.sign_in("approver", at="2")).status_code == 303
    assert (await browser.sign_in("approver", at="1")).status_code == 303
    newest, oldest = site.view.sessions.logins(5)
    assert (newest.account, newest.subject) == ("approver", "demo-approver")
    assert (oldest.account, oldest.subject) == ("partners:approver", "partners:demo-approver")


async def test_a_partner_does_not_decide_for_our_approvers(at_partners, site):
    """Their group of that name is another group."""
    row = site.ask()
    await at_partners.sign_in("approver", at="2")
    answer = await at_partners.send(site.path(row), decision="approve")
    assert answer.status_code == 403
    assert site.request(row).decided_by in {None, ""}


@pytest.mark.parametrize("where", ["/login/callback", "/login/callback/partners"])
async def test_an_answer_of_another_issuer_is_refused(browser, site, where):
    """Mix-up: who was sent to one issuer and comes back from the other.

    No code is redeemed, because that would hand it to the issuer that was asked.
    """
    state = httpx.URL(await browser.begin(at="2")).params["state"]
    stolen = httpx.URL(await browser.answered(await browser.begin(at="1"), "approver")).params
    told = {"code": stolen["code"], "state": state}
    if where.endswith("partners"):  # the address is the right one, and the answer says who made it
        told["iss"] = stolen["iss"]
    assert (await browser.open(f"{where}?{urlencode(told)}")).status_code == 400
    assert (await browser.open("/approvals")).status_code == 303
    (entry,) = site.view.audit.entries(0, 9)
    assert entry.detail["cause"] == "the answer fits no sign-in of this browser"


async def test_each_issuer_sends_people_to_an_address_of_its_own(browser, site):
    """So that the two cannot be taken for each other."""
    sent = [httpx.URL(await browser.begin(at=at)).params["redirect_uri"] for at in ("1", "2")]
    assert sent == [f"{site.url}/login/callback", f"{site.url}/login/callback/partners"]
