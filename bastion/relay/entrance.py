"""Lets somebody who sits at a terminal in: opens the host's session behind a gate.

    the shell asks by itself → else its screen alone is judged, where rules let that be

What always holds: nothing is opened without a gate; a shell that does not ask is entered only after
a ruling on that, and so is one that asks for lines alone. A host that opens no second channel
beside the one by which its shell would ask gets that one back. What it does not do: judge, or know
what the scripts on the host do.
"""

import asyncio
from dataclasses import dataclass

from asyncssh import ChannelOpenError

from bastion.relay.checkpoint import Checkpoint
from bastion.relay.gate import Gate
from bastion.relay.integration import OFF, integrated, is_interactive
from bastion.relay.latency import Latency
from bastion.relay.notices import Notices
from bastion.relay.rulings import Rulings
from bastion.relay.strait import Strait
from bastion.relay.wire import Asked, Wire
from bastion.relay.witness import Witness
from bastion.upstream.connection import UpstreamConnection

_NO_ROOM = "the host opened no channel for it beside the one that it asks by"
_LINES_ALONE = frozenset({"fish"})
_PARTLY = "it asks for lines, but not for each command of one"
_ROOM_SECONDS = (0.05, 0.2, 1.0)  # a host may see a moment later that a channel is over


@dataclass(frozen=True)
class Entrance:
    """The entrance of one session.

    Attributes:
        cells: the terminal's columns and rows.
    """

    connection: UpstreamConnection
    asked: Asked
    cells: tuple[int, int]
    wire: Wire
    rulings: Rulings
    checkpoint: Checkpoint
    notices: Notices
    latency: Latency
    strait: Strait | None

    async def open(self, *, integrates: bool) -> None:
        """Start what was asked for; a shell so that it asks, if that is wanted and can be.

        Raises asyncssh.Error.
        """
        if not is_interactive(self.asked):
            await self._open(self.asked, self._gate())
            return
        cause = await self._open_asking() if integrates else OFF
        if cause and await self.rulings.enters(cause):
            await self._open_alone(_ROOM_SECONDS if cause is _NO_ROOM else ())

    async def _open_asking(self) -> str:
        """Start a shell that asks; why that cannot be, where it cannot."""
        gate = self._gate()
        opened = await integrated(self.connection, self.asked, gate)
        if isinstance(opened, str):
            return opened
        self.wire.side = opened.side
        if opened.side.shell in _LINES_ALONE and not await self.rulings.enters(_PARTLY):
            gate.close()
            await opened.side.leave()
            return ""
        self.notices.is_ended_by_shell = opened.side.shell == "bash"
        try:
            await self._open(opened.asked, gate)
        except ChannelOpenError:
            gate.close()
            self.notices.is_ended_by_shell = False
            await opened.side.leave()
            return _NO_ROOM
        return ""

    async def _open_alone(self, pauses: tuple[float, ...]) -> None:
        """Start the shell as it is, after *pauses* where the host refuses it."""
        for pause in pauses:
            try:
                return await self._open(self.asked, self._gate())
            except ChannelOpenError:
                await asyncio.sleep(pause)
        return await self._open(self.asked, self._gate())

    async def _open(self, asked: Asked, gate: Gate) -> None:
        await self.wire.open(self.connection, asked, gate, self.strait)

    def _gate(self) -> Gate:
        gate = Gate(Witness(*self.cells), self.wire, self.rulings, self.latency)
        self.checkpoint.screen, self.notices.is_at_start = gate.screen, gate.is_at_start
        return gate
