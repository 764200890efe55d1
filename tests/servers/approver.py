"""An approver at a browser without a window: signs in at the demo provider, decides on the page."""

import re
from html import unescape

import httpx

from bastion.demo.browser import sign_in
from tests.servers.plain_http import plain_http

_FORM = re.compile(r'name="form" value="([^"]+)"')


async def open_page(http: httpx.AsyncClient, link: str, account: str, password: str) -> str:
    """The page at *link* after signing in as *account*."""
    page = await http.get(link)
    while page.is_redirect:
        where = str(page.next_request.url)
        if "/authorize" in where:
            where = await sign_in(http, where, account, password)
        page = await http.get(where)
    return page.text


async def decide(
    link: str, password: str, decision: str, reason: str = "", account: str = "approver"
) -> httpx.Response:
    """Open *link* as *account* and press a button; the answer to the form."""
    async with plain_http() as http:
        text = await open_page(http, link, account, password)
        form = _FORM.search(text)
        assert form is not None, text
        origin = link.partition("/approvals/")[0]
        fields = {"form": unescape(form[1]), "decision": decision, "reason": reason}
        return await http.post(link, data=fields, headers={"Origin": origin})
