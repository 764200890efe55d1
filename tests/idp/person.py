"""A person at a provider's pages: follows redirects, fills in forms, and comes back with a code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

_MAX_PAGES = 15
_NOT_TYPED = {"image", "reset", "checkbox", "button"}


@dataclass
class Form:
    """One form of a page, and the names of its buttons."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: set[str] = field(default_factory=set)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        name, kind = given.get("name"), given.get("type", "submit" if tag == "button" else "text")
        if tag not in {"input", "button"} or not self.forms or not name or kind in _NOT_TYPED:
            return
        if kind == "submit":
            self.forms[-1].buttons.add(name)
        else:
            self.forms[-1].fields[name] = given.get("value", "")


async def follow(
    http: httpx.AsyncClient, url: str, typed: Mapping[str, str], *, until: str = "\0"
) -> str:
    """Go on from *url*, typing what *typed* says: where a redirect to *until* leads, else the page.

    A button that has a name is pressed where *typed* has it.
    A page without a form ends it, and so does one that comes a second time: it was not believed.
    """
    answer, shown = await http.get(url), ""
    for _ in range(_MAX_PAGES):
        if answer.is_redirect:
            location = urljoin(str(answer.url), answer.headers["location"])
            if location.startswith(until):
                return location
            answer = await http.get(location)
            continue
        forms = _Page(answer.text).forms
        if not forms or answer.text == shown:
            return answer.text
        form, shown = forms[0], answer.text
        fields = {name: typed.get(name, value) for name, value in form.fields.items()}
        fields |= {name: typed[name] for name in form.buttons & typed.keys()}
        address = urljoin(str(answer.url), form.action or str(answer.url))
        if form.method == "post":
            answer = await http.post(address, data=fields)
        else:
            answer = await http.get(address, params=fields)
    raise AssertionError(f"more than {_MAX_PAGES} pages; the last was {answer.url}")
