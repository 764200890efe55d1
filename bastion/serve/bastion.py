"""One bastion process: made from the configuration, started, reloaded, stopped.

    store, audit → rules → parser → SSH listener and web server, in this order; stopped backwards

What always holds: nothing is served before everything is there; what another process left open is
closed first; a reload that fails changes nothing. What it does not do: read the configuration, or
handle signals.
"""

import asyncio
import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import structlog

from bastion import chain
from bastion.approval.desk import Desk
from bastion.approval.link import Links
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.ca import keys
from bastion.ca.issue import AccessAuthority, HostAuthority
from bastion.clock import Clock
from bastion.command.parser import Parser
from bastion.config import Config, Listen
from bastion.downstream.listener import Listener
from bastion.downstream.reception import Reception
from bastion.errors import ConfigError, RulesError
from bastion.oidc.provider import Provider
from bastion.policy.current import Current
from bastion.recording.library import Library
from bastion.relay.journal import Journals
from bastion.relay.live import Live
from bastion.serve.initialise import initialise, load_secret
from bastion.serve.messengers import messengers
from bastion.serve.opener import RelayOpener
from bastion.serve.pages import web_application
from bastion.serve.recover import recover_sessions
from bastion.serve.webserver import WebServer
from bastion.state import State
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from bastion.upstream.connection import Dialer

_LOG = structlog.get_logger()
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Ports:
    """Where a started bastion listens."""

    ssh: int
    web: int


class Bastion:
    """One bastion; raises ConfigError, RulesError or StoreError when it cannot be made."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._state = State(config.state_dir)
        self._current = Current(config)
        self._closing = AsyncExitStack()
        self._audit: AuditLog | None = None

    async def start(self) -> Ports:
        """Serve; raises ConfigError with a sentence for the operator."""
        initialise(self._state)
        try:
            return await self._start()
        except BaseException:
            await self._closing.aclose()
            raise

    async def stop(self) -> None:
        """End every session, keep what must be kept, let go of everything."""
        if self._audit is not None:
            await self._audit.append(AuditCode.SERVER_STOPPED)
        await self._closing.aclose()

    async def reload(self) -> None:
        """Read rules, access and inventory again; what cannot be used changes nothing."""
        if self._audit is None:
            return
        try:
            await asyncio.to_thread(self._current.reload)
        except RulesError as error:
            _LOG.error("rules refused; the old ones stay in force", cause=str(error))
            await self._audit.append(AuditCode.RULES_REFUSED, cause=str(error))
        else:
            _LOG.info("rules loaded")
            await self._audit.append(AuditCode.RULES_LOADED)

    async def _start(self) -> Ports:
        config, clock, state = self._config, self._clock, self._state
        store = StoreWorker(lambda: open_store(state.database))
        self._closing.callback(store.close)
        signer = chain.load_signer(state.record_key)
        audit = AuditLog(store, signer, clock)
        library = Library(state.recordings)
        await recover_sessions(store, audit, library, signer, clock)
        parser = await self._parser()
        http, provider_http = await self._client(None), await self._client(config.oidc.ca_file)
        links = Links(load_secret(state.link_secret), config.web.url)
        chats = messengers(config.chat, http, clock)
        desk = Desk(store, audit, clock, config.approval, links=links, messengers=chats)
        self._closing.push_async_callback(desk.close)
        web = web_application(
            config,
            current=self._current,
            links=links,
            provider=Provider(config.oidc, provider_http, clock),
            store=store,
            audit=audit,
            clock=clock,
        )
        web_port = await self._serve_web(web)
        journals = Journals(library, signer, store, audit, clock)
        opener = RelayOpener(self._dialer(), journals, parser, self._current, desk, clock, Live())
        reception = Reception(self._current, store, audit, clock)
        ssh_port = await self._listen(reception, opener)
        await audit.append(AuditCode.SERVER_STARTED, ssh=ssh_port, web=web_port)
        self._audit = audit
        return Ports(ssh_port, web_port)

    async def _parser(self) -> Parser:
        settings = self._config.commands
        parser = Parser(
            workers=settings.workers,
            deadline_seconds=settings.parse_milliseconds / 1000,
            max_bytes=settings.max_bytes,
        )
        await parser.start()
        self._closing.push_async_callback(parser.stop)
        return parser

    async def _client(self, ca_file: object) -> httpx.AsyncClient:
        """An HTTP client that trusts the system's CAs, or only those in *ca_file*."""
        try:
            context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        except OSError as error:
            raise ConfigError(f"{ca_file}: cannot be used as CA file: {error}") from error
        # trust_env off: a proxy from the environment must not carry tokens.
        client = httpx.AsyncClient(verify=context, trust_env=False)
        return await self._closing.enter_async_context(client)

    def _dialer(self) -> Dialer:
        settings = self._config.upstream
        authority = AccessAuthority(
            keys.load(self._state.access_ca),
            self._clock,
            seconds=settings.certificate_seconds,
            source_addresses=settings.source_addresses,
        )
        return Dialer(authority.key_pair, settings)

    async def _serve_web(self, app: object) -> int:
        settings = self._config.web
        server = WebServer(
            app,
            settings.listen.host,
            settings.listen.port,
            certificate=settings.tls_certificate,
            key=settings.tls_key,
        )
        try:
            port = await server.start()
        except OSError as error:
            raise _taken("web", settings.listen, error) from error
        self._closing.push_async_callback(server.stop)
        return port

    async def _listen(self, reception: Reception, opener: RelayOpener) -> int:
        state, settings = self._state, self._config.ssh
        listener = Listener(
            settings,
            host_key=keys.load(state.host_key),
            host_authority=HostAuthority(keys.load(state.host_ca), self._clock),
            user_cas=frozenset({keys.load(state.user_ca).convert_to_public()}),
            reception=reception,
            opener=opener,
            clock=self._clock,
        )
        try:
            port = await listener.start()
        except OSError as error:
            raise _taken("ssh", settings.listen, error) from error
        self._closing.push_async_callback(listener.stop, _STOP_SECONDS)
        return port


def _taken(section: str, listen: Listen, error: OSError) -> ConfigError:
    return ConfigError(
        f"{section}.listen: cannot listen on {listen.host} port {listen.port}: "
        f"{error.strerror or error}"
    )
