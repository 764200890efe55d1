"""Signs in at the demo provider like a browser would, for `quickstart --self-test` and the tests.

What always holds: it goes through the pages that a person sees and sends the forms that stand
there. What it does not do: run scripts (there are none), or work with any other provider.
"""

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from bastion.errors import ClientError
from bastion.printable import printable

_OK = 200
_SEE_OTHER = 303


class _Form(HTMLParser):
    """The first form of a page: where it goes, its hidden fields; and the page's heading."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.said = ""
        self._is_said = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method") == "post":
            self.action = given.get("action", "")
        if tag == "input" and given.get("type") == "hidden":
            self.fields[given.get("name", "")] = given.get("value", "")
        self._is_said = tag == "h1" or given.get("role") == "alert"

    def handle_data(self, data: str) -> None:
        if self._is_said and data.strip():
            self.said = data.strip()


async def approve_device(
    http: httpx.AsyncClient, verification_uri_complete: str, account: str, password: str
) -> None:
    """Let the terminal of that page in as *account*; ClientError where the page says no."""
    answer = await _send(http, verification_uri_complete, account, password)
    if answer.status_code != _OK:
        raise ClientError(f"the sign-in page says: {_said(answer)}")


async def sign_in(
    http: httpx.AsyncClient, authorization_url: str, account: str, password: str
) -> str:
    """Sign in as *account*; where the browser is sent then. ClientError where the page says no."""
    answer = await _send(http, authorization_url, account, password)
    if answer.status_code != _SEE_OTHER:
        raise ClientError(f"the sign-in page says: {_said(answer)}")
    return answer.headers["location"]


async def _send(http: httpx.AsyncClient, url: str, account: str, password: str) -> httpx.Response:
    shown = await http.get(url)
    form = _Form()
    form.feed(shown.text)
    if shown.status_code != _OK or not form.action:
        raise ClientError(f"there is no sign-in page: {_said(shown)}")
    fields = {**form.fields, "account": account, "password": password, "decision": "allow"}
    return await http.post(urljoin(url, form.action), data=fields)


def _said(answer: httpx.Response) -> str:
    page = _Form()
    page.feed(answer.text)
    return printable(page.said, 200) or f"HTTP {answer.status_code}"
