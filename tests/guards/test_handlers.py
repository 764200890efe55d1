"""asyncssh calls what we override: it looks packets up in tables, where an override is not seen.

`SSHConnection._packet_handlers` holds functions, not names: a method of that name in a subclass is
never called. Whoever wants to see such a packet overrides `process_packet`.
"""

import inspect

import pytest
from asyncssh.channel import SSHClientChannel, SSHServerChannel, SSHTCPChannel, SSHUNIXChannel
from asyncssh.connection import SSHConnection, SSHServerConnection

from bastion import guards
from bastion.downstream.connection import DownstreamConnection
from bastion.downstream.listener import InnerConnection
from bastion.upstream.connection import UpstreamConnection

CONNECTIONS = [DownstreamConnection, InnerConnection, UpstreamConnection]
CHANNELS = [SSHServerChannel, SSHClientChannel, SSHTCPChannel, SSHUNIXChannel]


def unseen(kind) -> set[str]:
    """The methods of *kind* that have the name of a handler in its table and are not that one."""
    handlers = {each.__name__: each for each in kind._packet_handlers.values()}
    return {name for name, handler in handlers.items() if getattr(kind, name) is not handler}


def ours(kind) -> dict[str, object]:
    """What classes of ours define under names that asyncssh has too."""
    mixed = [each for each in kind.__mro__ if each.__module__.startswith("bastion.")]
    return {name: value for each in mixed for name, value in vars(each).items()}


@pytest.fixture(autouse=True)
def _installed():
    guards.install()


@pytest.mark.parametrize("kind", [*CONNECTIONS, *CHANNELS])
def test_no_override_stands_beside_a_table(kind):
    """What is in a table is what a lookup by name finds."""
    assert unseen(kind) == set()


def test_an_override_beside_the_table_would_be_found():
    """The check can fail."""

    class Mistaken(SSHServerConnection):
        def _process_userauth_request(self, *args):
            raise NotImplementedError

    assert unseen(Mistaken) == {"_process_userauth_request"}


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_every_handler_of_ours_is_one_of_asyncsshs(kind):
    """A handler by name that asyncssh has not (any more) is never called."""
    stock = [each for each in kind.__mro__ if each.__module__.startswith("asyncssh.")]
    named = {name for name in ours(kind) if name.startswith("_process_")}
    theirs = {name for each in stock for name in vars(each)}
    # asyncssh asks for these by name: `getattr(self, "_process_" + … + "_open")`.
    opened = {name for name in named if name.endswith("_open")}
    assert named - opened <= theirs
    assert opened <= {"_process_auth_agent_at_openssh_dot_com_open", "_process_x11_open"}


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_every_packet_passes_what_we_put_before_asyncssh(kind):
    """`process_packet` is what the connection is called by."""
    assert "handler.process_packet(" in inspect.getsource(SSHConnection._recv_packet)
    classes = [each for each in kind.__mro__ if "process_packet" in vars(each)]
    for each in classes[:-1]:
        assert "super().process_packet(" in inspect.getsource(vars(each)["process_packet"])
