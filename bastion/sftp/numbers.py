"""The numbers of SFTP version 3 (draft-ietf-secsh-filexfer-02), as OpenSSH speaks it."""

from enum import IntEnum

VERSION_SPOKEN = 3
MAX_PACKET_BYTES = 256 * 1024
"""The longest packet that OpenSSH takes; what is longer is refused unread."""

READS, WRITES, APPENDS, CREATES, TRUNCATES = 0x01, 0x02, 0x04, 0x08, 0x10
"""Flags of OPEN (section 6.3)."""


class Kind(IntEnum):
    """The first byte of a packet (section 3)."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    SETSTAT = 9
    FSETSTAT = 10
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    READLINK = 19
    SYMLINK = 20
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Status(IntEnum):
    """What a STATUS says (section 7)."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    NO_CONNECTION = 6
    CONNECTION_LOST = 7
    OP_UNSUPPORTED = 8

    @property
    def words(self) -> str:
        """The same for people: `no such file`."""
        return self.name.lower().replace("_", " ")
