"""One bastion process: made from the configuration, started, reloaded, stopped.

    store, audit → rules → parser → SSH listener and web server, in this order; stopped backwards

What always holds: nothing is served before everything is there; what another process left open is
closed first; a reload that fails changes nothing. What it does not do: read the configuration, or
handle signals.
"""

import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from bastion import chain, sealing
from bastion.approval.desk import Desk
from bastion.approval.link import Links
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.ca import keys
from bastion.ca.authorities import Authorities
from bastion.ca.issue import AccessAuthority, HostAuthority
from bastion.ca.signatories import Signatories
from bastion.clock import Clock
from bastion.command.parser import Parser
from bastion.config import Config, Listen
from bastion.downstream.device_login import DeviceLogin
from bastion.downstream.listener import Listener
from bastion.downstream.reception import Reception
from bastion.errors import ConfigError
from bastion.locks.book import LockBook
from bastion.policy.current import Current
from bastion.recording.library import Library
from bastion.relay.journal import Journals
from bastion.relay.live import Live
from bastion.relay.warden import Warden
from bastion.serve.alarm import HostKeyAlarm
from bastion.serve.authorities import reload_keys
from bastion.serve.initialise import initialise, load_secret
from bastion.serve.messengers import messengers
from bastion.serve.opener import RelayOpener
from bastion.serve.pages import web_application
from bastion.serve.recover import recover_sessions
from bastion.serve.rules import RulesKeeper
from bastion.serve.trusted import device_login, trusted
from bastion.serve.webserver import WebServer
from bastion.state import State
from bastion.store.sqlite.database import open_readonly, open_store
from bastion.store.worker import StoreWorker
from bastion.upstream.connection import Dialer
from bastion.upstream.vault import Vault

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
        self._authorities: Authorities | None = None
        self._keeper: RulesKeeper | None = None

    async def start(self) -> Ports:
        """Serve; raises ConfigError with a sentence for the operator."""
        initialise(self._state, self._config.ca)
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
        """Read rules, access, inventory and CA keys again; what cannot be used changes nothing."""
        if self._keeper is not None:
            await self._keeper.reload()
        if self._authorities is not None and self._audit is not None:
            await reload_keys(self._authorities, self._config, self._clock, self._audit)

    async def _start(self) -> Ports:
        config, clock, state = self._config, self._clock, self._state
        store = StoreWorker(lambda: open_store(state.database))
        self._closing.callback(store.close)
        signer = chain.load_signer(state.record_key)
        audit = AuditLog(store, signer, clock)
        library = Library(state.recordings)
        await recover_sessions(store, audit, library, signer, clock)
        authorities = self._authorities = await Authorities.open(config, clock)
        self._closing.callback(authorities.tokens.close)
        parser = await self._parser()
        http = await self._client(None)
        links = Links(load_secret(state.link_secret), config.web.url)
        chats = messengers(config.chat, http, clock)
        desk = Desk(store, audit, clock, config.approval, links=links, messengers=chats)
        self._closing.push_async_callback(desk.close)
        trust = await trusted(config, self._client, clock)
        web = web_application(
            config,
            current=self._current,
            links=links,
            trust=trust,
            store=store,
            audit=audit,
            clock=clock,
            authorities=authorities,
        )
        web_port = await self._serve_web(web)
        journals = Journals(library, signer, store, audit, clock)
        alarm = HostKeyAlarm(audit, chats)
        self._closing.push_async_callback(alarm.close)
        live, locks = Live(), LockBook(store, clock)
        opener = RelayOpener(
            self._dialer(authorities, store, alarm),
            journals,
            parser,
            self._current,
            desk,
            clock,
            live,
            locks,
        )
        self._guard(live)
        reception = Reception(self._current, store, audit, clock)
        ssh_port = await self._listen(
            authorities, reception, opener, device_login(config, trust, clock)
        )
        await audit.append(AuditCode.SERVER_STARTED, ssh=ssh_port, web=web_port)
        self._audit = audit
        self._keeper = RulesKeeper(self._current, audit)
        self._keeper.start()
        self._closing.push_async_callback(self._keeper.stop)
        return Ports(ssh_port, web_port)

    def _guard(self, live: Live) -> None:
        """Have a warden look after what lives, with a way to the store that no write holds up."""
        reader = StoreWorker(lambda: open_readonly(self._state.database))
        self._closing.callback(reader.close)
        book = LockBook(reader, self._clock)
        warden = Warden(
            live,
            book,
            lambda: self._current.rules,
            self._clock,
            end_with_certificate=self._config.certificates.end_sessions,
        )
        warden.start()
        self._closing.push_async_callback(warden.stop)

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

    def _dialer(self, authorities: Authorities, store: StoreWorker, alarm: HostKeyAlarm) -> Dialer:
        settings = self._config.upstream
        authority = AccessAuthority(
            authorities.access,
            self._clock,
            seconds=settings.certificate_seconds,
            source_addresses=settings.source_addresses,
        )
        sealer = sealing.load(settings.sealing_key_file or self._state.sealing_key)
        return Dialer(authority.key_pair, settings, Vault(store, sealer), alarm)

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

    async def _listen(
        self,
        authorities: Authorities,
        reception: Reception,
        opener: RelayOpener,
        sign_ins: DeviceLogin | None,
    ) -> int:
        state, settings = self._state, self._config.ssh
        listener = Listener(
            settings,
            host_key=keys.load(state.host_key),
            host_authority=HostAuthority(authorities.host, self._clock),
            signatories=Signatories(authorities.user, self._config.ca.outside),
            reception=reception,
            opener=opener,
            clock=self._clock,
            device_login=sign_ins,
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
