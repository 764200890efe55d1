"""The web pages as they are served, a provider to sign in at, and browsers."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from bastion import chain
from bastion.approval.link import Links
from bastion.approval.request import new_request
from bastion.audit.log import AuditLog
from bastion.ca.authorities import Authorities
from bastion.clock import Clock
from bastion.config import Config, Oidc
from bastion.demo.browser import sign_in
from bastion.ids import new_id
from bastion.oidc.provider import Provider
from bastion.oidc.trust import Trust
from bastion.policy.current import Current
from bastion.serve.initialise import initialise, load_secret
from bastion.serve.pages import web_application
from bastion.serve.webserver import WebServer
from bastion.state import State
from bastion.store.rows import Lock, Request
from bastion.store.sqlite.database import SqliteStore, open_store
from bastion.store.worker import StoreWorker
from bastion.verdict import Span
from tests.samples import wanted
from tests.servers.identity import RunningProvider, demo_provider, settings_for
from tests.servers.plain_http import plain_http

RULE = """
[[rule]]
id = "data-delete"
verdict = "hold"
message = "deletes data"
programs = ["rm"]
approvers = ["security"]
examples = [{ command = "rm x", verdict = "hold" }]
[[opaque]]
reason = "*"
verdict = "hold"
message = "cannot be read"
"""
GRANT = """
[[grant]]
id = "engineers"
groups = ["engineers"]
targets = ["gpu-*"]
logins = ["root"]
"""
HOST = """
[[host]]
name = "gpu-01"
address = "127.0.0.1"
host_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"]
"""
WANTED = wanted(subject="demo-engineer", account="engineer", dangerous=(Span(0, 6),))


class Later:
    """An application that is made once its port is known."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)


@dataclass
class Site:
    """A bastion's web pages."""

    url: str
    address: str
    clock: Clock
    links: Links
    worker: StoreWorker
    view: SqliteStore
    state: State
    config: Config
    current: Current

    def ask(self, **changes: Any) -> Request:
        """The engineer's request, or one like it, kept in the store."""
        row = new_request(
            replace(WANTED, **changes), clock=self.clock, seconds=300, approvers=("approvers",)
        )
        self.view.requests.add(row)
        return row

    def path(self, row: Request) -> str:
        """Where its page is."""
        return f"/approvals/{self.links.token(row)}"

    def request(self, row: Request) -> Request:
        """As it is now."""
        return self.view.requests.get(row.id)

    def audited(self) -> list[str]:
        """The codes in the audit log."""
        return [entry.code for entry in self.view.audit.entries(0, 1000)]

    def lock(self, kind: str, value: str) -> Lock:
        """A lock, as another process sets it."""
        row = Lock(new_id(self.clock), kind, value, "laptop stolen", self.clock.now(), "ops")
        self.view.locks.add(row)
        return row

    async def break_store(self) -> None:
        """From now on the store answers nothing."""
        await self.worker.run(lambda store: store.close())


@contextlib.asynccontextmanager
async def serving(
    folder: Path, clock: Clock, oidc: Oidc, http: httpx.AsyncClient, **web: Any
) -> AsyncIterator[Site]:
    """The pages of a bastion in *folder* that trusts *oidc*, on a port of their own."""
    later = Later()
    async with contextlib.AsyncExitStack() as stack:
        server = WebServer(later, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{await server.start()}"
        stack.push_async_callback(server.stop)
        config = configure(folder, oidc, {"url": address, **web})
        state = State(config.state_dir)
        initialise(state)
        worker = StoreWorker(lambda: open_store(state.database))
        stack.callback(worker.close)
        current = Current(config)
        links = Links(load_secret(state.link_secret), config.web.url)
        later.app = web_application(
            config,
            current=current,
            links=links,
            trust=Trust([Provider(found, http, clock) for found in (oidc, *oidc.more)]),
            store=worker,
            audit=AuditLog(worker, chain.load_signer(state.record_key), clock),
            clock=clock,
            authorities=await Authorities.open(config, clock),
        )
        view = stack.enter_context(contextlib.closing(open_store(state.database)))
        yield Site(config.web.url, address, clock, links, worker, view, state, config, current)


def configure(folder: Path, oidc: Oidc, web: dict[str, Any]) -> Config:
    """A configuration with small rules."""
    (folder / "rules" / "commands").mkdir(parents=True)
    (folder / "rules" / "access.toml").write_text(GRANT)
    (folder / "rules" / "commands" / "all.toml").write_text(RULE)
    (folder / "hosts.toml").write_text(HOST)
    return Config(
        state_dir=folder / "state",
        rules_dir=folder / "rules",
        hosts_file=folder / "hosts.toml",
        oidc=oidc,
        web=web,
        approval={"approvers": ["approvers"]},
    )


class Forms(HTMLParser):
    """The forms of a page, by where they go."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._now: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert given["method"] == "post"
            self._now = self.forms.setdefault(given["action"], {})
        if tag == "input":
            self._now[given["name"]] = given.get("value", "")


@dataclass
class Browser:
    """A browser: keeps cookies, sends forms with the headers that browsers add."""

    site: Site
    idp: RunningProvider | None
    http: httpx.AsyncClient
    elsewhere: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def open(self, path: str, **more: Any) -> httpx.Response:
        """Go to a page, not following where it leads."""
        return await self.http.get(path, **more)

    async def send(self, path: str, **changes: Any) -> httpx.Response:
        """Fill in the form on the page *path* that goes to itself (None takes a field out)."""
        page = await self.open(path)
        fields = {**Forms(page.text).forms.get(path, {}), **changes}
        return await self.post(path, {k: v for k, v in fields.items() if v is not None})

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """A form's POST, as from a page of ours unless *headers* say otherwise."""
        usual = {"Origin": self.site.url, "Sec-Fetch-Site": "same-origin"}
        given = {k.replace("_", "-"): v for k, v in headers.items()}
        return await self.http.post(path, data=fields, headers={**usual, **given})

    async def begin(self, **query: str) -> str:
        """Where `/login` sends us."""
        answer = await self.open("/login", params=query)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def answered(self, location: str, account: str) -> str:
        """Sign in at the provider; the callback it sends us to."""
        return await sign_in(self.elsewhere, location, account, self.idp.password)

    async def sign_in(self, account: str, **query: str) -> httpx.Response:
        """The answer that ends the sign-in."""
        return await self.open(await self.answered(await self.begin(**query), account))


def visible(page: httpx.Response) -> str:
    """The text of a page."""
    text = re.sub(r"<[^>]*>", "", page.text)
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'")):
        text = text.replace(entity, char)
    return re.sub(r"\s+", " ", text.replace("&amp;", "&"))


@pytest.fixture
async def idp(tmp_path, clock):
    """The demo provider."""
    async with demo_provider(tmp_path / "idp", clock=clock) as running:
        yield running


@pytest.fixture
async def outside():
    """An HTTP client for everything that is not the bastion."""
    async with plain_http() as http:
        yield http


@pytest.fixture
async def site(tmp_path, clock, idp, outside):
    """The pages."""
    async with serving(tmp_path, clock, settings_for(idp), outside) as running:
        yield running


@pytest.fixture
async def new_browser(site, idp, outside):
    """Makes browsers that have not signed in."""
    async with contextlib.AsyncExitStack() as stack:

        async def made(**headers: str) -> Browser:
            http = plain_http(base_url=site.address, headers=headers)
            return Browser(site, idp, await stack.enter_async_context(http), outside)

        yield made


@pytest.fixture
async def browser(new_browser):
    """A browser that has not signed in."""
    return await new_browser()


@pytest.fixture
async def approver(new_browser):
    """A browser in which the approver has signed in."""
    made = await new_browser()
    assert (await made.sign_in("approver")).status_code == 303
    return made


@pytest.fixture
async def engineer(new_browser):
    """A browser in which the engineer has signed in."""
    made = await new_browser()
    assert (await made.sign_in("engineer")).status_code == 303
    return made
