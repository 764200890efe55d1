"""Makes what a connection needs: the upstream connection and the relay of each channel.

What always holds: every relay gets a journal of its own and judges by the rules in force at that
moment. What it does not do: keep anything itself.
"""

from dataclasses import dataclass

from bastion.approval.desk import Desk
from bastion.authorization import Authorization
from bastion.clock import Clock
from bastion.command.parser import Parser
from bastion.ids import new_id
from bastion.policy.current import Current
from bastion.relay.checkpoint import Checkpoint
from bastion.relay.clearance import Clearance
from bastion.relay.journal import Journal, Journals
from bastion.relay.live import Live
from bastion.relay.notices import Notices
from bastion.relay.pump import UserChannel
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

    def link(self, authorization: Authorization) -> Link:
        """The upstream connection to be dialed; its name ends up in the host's log."""
        return Link(self.dialer, authorization, new_id(self.clock))

    def relay(self, channel: UserChannel, link: Link) -> RelaySession:
        """The relay of one channel."""
        makers = Makers(
            journal=lambda opening: self.journals.open(link.authorization, opening),
            checkpoint=self._checkpoint,
        )
        return RelaySession(channel, link, makers)

    def _checkpoint(self, journal: Journal, notices: Notices, show: Show) -> Checkpoint:
        clearance = Clearance(self.parser, lambda: self.current.rules.commands, self.desk, journal)
        waiting = Waiting(self.desk, notices, show, self.clock)
        return Checkpoint(clearance, waiting, journal, notices, show)
