"""The table of doors: complete against the library, the kinds of channels and the page."""

from pathlib import Path

from asyncssh.channel import SSHServerChannel
from asyncssh.connection import SSHServerConnection

from bastion.authorization import Channel
from bastion.downstream.doors import DOORS, Answer, Knock, rows


def test_the_table_has_every_door_of_the_library():
    """A request that a new asyncssh answers is missing here until somebody decides about it."""
    doors = {
        Knock.CHANNEL: (SSHServerConnection, "_open"),
        Knock.REQUEST: (SSHServerChannel, "_request"),
        Knock.GLOBAL: (SSHServerConnection, "_global_request"),
    }
    own = {"_process_request", "_process_global_request", "_process_channel_open"}
    for knock, (made, ending) in doors.items():
        names = {name for name in dir(made) if name.startswith("_process_")} - own
        theirs = {
            name.removeprefix("_process_").removesuffix(ending)
            for name in names
            if name.endswith(ending)
        }
        ours = {_plain(door.name) for door in DOORS if door.knock is knock and door.name}
        assert theirs <= ours
        assert ours - theirs <= {"eow_at_openssh_dot_com"}  # a guard of ours adds it when it runs


def _plain(name: str) -> str:
    return name.replace("-", "_").replace("@", "_at_").replace(".", "_dot_")


def test_every_kind_of_channel_opens_a_door():
    """No grant is for nothing, and no door without a kind is shut by `channels`."""
    assert {kind for door in DOORS for kind in door.kinds} == set(Channel)
    assert all(door.answer is not Answer.NEVER for door in DOORS if door.kinds)


def test_the_page_has_the_table():
    """docs/doors.md is the table."""
    page = Path(__file__).parent.parent.parent / "docs" / "doors.md"
    assert "\n".join(rows()) in page.read_text()
