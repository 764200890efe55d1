"""Makes what a connection needs: the upstream connection and the relay of each channel.

What always holds: every relay gets a journal of its own and judges by the rules in force at that
moment. What it does not do: keep anything itself.
"""

from dataclasses import dataclass, replace

from bastion.approval.access import AccessDesk
from bastion.approval.desk import Desk
from bastion.approval.permits import PermitBook
from bastion.authorization import Authorization, Channel, door
from bastion.clock import Clock
from bastion.command.parser import Parser
from bastion.config.forwarding import Forwarding
from bastion.config.manners import Manners
from bastion.ids import new_id
from bastion.locks.book import LockBook
from bastion.policy.command_rules import CommandRules
from bastion.policy.current import Current
from bastion.policy.situation import situation_of
from bastion.refusal import Refusal
from bastion.relay.checkpoint import Checkpoint
from bastion.relay.clearance import Clearance
from bastion.relay.forward import Carriage, Depart, ForwardSession, May
from bastion.relay.journal import Journal, Journals, Opening
from bastion.relay.latency import Latency
from bastion.relay.live import Live
from bastion.relay.notices import Notices
from bastion.relay.pump import UserChannel
from bastion.relay.recheck import authorized_again
from bastion.relay.session import Holder, Makers, RelaySession, Show
from bastion.relay.straits import Straits
from bastion.relay.waiting import Waiting
from bastion.serve.alarm import CommandAlarm
from bastion.upstream.connection import Dialer, Link

_KEPT = (Channel.FORWARD, Channel.FORWARD_REMOTE)


@dataclass(frozen=True)
class RelayOpener:
    """The relays of one process share these parts."""

    dialer: Dialer
    journals: Journals
    parser: Parser
    current: Current
    desk: Desk
    clock: Clock
    live: Live
    locks: LockBook
    access: AccessDesk
    permits: PermitBook
    forwarding: Forwarding
    script_bytes: int
    straits: Straits
    manners: Manners
    alarm: CommandAlarm
    latency: Latency
    integration: bool

    def link(self, authorization: Authorization) -> Link:
        """The upstream connection to be dialed; its name ends up in the host's log."""
        return Link(self.dialer, authorization, new_id(self.clock))

    def relay(self, channel: UserChannel, link: Link, authorization: Authorization) -> RelaySession:
        """The relay of one channel."""
        makers = Makers(
            journal=lambda opening: self._journal(authorization, opening),
            checkpoint=self._checkpoint,
            strait=self.straits.find,
            script_bytes=self.script_bytes,
            latency=self.latency,
            integrates=self.integration and authorization.target.integration,
            motd=self.manners.motd,
            tells_host=self.manners.tell_host,
        )
        return RelaySession(channel, link, authorization, makers)

    def forward(
        self, carriage: Carriage, authorization: Authorization, depart: Depart
    ) -> ForwardSession:
        """The relay of one stream; agents and displays are never kept."""
        is_kept = self.forwarding.capture and carriage.kind in _KEPT
        return ForwardSession(
            replace(carriage, is_kept=is_kept),
            authorization,
            lambda opening: self._journal(authorization, opening, carriage.may),
            depart,
        )

    @property
    def max_listeners(self) -> int:
        """At how many places hosts may listen for one connection."""
        return self.forwarding.max_listeners

    async def _journal(
        self, authorization: Authorization, opening: Opening, may: May | None = None
    ) -> Journal | Refusal:
        """A journal, if rules and locks of this moment agree.

        A channel may be opened long before it asks for something to run.
        """
        kind, now = door(opening.kind, authorization.channels), self.clock.now()
        identity, rules = authorization.identity, self.current.rules
        permits = await self.permits.of(identity.subject) if rules.access.asks else ()
        answer = authorized_again(
            rules, authorization, kind, now=now, opened_at=now, permits=permits
        )
        if isinstance(answer, Refusal):
            return answer
        if may is not None and (refusal := may(answer)):
            return refusal
        refusal = await self.locks.refusal(authorization.identity, authorization.target.way)
        return refusal or await self.journals.open(answer, opening)

    def _checkpoint(
        self, journal: Journal, notices: Notices, show: Show, held: Holder
    ) -> Checkpoint:
        clearance = Clearance(
            self.parser, lambda: self._rules(held()), self.desk, journal, self.alarm
        )
        waiting = Waiting(self.desk, notices, show, self.clock)
        return Checkpoint(clearance, waiting, journal, notices, show)

    def _rules(self, authorization: Authorization) -> CommandRules:
        """The command rules in force, as they count for *authorization* at this moment."""
        situation = situation_of(authorization, self.clock.now())
        return self.current.rules.commands.within(situation)
