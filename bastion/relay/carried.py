"""What is carried of one file in one direction: counted, hashed, and copied where that is wanted.

What always holds: a copy is named only where its hash is known. What it does not do: say which
file it is.
"""

from bastion.recording.copies import Copies
from bastion.sftp.tally import Tally


class Carried(Tally):
    """A tally with a copy.

    Args:
        copies: where the copy goes.
        name: of the copy.
    """

    def __init__(self, copies: Copies, name: str) -> None:
        super().__init__()
        self._copy = copies.begin(name)

    def add(self, data: bytes) -> None:
        """The next piece; raises RecordingError."""
        super().add(data)
        if self._copy is not None:
            if self.is_in_order:
                self._copy.add(data)
            else:
                self._copy.drop()

    def copied(self) -> str:
        """The name of the copy; empty without one. Nothing more is added behind it."""
        if self._copy is None:
            return ""
        if self.sha256:
            return self._copy.finish()
        self._copy.drop()
        return ""
