"""Signing in at each provider: what bastion makes of it, by its own code, over real HTTP."""

import dataclasses

import pytest

from bastion.errors import TokenError
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.device_flow import DeviceFlow
from bastion.oidc.provider import Provider
from tests.idp.flows import accepted, by_browser
from tests.idp.running import running

pytestmark = pytest.mark.idp


@pytest.mark.flow("device grant")
async def test_a_terminal_signs_in(idp, provider, clock, browser, result):
    """`bastion login`: the code is approved on the provider's page, the ID token has the groups."""

    async def wait(_seconds):
        assert not browser.cookies, "approved, and asked again"
        page = code.verification_uri_complete or code.verification_uri
        await idp.approve(browser, page, code.user_code)
        browser.cookies.set("approved", "yes")

    flow = DeviceFlow(provider, clock, wait=wait)
    if result.without("device"):
        with pytest.raises(TokenError, match="no device flow"):
            await flow.start()
        return
    code = await flow.start()
    person = await accepted(provider, await flow.poll(code))
    assert (person.account, person.groups) == (idp.account, frozenset(idp.groups))
    result("ok")


@pytest.mark.flow("authorization code, PKCE S256")
async def test_a_browser_signs_in(idp, provider, browser, result):
    """`bastion login --browser` and the web pages, through the provider's login form."""
    person = await accepted(provider, await by_browser(idp, provider, browser))
    assert (person.account, person.groups) == (idp.account, frozenset(idp.groups))
    result("ok")


@pytest.mark.flow("PKCE is checked")
async def test_a_stolen_code_is_worth_nothing(idp, provider, browser, result):
    """A code that is redeemed with another verifier than the one that began is refused."""
    flow = CodeFlow(provider)
    begun = await flow.begin(idp.callback)
    back = await idp.sign_in(browser, begun.url)
    code = back.partition("code=")[2].partition("&")[0]
    assert code
    with pytest.raises(TokenError, match="refused the sign-in"):
        await flow.finish(code, dataclasses.replace(begun, verifier="x" * 43))
    result("refused")


@pytest.mark.flow("groups by userinfo")
async def test_groups_come_from_userinfo(make, http, clock, browser, result):
    """The provider keeps groups out of the ID token, and `oidc.userinfo_groups` fetches them."""
    if result.without("userinfo"):
        return
    async with running(make(only_userinfo=True)) as idp:
        provider = Provider(idp.settings, http, clock)
        tokens = await by_browser(idp, provider, browser)
        without = Provider(idp.settings.model_copy(update={"userinfo_groups": False}), http, clock)
        assert (await accepted(without, tokens)).groups == frozenset()
        assert (await accepted(provider, tokens)).groups == frozenset(idp.groups)
    result("ok")
