"""The keys `read` and `write` of access rules: which folders the file channels reach.

What always holds: grants add up, requirements narrow; a template that lacks a value, or whose value
could lead elsewhere, names no folder. What it does not do: look at what is done with a file
(`bastion.policy.file_rules`), or know symbolic links.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bastion.authorization import Channel
from bastion.files import EVERYWHERE, Places, clean, common
from bastion.policy.asker import Asker

_FIELD = re.compile(r"\{(?:(account)|claims\.([^{}]+))\}")
_VALUE = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]+")


def _check(folder: str) -> str:
    plain = _FIELD.sub("x", folder)
    if clean(plain) != plain or set(plain) & set("{}*?[]\0"):
        raise ValueError(
            f"{folder!r} is no folder: write an absolute path without `..`, globs or a slash at the"
            " end; {account} and {claims.NAME} may stand in it"
        )
    return folder


Folder = Annotated[str, AfterValidator(_check)]


class Reach(BaseModel):
    """Where the file channels of a rule reach."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: tuple[Folder, ...] = Field((), min_length=1)
    """Folders that the channel `sftp-read` reaches, with all below them; everywhere without."""
    write: tuple[Folder, ...] = Field((), min_length=1)
    """Folders that the channel `sftp-write` reaches, with all below them; everywhere without."""


class Opening(Protocol):
    """A rule that opens channels, and says where those for files reach."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Kinds of channels."""
        ...

    @property
    def read(self) -> tuple[str, ...]:
        """As in `Reach`."""
        ...

    @property
    def write(self) -> tuple[str, ...]:
        """As in `Reach`."""
        ...


def places(
    grants: Sequence[Opening],
    requirements: Sequence[Reach],
    channels: frozenset[Channel],
    asker: Asker,
) -> Places:
    """Where *asker* may read and write files, by rules that open *channels*."""
    reading = [grant.read for grant in grants if Channel.SFTP_READ in grant.channels]
    writing = [grant.write for grant in grants if Channel.SFTP_WRITE in grant.channels]
    return Places(
        read=_narrowed(reading, [rule.read for rule in requirements], asker)
        if Channel.SFTP_READ in channels
        else (),
        write=_narrowed(writing, [rule.write for rule in requirements], asker)
        if Channel.SFTP_WRITE in channels
        else (),
    )


def _narrowed(
    granted: Sequence[tuple[str, ...]], demanded: Sequence[tuple[str, ...]], asker: Asker
) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(f for folders in granted for f in _folders(folders, asker)))
    for folders in demanded:
        found = common(found, _folders(folders, asker))
    return found


def _folders(templates: tuple[str, ...], asker: Asker) -> tuple[str, ...]:
    """The folders that *templates* name for *asker*; everywhere where there are none."""
    if not templates:
        return EVERYWHERE
    return tuple(folder for template in templates if (folder := _folder(template, asker)))


def _folder(template: str, asker: Asker) -> str | None:
    values = {match[0]: _value(match, asker) for match in _FIELD.finditer(template)}
    if not all(_VALUE.fullmatch(value) for value in values.values()):
        return None
    return _FIELD.sub(lambda match: values[match[0]], template)


def _value(match: re.Match[str], asker: Asker) -> str:
    return asker.account if match[1] else asker.evidence.claims.get(match[2], "")
