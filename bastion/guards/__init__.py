"""The guards around asyncssh 2.24: what it gets wrong, leaves open or does slowly, in one place.

    window      credit for what was consumed, not for what was delivered
    pressure    TCP back-pressure reaches the channels
    eow         a client that takes no more output is understood
    requests    replies and exit statuses that a relay passes on
    speed       fewer, larger writes; the fast ciphers
    algorithms  what is offered
    guess       a key exchange that the client guessed wrong
    listeners   forwarding that is refused or taken back
    parting     the last sentence is heard
    lending     the ssh-agent and the display, without sockets here

Each has tests in tests/guards/ that fail when a new asyncssh breaks it or no longer needs it;
asyncssh is pinned below 2.25 because the guards use private doors. What always holds: `install`
mends asyncssh once for the process; the other guards are mixed into the connection classes of ours.
"""

from bastion.guards import eow, lending, speed, window


def install() -> None:
    """Mend asyncssh; doing it again does nothing."""
    window.install()
    eow.install()
    lending.install()
    speed.install()
