"""The driver stops where a person would, and a real browser goes where it goes."""

import httpx
import pytest

from bastion.demo.browser import approve_device, sign_in
from bastion.errors import ClientError
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.provider import Provider
from bastion.serve.webserver import WebServer
from tests.servers.browser import chromium
from tests.servers.identity import CALLBACK, demo_provider, settings_for
from tests.servers.plain_http import plain_http


async def test_what_the_page_says_is_the_error(tmp_path, clock):
    """A wrong password, an unknown code and no page at all, each in the page's own words."""
    async with demo_provider(tmp_path, clock=clock) as idp, plain_http() as http:
        begun = await CodeFlow(Provider(settings_for(idp), http, clock)).begin(CALLBACK)
        with pytest.raises(ClientError, match="do not fit"):
            await sign_in(http, begun.url, "engineer", "wrong")
        with pytest.raises(ClientError, match="unknown, used or expired"):
            await approve_device(http, f"{idp.issuer}/device?user_code=X", "engineer", "x")
        with pytest.raises(ClientError, match="no sign-in page"):
            await sign_in(http, f"{idp.issuer}/jwks.json", "engineer", "x")


async def test_a_real_browser_signs_in(tmp_path, clock):
    """The policy of the page lets its own form through to the redirect, and nothing is blocked."""
    arrived, complaints = [], []

    async def landing(scope, _receive, send):
        if scope["type"] != "http":
            raise RuntimeError("only http is served")
        arrived.append(scope["query_string"].decode())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"landed"})

    server = WebServer(landing, "127.0.0.1", 0)
    redirect = f"http://127.0.0.1:{await server.start()}/callback"
    async with demo_provider(tmp_path, clock=clock) as idp, plain_http() as http:
        begun = await CodeFlow(Provider(settings_for(idp), http, clock)).begin(redirect)
        async with chromium() as browser:
            page = await browser.new_page(viewport={"width": 390, "height": 844})
            page.on("console", lambda message: complaints.append(message.text))
            await page.goto(begun.url)
            assert await page.evaluate("document.documentElement.scrollWidth") == 390
            await page.get_by_label("approver").check()
            await page.get_by_label("Password").fill(idp.password)
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_text("landed").wait_for()
    await server.stop()
    assert begun.matches(httpx.QueryParams(arrived[0])["state"])
    assert complaints == []
