"""A person at a provider's pages: follows redirects, fills in forms, and comes back with a code."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

_MAX_PAGES = 15


@dataclass
class Form:
    """One form of a page."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        is_input = tag in {"input", "button"} and self.forms and given.get("name")
        if is_input and given.get("type") not in {"submit", "image", "reset", "checkbox"}:
            self.forms[-1].fields[given["name"]] = given.get("value", "")


async def follow(
    http: httpx.AsyncClient, url: str, account: str, password: str, *, until: str = "\0"
) -> str:
    """Go on from *url* as *account*: where a redirect to *until* leads, else the last page."""
    answer = await http.get(url)
    for _ in range(_MAX_PAGES):
        if answer.is_redirect:
            location = urljoin(str(answer.url), answer.headers["location"])
            if location.startswith(until):
                return location
            answer = await http.get(location)
            continue
        forms = _Page(answer.text).forms
        if not forms:
            return answer.text
        form = forms[0]
        known = {"login": account, "user": account, "username": account, "password": password}
        fields = {name: known.get(name, value) for name, value in form.fields.items()}
        address = urljoin(str(answer.url), form.action or str(answer.url))
        if form.method == "post":
            answer = await http.post(address, data=fields)
        else:
            answer = await http.get(address, params=fields)
    raise AssertionError(f"more than {_MAX_PAGES} pages; the last was {answer.url}")
