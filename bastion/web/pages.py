"""Draws pages from the templates.

What always holds: every value is escaped (Jinja's autoescape), an unknown name is an error, and
text that engineers or hosts chose is made printable first. What it does not do: decide what a page
says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bastion.printable import printable
from bastion.refusal import EXPLAINED, Code, Refusal
from bastion.web.visitor import SignedIn

STATUS: Mapping[Code, int] = {
    Code.REQUEST_UNKNOWN: 404,
    Code.LINK_INVALID: 404,
    Code.LINK_EXPIRED: 410,
    Code.REQUEST_EXPIRED: 410,
    Code.REQUEST_DECIDED: 409,
    Code.REQUEST_CANCELLED: 409,
    Code.OWN_REQUEST: 403,
    Code.NOT_APPROVER: 403,
    Code.LOCKED: 403,
    Code.FORM_EXPIRED: 403,
    Code.REASON_NEEDED: 422,
    Code.SIGN_IN_FAILED: 400,
    Code.STORE_UNAVAILABLE: 503,
    Code.CA_UNAVAILABLE: 503,
    Code.TOKEN_REFUSED: 401,
    Code.TOKEN_REPLAYED: 409,
    Code.KEY_REFUSED: 422,
    Code.REQUEST_MALFORMED: 400,
}
"""The HTTP status of each refusal that a page or the API can show; 500 for any other."""


@dataclass(frozen=True)
class Piece:
    """A part of a command as it is shown.

    Attributes:
        is_dangerous: to be marked.
        is_hidden: an escape stands for characters that could not be seen.
    """

    text: str
    is_dangerous: bool
    is_hidden: bool


def pieces(text: str, dangerous: tuple[tuple[int, int], ...]) -> list[Piece]:
    """*text* cut where its looks change; line ends stay what they are."""
    looks = [
        (any(start <= at < end for start, end in dangerous), _is_hidden(char), char)
        for at, char in enumerate(text)
    ]
    return [
        Piece("".join(_shown(char) for *_, char in group), *look)
        for look, group in groupby(looks, key=lambda item: item[:2])
    ]


def _is_hidden(char: str) -> bool:
    return char != "\n" and printable(char) != char


def _shown(char: str) -> str:
    return char if char == "\n" else printable(char)


def _clock_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _span(seconds: float) -> str:
    """*seconds* as people say it, the two largest units: `4 min 10 s`."""
    return " ".join(list(_units(max(0, round(seconds))))[:2]) or "0 s"


def _units(seconds: int) -> Iterator[str]:
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            yield f"{count} {name}"


class Pages:
    """The templates of one bastion."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("bastion.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(printable=printable, clock_time=_clock_time, span=_span)

    def draw(
        self, name: str, *, visitor: SignedIn | None = None, status: int = 200, **values: object
    ) -> HTMLResponse:
        """The page of the template *name*."""
        text = self._templates.get_template(name).render(visitor=visitor, **values)
        return HTMLResponse(text, status)

    def refusal(
        self, refusal: Refusal, *, visitor: SignedIn | None = None, again: str = ""
    ) -> HTMLResponse:
        """The page of a *refusal*; *again* is the path where signing in anew leads."""
        return self.draw(
            "refusal.html",
            visitor=visitor,
            status=STATUS.get(refusal.code, 500),
            refusal=refusal,
            explained=EXPLAINED[refusal.code],
            again=again,
        )
