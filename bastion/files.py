"""Deeds with files, and where they may be done: the words that SFTP, scp and rsync share.

What always holds: paths are compared as clean absolute ones, name by name, so `/data` covers
`/data/x` and neither `/database` nor `/data/../etc`. What it does not do: know what a symbolic link
on the host leads to; who asks the host (`bastion.relay.sftp`) judges its answer as well.
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

EVERYWHERE = ("/",)


class Action(StrEnum):
    """What is done with a file, as people and rules name it."""

    DOWNLOAD = "download"
    UPLOAD = "upload"
    LIST = "list"
    LOOK = "look"
    DELETE = "delete"
    RENAME = "rename"
    LINK = "link"
    FOLDER = "folder"
    CHANGE = "change"


@dataclass(frozen=True)
class Deed:
    """One deed.

    Attributes:
        path: what it is done to, clean and absolute.
        other: the new name of a rename, what a link leads to; else empty.
        is_deep: whether names below the path are meant too, and are not seen (rsync).
        is_into: whether it may be a folder, of which one name is meant that is not seen.
    """

    action: Action
    path: str
    other: str = ""
    is_deep: bool = False
    is_into: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that it names."""
        return (self.path, self.other) if self.other else (self.path,)

    @property
    def text(self) -> str:
        """The deed as one line, for people: `download /models/x`."""
        to = f" to {self.other}" if self.other else ""
        below = " and below" if self.is_deep else " or in it" if self.is_into else ""
        return f"{self.action} {self.path}{to}{below}"


@dataclass(frozen=True)
class Places:
    """Where files may be read and written: folders, each with all that is below it.

    Attributes:
        read: none where nothing may be read.
        write: none where nothing may be written.
    """

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()

    @property
    def are_everywhere(self) -> bool:
        """Whether no path needs to be looked at."""
        return EVERYWHERE == self.read == self.write

    def cover(self, deed: Deed) -> bool:
        """Whether *deed* may be done as far as its paths go."""
        match deed.action:
            case Action.DOWNLOAD | Action.LIST:
                return _all_below(deed.paths, self.read)
            case Action.LOOK:
                return all(is_below(path, self._seen) for path in deed.paths) or any(
                    is_below(place, deed.paths) for place in self._seen
                )
            case Action.LINK:  # a second name for a file lets it be read by that name
                return _all_below(deed.paths, self.write) and _all_below(deed.paths, self.read)
            case _:
                return _all_below(deed.paths, self.write)

    @property
    def _seen(self) -> tuple[str, ...]:
        return (*self.read, *self.write)


NOWHERE = Places()


def clean(path: str, folder: str = "/") -> str:
    """*path*, from *folder* where it is relative, without `.`, `..` and double slashes."""
    whole = posixpath.normpath(posixpath.join("/", folder, path))
    return whole[1:] if whole.startswith("//") else whole


def is_below(path: str, places: Iterable[str]) -> bool:
    """Whether the clean *path* is one of *places* or stands below one."""
    return any(place in ("/", path) or path.startswith(f"{place}/") for place in places)


def common(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """The places that are in both."""
    some, others = tuple(some), tuple(others)
    inner = [one for one in some if is_below(one, others)]
    return tuple(dict.fromkeys([*inner, *(other for other in others if is_below(other, some))]))


def _all_below(paths: Iterable[str], places: tuple[str, ...]) -> bool:
    return all(is_below(path, places) for path in paths)
