"""The bastion's API as its client sees it (docs/PROTOCOL.certificate).

What always holds: a token goes over TLS, or over loopback, and nowhere else; what the server says
about itself ends up in ssh's configuration, so every value is checked against a narrow grammar
first. What it does not do: log anybody in.
"""

import ipaddress
import json
import re
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bastion.config import explain
from bastion.errors import ClientError
from bastion.guards.algorithms import is_public_key
from bastion.printable import printable

_TIMEOUT_SECONDS = 20.0
_MAX_ANSWER_BYTES = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_PATTERN = re.compile(r"[A-Za-z0-9*?][A-Za-z0-9*?.-]{0,252}")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) and not _is_address(text):
        raise ValueError("is no host name")
    return text


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text):
        raise ValueError("is no pattern of host names")
    return text


def _ca(line: str) -> str:
    if "\n" in line or not is_public_key(line):
        raise ValueError("is no OpenSSH public key line")
    return line


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


Name = Annotated[str, AfterValidator(_name)]
Pattern = Annotated[str, AfterValidator(_pattern)]


class SshFacts(BaseModel):
    """How ssh reaches the bastion."""

    model_config = ConfigDict(frozen=True)

    host: Name
    port: int = Field(ge=1, le=65535)
    name: Name
    host_patterns: tuple[Pattern, ...] = Field(min_length=1, max_length=100)


class About(BaseModel):
    """What a bastion tells about itself; unknown keys are for newer clients."""

    model_config = ConfigDict(frozen=True)

    version: str = Field(max_length=100)
    issuer: str = Field(max_length=2000)
    client_id: str = Field(max_length=500)
    scopes: tuple[str, ...] = Field(max_length=50)
    ssh: SshFacts
    host_ca: Annotated[str, AfterValidator(_ca)]


class Granted(BaseModel):
    """The answer to an order for a certificate."""

    model_config = ConfigDict(frozen=True)

    certificate: str
    subject: str
    principals: tuple[str, ...] = Field(min_length=1)
    groups: tuple[str, ...]
    valid_before: int


def checked_url(url: str) -> str:
    """*url* of a bastion without a slash at its end; raises ClientError unless it is safe."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url.rstrip("/")
    if parts.scheme == "http" and is_loopback(url):
        return url.rstrip("/")
    raise ClientError(f"{printable(url, 200)}: use https:// (http:// only for this machine)")


def is_loopback(url: str) -> bool:
    """Whether *url* leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


class Server:
    """One bastion; *url* has passed `checked_url`."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url, self._http = url, http

    async def about(self) -> About:
        """What it tells about itself; raises ClientError."""
        tree = _tree(await self._send("GET", "/.well-known/bastion"))
        try:
            return About.model_validate(tree)
        except ValidationError as error:
            raise ClientError(f"{self.url} is no bastion: {explain(error)}") from error

    async def certify(self, id_token: str, public_key: str) -> Granted:
        """A certificate for *public_key*; raises ClientError with the server's sentence."""
        order = {"id_token": id_token, "public_key": public_key}
        tree = _tree(await self._send("POST", "/api/certificates", order))
        try:
            return Granted.model_validate(tree)
        except ValidationError as error:
            raise ClientError(f"{self.url} answered oddly: {explain(error)}") from error

    async def _send(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            answer = await self._http.request(
                method,
                f"{self.url}{path}",
                json=body,
                timeout=_TIMEOUT_SECONDS,
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            cause = printable(str(error), 200) or type(error).__name__
            raise ClientError(f"cannot reach {self.url}: {cause}") from error
        if len(answer.content) > _MAX_ANSWER_BYTES:
            raise ClientError(f"{self.url} answered too much to be a bastion")
        if not answer.is_success:
            raise ClientError(_complaint(answer))
        return answer


def _tree(answer: httpx.Response) -> object:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise ClientError("the server's answer is no JSON; is that the bastion's URL?") from error


def _complaint(answer: httpx.Response) -> str:
    """The server's own sentence where it gave one."""
    try:
        tree = json.loads(answer.content)
        words = [str(tree["sentence"]), str(tree.get("next_step", "")), f"[{tree['code']}]"]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return f"the server answered with status {answer.status_code}"
    return printable(" ".join(words), 600)
