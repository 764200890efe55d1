"""Makes what a connection needs: the upstream connection and the relay of each channel.

What always holds: every relay gets a journal of its own and judges by the rules in force at that
moment. What it does not do: keep anything itself.
"""

from dataclasses import dataclass

from bastion.approval.desk import Desk
from bastion.authorization import Authorization, Channel
from bastion.clock import Clock
from bastion.command.parser import Parser
from bastion.ids import new_id
from bastion.locks.book import LockBook
from bastion.policy.current import Current
from bastion.refusal import Refusal
from bastion.relay.checkpoint import Checkpoint
from bastion.relay.clearance import Clearance
from bastion.relay.journal import Journal, Journals, Opening
from bastion.relay.live import Live
from bastion.relay.notices import Notices
from bastion.relay.pump import UserChannel
from bastion.relay.recheck import authorized_again
from bastion.relay.session import Makers, RelaySession, Show
from bastion.relay.waiting import Waiting
from bastion.upstream.connection import Dialer, Link


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

    def link(self, authorization: Authorization) -> Link:
        """The upstream connection to be dialed; its name ends up in the host's log."""
        return Link(self.dialer, authorization, new_id(self.clock))

    def relay(self, channel: UserChannel, link: Link, authorization: Authorization) -> RelaySession:
        """The relay of one channel."""
        makers = Makers(
            journal=lambda opening: self._journal(authorization, opening),
            checkpoint=self._checkpoint,
        )
        return RelaySession(channel, link, authorization, makers)

    async def _journal(self, authorization: Authorization, opening: Opening) -> Journal | Refusal:
        """A journal, if rules and locks of this moment agree.

        A channel may be opened long before it asks for something to run.
        """
        kind, now = Channel(opening.kind), self.clock.now()
        answer = authorized_again(self.current.rules, authorization, kind, now=now, opened_at=now)
        if isinstance(answer, Refusal):
            return answer
        refusal = await self.locks.refusal(authorization.identity, authorization.target.way)
        return refusal or await self.journals.open(answer, opening)

    def _checkpoint(self, journal: Journal, notices: Notices, show: Show) -> Checkpoint:
        clearance = Clearance(self.parser, lambda: self.current.rules.commands, self.desk, journal)
        waiting = Waiting(self.desk, notices, show, self.clock)
        return Checkpoint(clearance, waiting, journal, notices, show)
