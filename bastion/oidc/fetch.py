"""JSON over HTTP from the identity provider, in bounded time and size.

What always holds: an answer is a JSON object of at most `MAX_BYTES`, got within `TOTAL_SECONDS`,
from exactly the URL that was asked: redirects are not followed, because they would carry a code or
a secret to wherever the answer points. What it does not do: judge the object.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from bastion.errors import TokenError
from bastion.printable import printable

MAX_BYTES = 256 * 1024
TOTAL_SECONDS = 15.0
_OK = 200
_TOO_MANY = 429
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Answer:
    """What the provider said.

    Attributes:
        status: the HTTP status.
        body: the JSON object.
    """

    status: int
    body: Mapping[str, Any]

    def text(self, name: str) -> str:
        """The string member *name*, empty where it is absent or no string."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def complaint(self) -> str:
        """What the provider says is wrong, safe to show."""
        told = self.text("error_description") or self.text("error") or f"HTTP {self.status}"
        return printable(told, 200)


async def get_json(
    http: httpx.AsyncClient, url: str, *, headers: Mapping[str, str] | None = None
) -> Answer:
    """The JSON object at *url*; TokenError where there is none."""
    request = http.build_request("GET", url, headers={**_ACCEPT, **(headers or {})})
    answer = await _ask(http, request)
    if answer.status != _OK:
        wrong = f"the identity provider ({_host(url)}) answered HTTP {answer.status}"
        raise TokenError(wrong) from _outage(answer.status)
    return answer


async def post_form(
    http: httpx.AsyncClient,
    url: str,
    fields: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """What *url* answers to a form, whatever its status; TokenError where it is no JSON object."""
    request = http.build_request(
        "POST", url, data=dict(fields), headers={**_ACCEPT, **(headers or {})}
    )
    return await _ask(http, request)


def is_transport_failure(error: TokenError) -> bool:
    """Whether *error* says that no answer came, so that asking again may help.

    What stands before a provider that is down (HTTP 5xx, 429) is no answer of the provider.
    """
    return isinstance(error.__cause__, httpx.TransportError | TimeoutError)


# Not compressed: a small answer could unfold into a large one.
_ACCEPT = {"Accept": "application/json", "Accept-Encoding": "identity"}


def _host(url: str) -> str:
    return printable(urlsplit(url).netloc, 100)


async def _ask(http: httpx.AsyncClient, request: httpx.Request) -> Answer:
    host = _host(str(request.url))
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            status, body = await _receive(http, request)
    except TimeoutError as slow:
        raise TokenError(f"the identity provider ({host}) did not answer in time") from slow
    except httpx.HTTPError as failed:
        raise TokenError(f"the identity provider ({host}) could not be reached") from failed
    return Answer(status, _parsed(body, host, status))


async def _receive(http: httpx.AsyncClient, request: httpx.Request) -> tuple[int, bytes]:
    response = await http.send(request, stream=True, follow_redirects=False)
    try:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise TokenError("the identity provider's answer is compressed, which was not asked")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_BYTES:
                raise TokenError("the identity provider's answer is too long")
        return response.status_code, bytes(body)
    finally:
        await response.aclose()


def _parsed(body: bytes, host: str, status: int) -> Mapping[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise TokenError(
            f"the identity provider ({host}) did not answer with JSON (HTTP {status})"
        ) from (_outage(status) or wrong)
    if not isinstance(value, dict):
        raise TokenError(f"the identity provider ({host}) did not answer with a JSON object")
    return value


def _outage(status: int) -> httpx.TransportError | None:
    """The failure that *status* stands for; None where the provider itself has answered."""
    is_down = status >= _SERVER_ERROR or status == _TOO_MANY
    return httpx.TransportError(f"HTTP {status}") if is_down else None
