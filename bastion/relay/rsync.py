"""The strait of rsync: its bytes as they are, counted; rsync alone can say which files they are.

What always holds: every byte is recorded before it goes on, as in any command. What it does not do:
know names below the folder that the command names, or hash files.
"""

from bastion.events import FileDone, Input, Output
from bastion.relay.journal import Journal
from bastion.relay.ledger import Ledger
from bastion.relay.strait import Ways


class RsyncStrait:
    """One rsync.

    Args:
        journal: what passes is recorded there.
        ledger: what it comes to stands there.
        numbers: of its paths in the ledger.
    """

    def __init__(self, journal: Journal, ledger: Ledger, numbers: tuple[int, ...]) -> None:
        self._journal, self._ledger, self._numbers = journal, ledger, numbers
        self._read_bytes = self._written_bytes = 0

    def attach(self, ways: Ways) -> None:
        """Write to *ways* from now on."""
        self._ways = ways

    def from_user(self, data: bytes) -> None:
        """The user sent *data*; raises RecordingError."""
        self._written_bytes += len(data)
        self._journal.record(Input(data))
        self._ways.to_host(data)

    def user_ended(self) -> None:
        """The user will send no more."""
        self._ways.end_keys()

    def from_host(self, data: bytes) -> None:
        """The host sent *data*; raises RecordingError."""
        self._read_bytes += len(data)
        self._journal.record(Output(data))
        self._ways.to_user(data)

    async def close(self) -> None:
        """Note how much it was; raises RecordingError, StoreError."""
        carried = FileDone(0, "", read_bytes=self._read_bytes, written_bytes=self._written_bytes)
        async with self._ledger.closing():
            for number in self._numbers:
                self._ledger.done(number, "ok", carried)
