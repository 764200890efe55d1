"""The wire of one session: both channels joined, every byte recorded before it is written.

    user keys → (gate) → record → host          host output → record → (witness) → user

What always holds: what cannot be recorded is not written, and breaks the wire; input that comes
before the host is there waits in bounded memory. What it does not do: decide; it tells `over` how
it ended.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from asyncssh import ChannelOpenError
from asyncssh.constants import EXTENDED_DATA_STDERR

from bastion.authorization import SFTP
from bastion.errors import RecordingError, UpstreamError
from bastion.events import Event, Exit, Input, Masked, Output, Resize, Stream
from bastion.guards.lending import Lent
from bastion.guards.speed import MAX_PACKET_BYTES
from bastion.refusal import Code
from bastion.relay.feed import Feed
from bastion.relay.gate import Gate
from bastion.relay.journal import Journal, Opening
from bastion.relay.paste import CANCEL
from bastion.relay.pump import HostHalf, UserChannel, Valve
from bastion.relay.side_channel import SideChannel
from bastion.relay.strait import Strait
from bastion.screen import bounded
from bastion.upstream.connection import UpstreamConnection

_EARLY_BYTES = 64 * 1024
_EARLY_SIGNALS = 8
_ENDING = frozenset({"INT", "TERM", "HUP"})  # like Ctrl-C, they take a request back that waits
_USUAL_SIZE = (80, 24)
REFUSED = "refused"
"""The ending of a session whose command was stopped."""


@dataclass(frozen=True)
class Terminal:
    """The terminal that the client asked for (RFC 4254 section 6.2)."""

    term: str
    size: tuple[int, int, int, int]
    modes: Mapping[int, int]

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and rows; the usual ones where the client gave none."""
        cols, rows, _, _ = self.size
        return (cols, rows) if cols and rows else _USUAL_SIZE


def sized(size: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """*size* as the host is told it: that of the screen that the lines are read off."""
    cols, rows, width, height = size
    known_cols, known_rows = bounded(cols, rows)
    return known_cols if cols else 0, known_rows if rows else 0, width, height


@dataclass(frozen=True)
class Asked:
    """What the channel is to run."""

    kind: str
    command: str
    terminal: Terminal | None
    environment: tuple[tuple[bytes, bytes], ...]
    lent: Lent | None = None

    def told(self, account: str, session_id: str) -> "Asked":
        """The same, and the host is told who it is and which session, if its sshd wants to know."""
        named = ((b"BASTION_USER", account.encode()), (b"BASTION_SESSION", session_id.encode()))
        return replace(self, environment=(*self.environment, *named))

    def opening(self) -> Opening:
        """The same, for the journal."""
        if self.terminal is None:
            return Opening(self.kind, self.command)
        return Opening(self.kind, self.command, self.terminal.term, self.terminal.cells)


class Wire:
    """Joins the user's channel with the host's.

    Attributes:
        terminal: the user's terminal, as it is now; None without one.
        over: becomes the session's ending, or the error that broke the wire.
        exit: how the host's side ended, once it has.
        side: where the host's shell asks; closed with the wire.
        feed: where standard input is judged before it goes on; None where it is data.
        cancel: called for Ctrl-C before the host is there; True if that cancelled something.
        make_room: what is to be shown before the host's output, so that a notice stands in no way.
        resized: told of the terminal's new width.
        taken_bytes: how much has come from the user.
        given_bytes: how much has come from the host.
    """

    def __init__(self, channel: UserChannel) -> None:
        self._channel = channel
        self._journal: Journal | None = None
        self._host: HostHalf | None = None
        self._gate: Gate | None = None
        self._strait: Strait | None = None
        self._user_valve = Valve()
        self._early, self._is_input_over = bytearray(), False
        self._early_signals: list[str] = []
        self.terminal: Terminal | None = None
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.exit: Exit | None = None
        self.feed: Feed | None = None
        self.side: SideChannel | None = None
        self.cancel: Callable[[], bool] = lambda: False
        self.make_room: Callable[[], bytes] = bytes
        self.resized: Callable[[int], object] = int
        self.taken_bytes = self.given_bytes = 0

    @property
    def is_full_screen(self) -> bool:
        """Whether a full-screen program is shown."""
        return self._gate is not None and self._gate.is_full_screen

    def attach(self, journal: Journal) -> None:
        """Record into *journal* from now on."""
        self._journal = journal
        self._user_valve.attach(self._channel)

    async def open(
        self,
        connection: UpstreamConnection,
        asked: Asked,
        gate: Gate | None,
        strait: Strait | None = None,
    ) -> None:
        """Start the session on the host and join the channels; raises asyncssh.Error."""
        terminal = self.terminal
        host = HostHalf(self._channel, self, asked.lent)
        self._gate, self._strait = gate, strait
        if strait is not None:
            strait.attach(self)
        try:
            await connection.create_session(
                lambda: host,
                asked.command if asked.kind == "exec" else None,
                subsystem=SFTP if asked.kind == SFTP else None,
                env=list(asked.environment),
                request_pty="force" if terminal else False,
                term_type=terminal.term if terminal else None,
                term_size=terminal.size if terminal else (0, 0, 0, 0),
                term_modes=dict(terminal.modes) if terminal else {},
                encoding=None,
                max_pktsize=MAX_PACKET_BYTES,
            )
        except asyncio.CancelledError:
            if host.channel:
                host.channel.close()
            raise
        except ChannelOpenError as error:
            if asked.kind != SFTP:
                raise
            # The connection stands: it is the subsystem that the host does not have.
            raise UpstreamError(Code.NO_FILE_SERVER, f"subsystem sftp: {error}") from error
        self._host = host
        self._catch_up(asked.terminal)

    def close(self) -> None:
        """Close both channels."""
        if self._gate is not None:
            self._gate.close()
        if self.feed is not None:
            self.feed.close()
        if self._host is not None and self._host.channel:
            self._host.channel.close()
        if self.side is not None:
            self.side.close()
        self._channel.close()

    # From the user.

    def input(self, data: bytes) -> None:
        """The user sent *data*."""
        self.taken_bytes += len(data)
        if self.over.done():
            return
        if self._host is None:
            self._keep(data)
        elif self._strait is not None:
            self._guarded(lambda strait: strait.from_user(data))
        elif self._gate is not None:
            self._gate.keys(data)
        elif self.feed is not None:
            self.feed.take(data)
        else:
            self.keys(data, hidden=False)

    def input_ended(self) -> None:
        """The user will send no more."""
        self._is_input_over = True
        if self._host is not None and self._strait is not None:
            self._guarded(lambda strait: strait.user_ended())
        elif self._host is not None and self.feed is not None:
            self.feed.end()
        else:
            self.end_keys()

    def resize(self, size: tuple[int, int, int, int]) -> None:
        """The terminal has a new size."""
        if self.terminal is None:
            return
        self.terminal = replace(self.terminal, size=size)
        self.resized(self.terminal.cells[0])
        if self._host is not None and self._host.channel:
            cols, rows = self.terminal.cells
            if self._recorded(Resize(cols, rows)):
                self._host.channel.change_terminal_size(*size)
            if self._gate is not None:
                self._gate.resize(cols, rows)

    def signal(self, name: str) -> None:
        """The user sent a signal (RFC 4254 section 6.9); before the host is there, it waits."""
        if self._host is None:
            if not (name in _ENDING and self.cancel()):
                self._early_signals = [*self._early_signals, name][-_EARLY_SIGNALS:]
        elif self._host.channel:
            self._host.channel.send_signal(name)

    def send_break(self, milliseconds: int) -> None:
        """The user sent a break (RFC 4335)."""
        if self._host is not None and self._host.channel:
            self._host.channel.send_break(milliseconds)

    def hold_host(self, why: str, *, on: bool) -> None:
        """Stop (or go on) reading from the host."""
        if self._host is not None:
            self._host.valve.hold(why, on=on)

    def output_refused(self) -> None:
        """The client takes no more output."""
        if self._host is not None:
            self._host.refuse_output()

    # From the host (pump.Ends).

    def from_host(self, data: bytes, stream: Stream) -> bool:
        """Record what the host sent; False if it may not be passed on."""
        self.given_bytes += len(data)
        if self._strait is not None and stream == "stdout":
            self._guarded(lambda strait: strait.from_host(data))
            return False
        if room := self.make_room():
            self._shown(room)
        return self._recorded(Output(data, stream))

    def passed_on(self, data: bytes) -> None:
        """Let the gate see what the user will see; no key is handled before that is done."""
        if self._gate is not None:
            self._gate.output(data)

    def host_ended(self, exit_: Exit | None) -> None:
        """The host's channel is closed; everything was delivered."""
        self.exit = exit_
        self.end("exit" if exit_ else "host-closed")

    def hold_user(self, why: str, *, on: bool) -> None:
        """Stop (or go on) reading from the user."""
        self._user_valve.hold(why, on=on)

    # From a strait, which records what it writes (strait.Ways).

    def to_host(self, data: bytes) -> None:
        """Send *data* to the host."""
        channel = self._host.channel if self._host else None
        if channel and not channel.is_closing() and not self.over.done():
            channel.write(data)

    def to_user(self, data: bytes) -> None:
        """Send *data* to the user, who may be gone."""
        if not self._channel.is_closing() and not self.over.done():
            self._channel.write(data)

    def _guarded(self, act: Callable[[Strait], None]) -> None:
        """Let the strait act; what it raises ends the session, and never reaches asyncssh."""
        if self._strait is None or self.over.done():
            return
        try:
            act(self._strait)
        except Exception as error:  # noqa: BLE001  whatever it is: nothing more passes
            self.break_(error)

    # From the gate (gate.Host), the feed (feed.Host) and the session.

    def end_keys(self) -> None:
        """No more input goes to the host."""
        channel = self._host.channel if self._host else None
        if channel and not channel.is_closing():
            channel.write_eof()

    def keys(self, data: bytes, *, hidden: bool) -> None:
        """Record input, then send it to the host."""
        if self._recorded(Masked() if hidden else Input(data)):
            channel = self._host.channel if self._host else None
            if channel and not channel.is_closing():
                channel.write(data)

    def show(self, notice: bytes) -> None:
        """Record the bastion's own *notice*, then show it; raises RecordingError."""
        stream: Stream = "stdout" if self.terminal else "stderr"
        if self._journal is not None:
            self._journal.record(Output(notice, stream, notice=True))
        self.show_unrecorded(notice)

    def _shown(self, notice: bytes) -> None:
        """Show *notice*; what cannot be recorded breaks the wire."""
        try:
            self.show(notice)
        except RecordingError as error:
            self.break_(error)

    def show_unrecorded(self, notice: bytes) -> None:
        """Show a fixed sentence when nothing can be recorded any more."""
        if not self._channel.is_closing():
            self._channel.write(notice, None if self.terminal else EXTENDED_DATA_STDERR)

    def end(self, ending: str) -> None:
        """The session ends, unless it has ended."""
        if self._gate is not None and not self.over.done():
            self._gate.ends()  # which ends it by an error, where that cannot be recorded
        if not self.over.done():
            self.over.set_result(ending)

    def break_(self, error: Exception) -> None:
        """The session ends by *error*, unless it has ended."""
        if not self.over.done():
            self.over.set_exception(error)

    def _catch_up(self, first: Terminal | None) -> None:
        """Pass on what came before the host was there."""
        if self.terminal is not None and self.terminal != first:
            self.resize(self.terminal.size)
        early, self._early = bytes(self._early), bytearray()
        if early:
            self.input(early)
        self._user_valve.hold("early", on=False)
        for name in self._early_signals:
            self.signal(name)
        if self._is_input_over:
            self.input_ended()

    def _keep(self, data: bytes) -> None:
        # Without a terminal it is a byte like others.
        if self.terminal is not None and CANCEL in data and self.cancel():
            self._early.clear()
            return
        self._early += data
        if len(self._early) > _EARLY_BYTES:
            self._user_valve.hold("early", on=True)

    def _recorded(self, event: Event) -> bool:
        if self._journal is None or self.over.done():
            return False
        try:
            self._journal.record(event)
        except RecordingError as error:
            self.break_(error)
            return False
        return True
