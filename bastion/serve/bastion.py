"""One bastion process: made from the configuration, started, reloaded, stopped.

    store, audit → rules → parser → SSH listener and web server, in this order; stopped backwards

What always holds: nothing is served before everything is there; what another process left open is
closed first; a reload that fails changes nothing. What it does not do: read the configuration, or
handle signals.
"""

import ssl
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from bastion import chain
from bastion.approval.access import AccessDesk
from bastion.approval.chat.messenger import Messenger
from bastion.approval.desk import Desk
from bastion.approval.link import Links
from bastion.approval.permits import PermitBook
from bastion.approval.telling import Telling
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.ca import keys
from bastion.ca.authorities import Authorities
from bastion.ca.issue import AccessAuthority, HostAuthority
from bastion.ca.signatories import Signatories
from bastion.clock import Clock
from bastion.command.parser import Parser
from bastion.config import Config, Listen
from bastion.downstream.listener import Listener
from bastion.downstream.reception import Reception
from bastion.errors import ConfigError, cause, reason
from bastion.locks.book import LockBook
from bastion.looking import Looking
from bastion.oidc.trust import Trust
from bastion.policy.current import Current
from bastion.recording.library import Library
from bastion.relay.journal import Journals
from bastion.relay.latency import Latency
from bastion.relay.live import Live
from bastion.relay.straits import Straits
from bastion.relay.warden import Warden
from bastion.sealing.several import sealer as sealer_of
from bastion.serve.alarm import CommandAlarm, HostKeyAlarm, Teller
from bastion.serve.authorities import reload_keys
from bastion.serve.initialise import initialise, load_secret
from bastion.serve.measured import Measured
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
_SETTLE_SECONDS = 15.0
_MEASURED_SECONDS = 5.0


@dataclass(frozen=True)
class _Common:
    """What both doors work with."""

    store: StoreWorker
    signer: chain.Signer
    audit: AuditLog
    library: Library
    authorities: Authorities
    trust: Trust
    links: Links
    chats: Sequence[Messenger]
    telling: Telling


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
        self._latency = Latency()
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
        common = await self._common()
        opener = await self._opener(common)
        web_port = await self._serve_web(self._pages(common))
        ssh_port = await self._listen(common, opener)
        await common.audit.append(AuditCode.SERVER_STARTED, ssh=ssh_port, web=web_port)
        self._audit, self._authorities = common.audit, common.authorities
        self._keeper = RulesKeeper(self._current, common.audit)
        self._keeper.start()
        self._closing.push_async_callback(self._keeper.stop)
        return Ports(ssh_port, web_port)

    async def _common(self) -> _Common:
        config, clock, state = self._config, self._clock, self._state
        store = StoreWorker(lambda: open_store(state.database))
        self._closing.callback(store.close)
        signer = chain.load_signer(state.record_key)
        audit = AuditLog(store, signer, clock)
        self._settle(audit)
        library = Library(state.recordings)
        await recover_sessions(store, audit, library, signer, clock)
        authorities = await Authorities.open(config, clock)
        self._closing.callback(authorities.tokens.close)
        chats = messengers(config.chat, await self._client(None), clock)
        links = Links(load_secret(state.link_secret), config.web.url)
        telling = Telling(audit, links, chats)
        self._closing.push_async_callback(telling.close)
        return _Common(
            store,
            signer,
            audit,
            library,
            authorities,
            trust=await trusted(config, self._client, clock),
            links=links,
            chats=chats,
            telling=telling,
        )

    async def _opener(self, common: _Common) -> RelayOpener:
        """What opens relays, with all that stands between a user and a host."""
        store, audit, clock = common.store, common.audit, self._clock
        parser = await self._parser()
        desk = Desk(store, clock, self._config.approval, common.telling)
        teller = Teller(audit, common.chats)
        self._closing.push_async_callback(teller.close)
        alarm = HostKeyAlarm(audit, teller)
        live = Live()
        self._guard(live)
        self._measure()
        return RelayOpener(
            self._dialer(common.authorities, store, alarm),
            Journals(common.library, common.signer, store, audit, clock),
            parser,
            self._current,
            desk,
            clock,
            live,
            LockBook(store, clock),
            self._access(common),
            PermitBook(store, clock),
            self._config.forwarding,
            script_bytes=self._config.commands.script_bytes,
            manners=self._config.manners,
            alarm=CommandAlarm(teller),
            latency=self._latency,
            integration=self._config.gate.integration,
            straits=Straits(
                lambda: self._current.rules,
                clock,
                common.library,
                self._config.files.copy_max_bytes,
            ),
        )

    def _access(self, common: _Common) -> AccessDesk:
        """Where access is asked for that needs an approval."""
        settings = self._config.approval
        return AccessDesk(common.store, common.audit, self._clock, settings, common.telling)

    def _pages(self, common: _Common) -> object:
        return web_application(
            self._config,
            current=self._current,
            links=common.links,
            trust=common.trust,
            store=common.store,
            audit=common.audit,
            clock=self._clock,
            authorities=common.authorities,
        )

    def _settle(self, audit: AuditLog) -> None:
        """Have refusals that are only counted written, every few seconds and at the end."""
        settling = Looking("refusals that were counted", audit.settle, seconds=_SETTLE_SECONDS)
        settling.start()
        self._closing.push_async_callback(audit.settle)
        self._closing.push_async_callback(settling.stop)

    def _measure(self) -> None:
        """Keep what lines wait where `bastion status --latency` looks."""
        measured = Measured(self._state.measured, self._latency, self._clock)
        looking = Looking("what lines wait", measured.write, seconds=_MEASURED_SECONDS)
        looking.start()
        self._closing.callback(measured.remove)
        self._closing.push_async_callback(looking.stop)

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
            permits=PermitBook(reader, self._clock),
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
            raise ConfigError(f"{ca_file}: cannot be used as CA file: {cause(error)}") from error
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
        sealer = sealer_of(
            settings.sealing, settings.sealing_before, self._state.sealing_key, authorities.tokens
        )
        return Dialer(
            authority.key_pair, settings, Vault(store, sealer), alarm, self._config.algorithms
        )

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

    async def _listen(self, common: _Common, opener: RelayOpener) -> int:
        state, settings, authorities = self._state, self._config.ssh, common.authorities
        listener = Listener(
            settings,
            host_key=keys.load(state.host_key),
            host_authority=HostAuthority(authorities.host, self._clock),
            signatories=Signatories(authorities.user, self._config.ca.outside),
            reception=Reception(
                self._current, common.store, common.audit, self._clock, self._config.limits
            ),
            opener=opener,
            clock=self._clock,
            device_login=device_login(self._config, common.trust, self._clock),
            limits=self._config.limits,
            algorithms=self._config.algorithms,
            banner=self._config.manners.banner,
        )
        try:
            port = await listener.start()
        except OSError as error:
            raise _taken("ssh", settings.listen, error) from error
        self._closing.push_async_callback(listener.stop, _STOP_SECONDS)
        return port


def _taken(section: str, listen: Listen, error: OSError) -> ConfigError:
    where = f"{listen.host} port {listen.port}"
    return ConfigError(f"{section}.listen: cannot listen on {where}: {reason(error)}")
