"""Every door that an SSH client can knock at, as a table: what opens it, and what it hears else.

docs/doors.md shows it; tests/journeys/test_doors.py tries every door with and without what opens
it, behind a lock and where access needs an approval, and holds the table against what asyncssh
answers at all, so that a door of a new release cannot go unnoticed.

What always holds: what is not in the table is refused. What it does not do: open anything; whoever
does asks `bastion.policy.authorize.may_open`, or `bastion.policy.forwards` for places.
"""

from dataclasses import dataclass
from enum import StrEnum

from bastion.authorization import Channel


class Knock(StrEnum):
    """How a door is asked for (RFC 4254)."""

    CHANNEL = "channel"
    REQUEST = "request in a session"
    GLOBAL = "global request"


class Answer(StrEnum):
    """What a client hears that may not."""

    OPEN_FAILED = "open failed, with the sentence"
    EXIT_255 = "the sentence on stderr, exit status 255"
    FAILURE = "failure; the sentence with `ssh -v`"
    STDERR = "failure, and the sentence on stderr; the session goes on"
    SILENCE = "failure; SSH has no words for it"
    NEVER = "never refused"


class Hold(StrEnum):
    """What happens where access to the host needs an approval that is not given yet."""

    WAITS = "waits for it"
    REFUSED = "is not held: refused until it is given"
    WITHIN = "with its session"
    NEVER = "is not held"


@dataclass(frozen=True)
class Door:
    """One door.

    Attributes:
        name: as it stands in the protocol; empty for all that have no line of their own.
        means: what a person does with it.
        kinds: of channels in access.toml, each of which opens it; none: see `also`.
        also: what else it takes, or what opens it where no kind does.
    """

    knock: Knock
    name: str
    means: str
    kinds: tuple[Channel, ...]
    also: str
    answer: Answer
    hold: Hold


_FILES = (Channel.SFTP_READ, Channel.SFTP_WRITE)
_ANY_SESSION = "with any session"
_NOTHING = "nothing opens it"

DOORS = (
    Door(
        Knock.CHANNEL,
        "session",
        "everything below that runs on the host",
        (),
        "a grant of the host and login",
        Answer.OPEN_FAILED,
        Hold.WAITS,
    ),
    Door(
        Knock.CHANNEL,
        "direct-tcpip",
        "`-L`, `-D`, `-W` through a host",
        (Channel.FORWARD,),
        "the place in `forward`",
        Answer.OPEN_FAILED,
        Hold.REFUSED,
    ),
    Door(
        Knock.CHANNEL,
        "direct-streamlocal@openssh.com",
        "`-L` to a Unix socket of the host",
        (Channel.FORWARD,),
        "the socket in `forward`",
        Answer.OPEN_FAILED,
        Hold.REFUSED,
    ),
    Door(
        Knock.CHANNEL,
        "tun@openssh.com",
        "`-w`, a network tunnel",
        (),
        _NOTHING,
        Answer.OPEN_FAILED,
        Hold.NEVER,
    ),
    Door(Knock.CHANNEL, "", "any other type", (), _NOTHING, Answer.OPEN_FAILED, Hold.NEVER),
    Door(
        Knock.REQUEST,
        "shell",
        "`ssh HOST`",
        (Channel.SHELL,),
        "a terminal",
        Answer.EXIT_255,
        Hold.WAITS,
    ),
    Door(
        Knock.REQUEST,
        "exec",
        "`ssh HOST COMMAND`",
        (Channel.EXEC,),
        "the command is judged; `scp -O` and rsync need the kinds of SFTP",
        Answer.EXIT_255,
        Hold.WAITS,
    ),
    Door(
        Knock.REQUEST,
        "subsystem",
        "`sftp`, `scp`: the subsystem sftp, no other",
        _FILES,
        "each path by its rules",
        Answer.EXIT_255,
        Hold.WAITS,
    ),
    Door(
        Knock.REQUEST,
        "pty-req",
        "a terminal",
        (),
        _ANY_SESSION,
        Answer.NEVER,
        Hold.WITHIN,
    ),
    Door(
        Knock.REQUEST,
        "window-change",
        "the terminal's new size",
        (),
        _ANY_SESSION,
        Answer.NEVER,
        Hold.WITHIN,
    ),
    Door(
        Knock.REQUEST,
        "env",
        "variables: `LANG`, `LC_*`, `COLORTERM`, `NO_COLOR`; others are not passed on",
        (),
        _ANY_SESSION,
        Answer.NEVER,
        Hold.WITHIN,
    ),
    Door(Knock.REQUEST, "signal", "signals", (), _ANY_SESSION, Answer.NEVER, Hold.WITHIN),
    Door(Knock.REQUEST, "break", "`~B`", (), _ANY_SESSION, Answer.NEVER, Hold.WITHIN),
    Door(
        Knock.REQUEST,
        "auth-agent-req@openssh.com",
        "`-A`: the host uses the engineer's ssh-agent",
        (Channel.AGENT,),
        "",
        Answer.FAILURE,
        Hold.WITHIN,
    ),
    Door(
        Knock.REQUEST,
        "x11-req",
        "`-X`, `-Y`: the host draws on the engineer's display",
        (Channel.X11,),
        "",
        Answer.STDERR,
        Hold.WITHIN,
    ),
    Door(
        Knock.REQUEST,
        "eow@openssh.com",
        "the client takes no more output",
        (),
        _ANY_SESSION,
        Answer.NEVER,
        Hold.WITHIN,
    ),
    Door(
        Knock.REQUEST,
        "keepalive@openssh.com",
        "whether the bastion is still there",
        (),
        _ANY_SESSION,
        Answer.NEVER,
        Hold.WITHIN,
    ),
    Door(Knock.REQUEST, "", "any other request", (), _NOTHING, Answer.SILENCE, Hold.NEVER),
    Door(
        Knock.GLOBAL,
        "tcpip-forward",
        "`-R`: the host listens, connections lead back",
        (Channel.FORWARD_REMOTE,),
        "the place in `listen`",
        Answer.FAILURE,
        Hold.REFUSED,
    ),
    Door(
        Knock.GLOBAL,
        "streamlocal-forward@openssh.com",
        "`-R` with a Unix socket",
        (Channel.FORWARD_REMOTE,),
        "the socket in `listen`",
        Answer.FAILURE,
        Hold.REFUSED,
    ),
    Door(
        Knock.GLOBAL,
        "cancel-tcpip-forward",
        "take such a listener back",
        (),
        "a listener of this connection",
        Answer.SILENCE,
        Hold.NEVER,
    ),
    Door(
        Knock.GLOBAL,
        "cancel-streamlocal-forward@openssh.com",
        "the same for a socket",
        (),
        "a listener of this connection",
        Answer.SILENCE,
        Hold.NEVER,
    ),
    Door(
        Knock.GLOBAL,
        "keepalive@openssh.com",
        "whether the bastion is still there",
        (),
        "with any login",
        Answer.NEVER,
        Hold.NEVER,
    ),
    Door(
        Knock.GLOBAL,
        "hostkeys-prove-00@openssh.com",
        "proof that the bastion has its host keys",
        (),
        "with any login",
        Answer.NEVER,
        Hold.NEVER,
    ),
    Door(Knock.GLOBAL, "", "any other request", (), _NOTHING, Answer.SILENCE, Hold.NEVER),
)
"""Every door; a jump is none of its own: see docs/forwarding.md on direct-tcpip."""


def rows() -> list[str]:
    """The table as docs/doors.md has it."""
    head = ("asked for as", "door", "what it is", "opened by", "who may not hears", "an approval")
    lines = [head, ("---",) * len(head)]
    lines += [
        (
            door.knock,
            f"`{door.name}`" if door.name else "",
            door.means,
            _opened_by(door),
            door.answer,
            door.hold,
        )
        for door in DOORS
    ]
    return [f"| {' | '.join(line)} |" for line in lines]


def _opened_by(door: Door) -> str:
    kinds = " or ".join(f"`{kind}`" for kind in door.kinds)
    return "; ".join(part for part in (kinds, door.also) if part)
