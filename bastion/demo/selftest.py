"""Runs the whole story by itself, on real parts: `bastion quickstart --self-test`.

What always holds: each step is checked by what came out, never by waiting a while; the real `ssh`
is used; the commands could do no harm even if they ran. What it does not do: leave the demo's
client logged in anywhere but in the demo's folder.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from html import unescape

import httpx

from bastion.client.folder import Folder
from bastion.client.login import LoggedIn, Shown, log_in
from bastion.client.server import Server
from bastion.clock import Clock
from bastion.demo.browser import approve_device, sign_in
from bastion.demo.chat import Told
from bastion.demo.demo import Demo
from bastion.demo.site import HOST, Site
from bastion.errors import ClientError
from bastion.oidc.device_flow import DeviceCode

_ALLOWED = "echo the story works; exit 7"
_BLOCKED = "cat /etc/shadow"
_HELD = "nvidia-smi --gpu-reset -i 0"
_STEP_SECONDS = 60
_FORM = re.compile(r'name="form" value="([^"]+)"')


@dataclass(frozen=True)
class Ran:
    """How a program ended."""

    status: int
    out: str
    err: str


class SelfTest:
    """The story's steps on a started *demo*; *told* yields what the chat is told."""

    def __init__(self, demo: Demo, site: Site, told: asyncio.Queue[Told], clock: Clock) -> None:
        self._demo, self._site, self._told, self._clock = demo, site, told, clock

    async def steps(self) -> AsyncIterator[tuple[str, str]]:
        """Run the steps; yields the name of each and what was seen. Raises ClientError."""
        table: list[tuple[str, Callable[[], Awaitable[str]]]] = [
            ("log in", self._log_in),
            ("an allowed command", self._allowed),
            ("a blocked command", self._blocked),
            ("a held command, approved", self._held),
            ("the record", self._record),
        ]
        for name, step in table:
            try:
                async with asyncio.timeout(_STEP_SECONDS):
                    seen = await step()
            except TimeoutError as error:
                raise ClientError(f"{name}: nothing happened in {_STEP_SECONDS} s") from error
            yield name, seen

    async def _log_in(self) -> str:
        try:
            async with httpx.AsyncClient(trust_env=False) as http, asyncio.TaskGroup() as group:
                done = await self._logged_in(http, group)
        except* ClientError as errors:
            raise errors.exceptions[0] from errors
        return f"certificate for {done.granted.principals[0]}"

    async def _logged_in(self, http: httpx.AsyncClient, group: asyncio.TaskGroup) -> LoggedIn:
        """Log in, while the provider's page is answered as a person would."""

        def device(code: DeviceCode) -> None:
            url, password = code.verification_uri_complete, self._demo.password
            group.create_task(approve_device(http, url, "engineer", password))

        return await log_in(
            Server(self._demo.url, http),
            Folder(self._site.client),
            http,
            self._clock,
            Shown(device=device, browser=lambda _url: None),
            use_browser=False,
            agent_socket="",
        )

    async def _allowed(self) -> str:
        ran = await self._ssh(_ALLOWED)
        _check(ran.status == 7 and ran.out == "the story works\n", "an allowed command", ran)  # noqa: PLR2004  as in _ALLOWED
        return f"{ran.out.strip()!r}, exit status {ran.status}"

    async def _blocked(self) -> str:
        ran = await self._ssh(_BLOCKED)
        _check("[command-blocked]" in ran.err and not ran.out, "a blocked command", ran)
        return ran.err.strip().splitlines()[-1]

    async def _held(self) -> str:
        running = asyncio.create_task(self._ssh(_HELD))
        told = await self._told.get()
        await self._approve(told.url)
        ran = await running
        _check("approved by approver" in ran.err, "a held command", ran)
        return "asked in the chat, approved on the page, then run"

    async def _approve(self, link: str) -> None:
        """Do what an approver does in a browser."""
        async with httpx.AsyncClient(trust_env=False) as http:
            page = await http.get(link)
            while page.is_redirect:
                where = str(page.next_request.url) if page.next_request else ""
                if not where.startswith(self._demo.url):
                    where = await sign_in(http, where, "approver", self._demo.password)
                page = await http.get(where)
            form = _FORM.search(page.text)
            if form is None or _HELD not in unescape(page.text):
                raise ClientError(f"the approval page shows no form (status {page.status_code})")
            fields = {"form": form[1], "decision": "approve", "reason": "self-test"}
            answer = await http.post(link, data=fields, headers={"Origin": self._demo.url})
            if not answer.is_redirect:
                raise ClientError(f"the approval was refused (status {answer.status_code})")

    async def _record(self) -> str:
        listed = await _run("bastion", "sessions", "list", "--json", "--config", self._config)
        newest = re.search(r'"id": "([^"]+)"', listed.out)
        _check(newest is not None, "listing the sessions", listed)
        session = newest[1] if newest else ""
        text = await _run("bastion", "replay", session, "--text", "--config", self._config)
        _check(_HELD in text.out, "replaying to text", text)
        verified = await _run("bastion", "verify", "--config", self._config)
        _check(verified.status == 0, "verifying the record", verified)
        return f"replayed to {len(text.out.splitlines())} lines of text; chain and signatures fit"

    @property
    def _config(self) -> str:
        return str(self._site.config)

    async def _ssh(self, command: str) -> Ran:
        config = str(Folder(self._site.client).ssh_config)
        options = ["-F", config, "-o", "BatchMode=yes", "-l", self._demo.account]
        return await _run("ssh", *options, HOST, command)


async def _run(program: str, *arguments: str) -> Ran:
    """Run *program*; `bastion` is this very program."""
    command = [sys.executable, "-m", "bastion"] if program == "bastion" else [program]
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise ClientError(f"there is no {program}; install openssh-client") from error
    out, err = await process.communicate()
    return Ran(process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace"))


def _check(is_good: bool, step: str, ran: Ran) -> None:  # noqa: FBT001  an assertion
    if not is_good:
        raise ClientError(
            f"{step} did not go as it should: status {ran.status}, "
            f"stdout {ran.out[-300:]!r}, stderr {ran.err[-300:]!r}"
        )
