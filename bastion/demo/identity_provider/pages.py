"""The demo provider's pages: templates, headers and the reading of forms.

What always holds: no script runs and nothing is framed or cached; a form's body has a limit and
names each field once. What it does not do: decide anything.
"""

from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import parse_qsl

import jinja2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

MAX_BODY_BYTES = 16 * 1024
_MAX_FIELDS = 20
_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("bastion.demo", "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def page(template: str, status: int = 200, *, goes_to: str = "", **values: object) -> Response:
    """The page of *template*; *goes_to* is an origin that its form may end at.

    Browsers hold form-action against the redirect that follows a form as well.
    """
    policy = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {goes_to}"
    )
    html = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(html, status, {**_HEADERS, "Content-Security-Policy": policy.strip()})


def message(title: str, text: str, status: int = 200, *, kind: str = "problem") -> Response:
    """A page that only says something."""
    return page("message.html", status, title=title, text=text, kind=kind)


async def style(_request: Request) -> Response:
    """The one style sheet."""
    css = files("bastion.demo").joinpath("templates", "style.css").read_text()
    return Response(css, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form; HTTPException where it is too large or names a field twice."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, "the form is too large")
    return _once(body.decode("utf-8", "replace"))


def read_query(request: Request) -> dict[str, str]:
    """The fields of the query; HTTPException where it names one twice."""
    return _once(request.url.query)


def _once(encoded: str) -> dict[str, str]:
    try:
        fields = parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as wrong:
        raise HTTPException(400, "the form cannot be read") from wrong
    if len(dict(fields)) != len(fields):
        raise HTTPException(400, "the form names a field twice")
    return dict(fields)


def bare(headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of an answer that is no page."""
    return {"Cache-Control": "no-store", "Pragma": "no-cache", **(headers or {})}
