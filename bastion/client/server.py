"""The bastion's API as its client sees it (docs/PROTOCOL.certificate).

What always holds: a token goes over TLS, or over loopback, and nowhere else; what the server says
about itself ends up in ssh's configuration, so every value is checked against a narrow grammar
first. What it does not do: log anybody in.
"""

import asyncio
import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Annotated

import asyncssh
import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bastion.ca.keys import public_line
from bastion.config import explain
from bastion.errors import ClientError, cause
from bastion.printable import printable

_TIMEOUT_SECONDS = 20.0
_MAX_ANSWER_BYTES = 256 * 1024
_OK = 200
_MAX_PORT = 65535
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_PATTERN = re.compile(r"[A-Za-z0-9*?][A-Za-z0-9*?.-]{0,252}")
_ACCOUNT = re.compile(r"\w[\w.@+|:/~-]{0,127}")  # ssh_config quotes, expands or ends at the others


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) and not _is_address(text):
        raise ValueError("is no host name")
    return text


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text):
        raise ValueError("is no pattern of host names")
    return text


def _ca(line: str) -> str:
    try:
        return public_line(asyncssh.import_public_key(line))
    except ValueError:
        raise ValueError("is no OpenSSH public key line") from None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # after it, Python takes anything for the scope, even lines


Name = Annotated[str, AfterValidator(_name)]
Pattern = Annotated[str, AfterValidator(_pattern)]


class SshFacts(BaseModel):
    """How ssh reaches the bastion."""

    model_config = ConfigDict(frozen=True)

    host: Name
    port: int = Field(ge=1, le=65535)
    name: Name
    host_patterns: tuple[Pattern, ...] = Field(min_length=1, max_length=100)


class IssuerFacts(BaseModel):
    """Where people sign in; the name is what `bastion login --issuer` takes."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(pattern=r"^[a-z0-9-]{0,32}$")
    issuer: str = Field(max_length=2000)
    client_id: str = Field(max_length=500)
    scopes: tuple[str, ...] = Field(max_length=50)
    userinfo: bool = False
    loopback_port: int = Field(default=0, ge=0, le=65535)


class About(BaseModel):
    """What a bastion tells about itself; unknown keys are for newer clients."""

    model_config = ConfigDict(frozen=True)

    version: str = Field(max_length=100)
    issuer: str = Field(max_length=2000)
    client_id: str = Field(max_length=500)
    scopes: tuple[str, ...] = Field(max_length=50)
    issuers: tuple[IssuerFacts, ...] = Field(default=(), max_length=100)
    ssh: SshFacts
    host_ca: Annotated[str, AfterValidator(_ca)]
    host_cas: tuple[Annotated[str, AfterValidator(_ca)], ...] = Field(default=(), max_length=20)

    def issuer_called(self, wanted: str) -> IssuerFacts:
        """The issuer with the name or the URL *wanted*; the first where that is empty."""
        first = IssuerFacts(
            name="", issuer=self.issuer, client_id=self.client_id, scopes=self.scopes
        )
        known = self.issuers or (first,)
        found = [i for i in known if wanted in {i.name, i.issuer}] if wanted else [*known[:1]]
        if not found:
            names = ", ".join(printable(i.name or i.issuer, 200) for i in known)
            raise ClientError(f"the bastion knows no such issuer; it knows: {names}")
        return found[0]


class Granted(BaseModel):
    """The answer to an order for a certificate."""

    model_config = ConfigDict(frozen=True)

    certificate: str
    subject: str
    principals: tuple[str, ...] = Field(min_length=1)
    groups: tuple[str, ...]
    valid_before: int


def checked_url(url: str) -> str:
    """*url* of a bastion without a slash at its end; raises ClientError unless it is safe.

    It is read by the library that will ask it, so that the two cannot disagree on the host.
    """
    shown = printable(url, 200)
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise ClientError(f"{shown}: is no URL") from error
    if read.scheme not in {"http", "https"} or (read.scheme == "http" and not _is_here(read.host)):
        raise ClientError(f"{shown}: use https:// (http:// only for this machine)")
    if (
        not read.host
        or read.userinfo
        or (read.port or 0) > _MAX_PORT
        or re.search(r"[?#\\\s]", url)
        or printable(url) != url
    ):
        raise ClientError(f"{shown}: is no URL of a bastion")
    return url.rstrip("/")


def is_account(text: str) -> bool:
    """Whether *text* may stand in ssh_config as the name of an account."""
    return _ACCOUNT.fullmatch(text) is not None


def _is_here(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


@dataclass(frozen=True)
class _Answer:
    status: int
    content: bytes


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

    async def certify(
        self, id_token: str, public_key: str, access_token: str = "", *, pin_address: bool = False
    ) -> Granted:
        """A certificate for *public_key*; raises ClientError with the server's sentence.

        With *pin_address* it is good only from the address that this machine has for the bastion.
        """
        order: dict[str, str | bool] = {"id_token": id_token, "public_key": public_key}
        if pin_address:
            order["pin_address"] = True
        if access_token:
            order["access_token"] = access_token
        tree = _tree(await self._send("POST", "/api/certificates", order))
        try:
            return Granted.model_validate(tree)
        except ValidationError as error:
            raise ClientError(f"{self.url} answered oddly: {explain(error)}") from error

    async def _send(self, method: str, path: str, body: object = None) -> _Answer:
        # Not compressed: a small answer could unfold into a large one.
        request = self._http.build_request(
            method, f"{self.url}{path}", json=body, headers={"Accept-Encoding": "identity"}
        )
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                answer = await self._receive(request)
        except TimeoutError as error:
            raise ClientError(f"{self.url} did not answer in time") from error
        except httpx.HTTPError as error:
            why = printable(cause(error), 200)
            raise ClientError(f"cannot reach {self.url}: {why}") from error
        if answer.status != _OK:
            raise ClientError(_complaint(answer))
        return answer

    async def _receive(self, request: httpx.Request) -> _Answer:
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            content = bytearray()
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > _MAX_ANSWER_BYTES:
                    raise ClientError(f"{self.url} answered too much to be a bastion")
            return _Answer(response.status_code, bytes(content))
        finally:
            await response.aclose()


def _tree(answer: _Answer) -> object:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise ClientError("the server's answer is no JSON; is that the bastion's URL?") from error


def _complaint(answer: _Answer) -> str:
    """The server's own sentence where it gave one."""
    try:
        tree = json.loads(answer.content)
        words = [str(tree["sentence"]), str(tree.get("next_step", "")), f"[{tree['code']}]"]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return f"the server answered with status {answer.status}; is that the bastion's URL?"
    return printable(" ".join(words), 600)
