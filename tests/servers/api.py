"""The pages and the API of a bastion on real parts, and how a person logs in there.

async with bastion_api(folder, idp, http) as api:
    await api.log_in(Folder(folder / "client"), browser=True)
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from bastion import chain
from bastion.approval.link import Links
from bastion.audit.log import AuditLog
from bastion.ca.authorities import Authorities
from bastion.client.login import Shown, log_in
from bastion.client.server import Server
from bastion.clock import SystemClock
from bastion.config import parse
from bastion.demo.browser import approve_device, sign_in
from bastion.policy.current import Current
from bastion.rulepack import shipped_rules
from bastion.serve.initialise import initialise, load_secret
from bastion.serve.pages import web_application
from bastion.serve.trusted import trusted
from bastion.serve.webserver import WebServer
from bastion.state import State
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from tests.servers.identity import RunningProvider

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@contextlib.asynccontextmanager
async def serving(app):
    """*app* on a port of its own; its URL."""
    server = WebServer(app, "127.0.0.1", 0)
    port = await server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.stop()


@dataclass
class Api:
    """A bastion's pages and API; `url` is where they are."""

    url: str
    state: State
    idp: RunningProvider
    http: httpx.AsyncClient
    store: StoreWorker

    @property
    def server(self):
        return Server(self.url, self.http)

    def signing_in(self, account="engineer"):
        """How a person follows what the terminal shows, in a browser elsewhere."""
        tasks = []

        def device(code):
            tasks.append(
                asyncio.create_task(
                    approve_device(
                        self.http, code.verification_uri_complete, account, self.idp.password
                    )
                )
            )

        def browser(url):
            async def follow():
                back = await sign_in(self.http, url, account, self.idp.password)
                return await self.http.get(back)

            tasks.append(asyncio.create_task(follow()))

        return Shown(device=device, browser=browser), tasks

    async def log_in(self, folder, *, browser=False, agent="", url="", clock=None, **how):
        """Log in as a person would; what `log_in` says."""
        shown, tasks = self.signing_in()
        how |= {"use_browser": browser, "agent_socket": agent}
        try:
            return await log_in(
                Server(url or self.url, self.http),
                folder,
                self.http,
                clock or SystemClock(),
                shown,
                **how,
            )
        finally:
            await asyncio.gather(*tasks)

    async def browse(self, folder, browser, **how):
        """Log in by a *browser* that does as it likes with the URL; what `log_in` says."""
        shown = Shown(device=print, browser=browser)
        how |= {"use_browser": True, "agent_socket": ""}
        return await log_in(self.server, folder, self.http, SystemClock(), shown, **how)


@contextlib.asynccontextmanager
async def bastion_api(
    folder: Path,
    idp: RunningProvider,
    http: httpx.AsyncClient,
    *,
    oidc: Mapping[str, Any] = _NOTHING,
    workload: Sequence[Mapping[str, Any]] = (),
):
    """The API of a bastion in *folder*/state that trusts *idp*, and whoever else is configured."""
    (folder / "hosts.toml").write_text("")
    config = parse(
        {
            "state_dir": "state",
            "rules_dir": str(shipped_rules()),
            "hosts_file": "hosts.toml",
            "ssh": {"listen": {"host": "127.0.0.1", "port": 2222}, "host_patterns": ["gpu-*"]},
            "oidc": {"issuer": idp.issuer, "client_id": idp.client_id, **oidc},
            "workload": list(workload),
        },
        folder / "config.toml",
    )
    state, clock = State(config.state_dir), SystemClock()
    initialise(state)
    store = StoreWorker(lambda: open_store(state.database))

    async def client(_ca_file):
        return http

    app = web_application(
        config,
        current=Current(config),
        links=Links(load_secret(state.link_secret), config.web.url),
        trust=await trusted(config, client, clock),
        store=store,
        audit=AuditLog(store, chain.load_signer(state.record_key), clock),
        clock=clock,
        authorities=await Authorities.open(config, clock),
    )
    async with serving(app) as url:
        yield Api(url, state, idp, http, store)
    store.close()
