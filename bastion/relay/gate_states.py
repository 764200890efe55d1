"""The states of the gate before an interactive shell, as a table.

| State       | What it means                                        | Keys                      |
|-------------|------------------------------------------------------|---------------------------|
| starting    | the shell has not spoken yet, and perhaps never will | the screen judges, as if  |
|             |                                                      | lost                      |
| prompt      | the shell said that it is at its prompt              | pass: the shell will ask  |
| editing     | keys were typed there                                | pass: the shell will ask  |
| asking      | Enter was sent, and the shell has not said for what  | wait, for a bounded time  |
| held        | the shell asks, and has no answer yet                | wait                      |
| running     | a command runs, or may                               | the screen judges         |
| full-screen | the same, and it fills the screen                    | the screen judges         |
| no-echo     | the same, and it shows nothing of what is typed      | the screen judges         |
| lost        | the shell's word is worth nothing any more           | the screen judges, and    |
|             |                                                      | policy says what that is  |

Without an integration the gate is never in any of these: the screen judges all the time.

What always holds: only the shell's own messages lead to a state where keys pass; what the host
prints moves the gate between states of equal trust. What has no row is not understood, so the word
of whoever said it is worth nothing: `lost`, which nothing leaves. What it does not do: hear, judge
or wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where the gate is."""

    STARTING = "starting"
    PROMPT = "prompt"
    EDITING = "editing"
    ASKING = "asking"
    HELD = "held"
    RUNNING = "running"
    FULL_SCREEN = "full-screen"
    NO_ECHO = "no-echo"
    LOST = "lost"


class Event(StrEnum):
    """What happens: the shell says something, keys are typed, a ruling is made, a screen is shown.

    Attributes of meaning: PROMPT, MORE, LINE, COMMAND and LEAVING are the shell's own words; TYPED
    and ACCEPTED the user's keys (without, and with one that may accept a line); ALLOWED, DENIED and
    ANSWERED the rulings on a line, and on a command of it; UNHEARD is time that ran out; GONE the
    end of the shell's word; FULL, SILENT and PLAIN what the host's output looks like.
    """

    PROMPT = "prompt"
    MORE = "more"
    LINE = "line"
    COMMAND = "command"
    LEAVING = "leaving"
    TYPED = "typed"
    ACCEPTED = "accepted"
    ALLOWED = "allowed"
    DENIED = "denied"
    ANSWERED = "answered"
    UNHEARD = "unheard"
    GONE = "gone"
    FULL = "full"
    SILENT = "silent"
    PLAIN = "plain"


PRINTED = frozenset({Event.FULL, Event.SILENT, Event.PLAIN})
"""The events that a host can bring about by printing."""


class Keys(StrEnum):
    """What becomes of a key that may accept a line."""

    PASS = "pass"  # noqa: S105  no password: the key goes to the host at once
    WAIT = "wait"
    JUDGED = "judged"


@dataclass(frozen=True)
class Manner:
    """How the gate behaves in a state.

    Attributes:
        keys: what becomes of keys that may accept a line; `wait` is for all keys.
        is_told: whether entering it is marked in the record, by its name.
        reason: why a line that is read there is opaque by itself; rules say what becomes of it.
    """

    keys: Keys
    is_told: bool = False
    reason: str = ""


LOST_REASON, NO_INTEGRATION = "lost-integration", "no-integration"
"""Why lines are opaque in a shell that is not trusted any more, and why one that never asks is."""

MANNERS: Mapping[State, Manner] = MappingProxyType(
    {
        State.STARTING: Manner(Keys.JUDGED, reason=LOST_REASON),
        State.PROMPT: Manner(Keys.PASS),
        State.EDITING: Manner(Keys.PASS),
        State.ASKING: Manner(Keys.WAIT),
        State.HELD: Manner(Keys.WAIT),
        State.RUNNING: Manner(Keys.JUDGED),
        State.FULL_SCREEN: Manner(Keys.JUDGED, is_told=True),
        State.NO_ECHO: Manner(Keys.JUDGED, is_told=True),
        State.LOST: Manner(Keys.JUDGED, reason=LOST_REASON),
    }
)

_ASKED = {Event.LINE: State.HELD, Event.COMMAND: State.HELD}
_AT_PROMPT = {
    **_ASKED,
    Event.PROMPT: State.PROMPT,
    Event.MORE: State.EDITING,
    Event.TYPED: State.EDITING,
    Event.ACCEPTED: State.ASKING,
    Event.LEAVING: State.RUNNING,
}
_RUNNING = {
    **_ASKED,
    Event.PROMPT: State.PROMPT,
    Event.MORE: State.EDITING,
    Event.LEAVING: State.RUNNING,
    Event.FULL: State.FULL_SCREEN,
    Event.SILENT: State.NO_ECHO,
    Event.PLAIN: State.RUNNING,
}
# What changes nothing, where it has a meaning at all.
_STAYS: Mapping[State, frozenset[Event]] = {
    State.STARTING: frozenset({Event.TYPED, Event.ACCEPTED, *PRINTED}),
    State.PROMPT: PRINTED,
    State.EDITING: PRINTED,
    State.ASKING: frozenset({Event.TYPED, *PRINTED}),
    # Others may ask meanwhile, from the background; a prompt that came counts once it is repeated.
    State.HELD: frozenset(
        {*_ASKED, *PRINTED, Event.PROMPT, Event.MORE, Event.LEAVING, Event.TYPED, Event.UNHEARD}
    ),
    State.RUNNING: frozenset({Event.TYPED, Event.ACCEPTED, Event.UNHEARD}),
    State.FULL_SCREEN: frozenset({Event.TYPED, Event.ACCEPTED, Event.UNHEARD}),
    State.NO_ECHO: frozenset({Event.TYPED, Event.ACCEPTED, Event.UNHEARD}),
    State.LOST: frozenset(Event),
}
_LEADS: Mapping[State, Mapping[Event, State]] = {
    State.STARTING: {**_ASKED, Event.PROMPT: State.PROMPT, Event.LEAVING: State.RUNNING},
    State.PROMPT: _AT_PROMPT,
    State.EDITING: _AT_PROMPT,
    State.ASKING: {
        **_ASKED,
        Event.PROMPT: State.PROMPT,
        Event.MORE: State.EDITING,
        Event.UNHEARD: State.RUNNING,
        Event.LEAVING: State.RUNNING,
    },
    State.HELD: {
        Event.ALLOWED: State.RUNNING,
        Event.DENIED: State.ASKING,
        Event.ANSWERED: State.RUNNING,
    },
    State.RUNNING: _RUNNING,
    State.FULL_SCREEN: _RUNNING,
    State.NO_ECHO: _RUNNING,
    State.LOST: {},
}

NEXT: Mapping[tuple[State, Event], State] = MappingProxyType(
    {(state, event): state for state, events in _STAYS.items() for event in events}
    | {(state, event): to for state, leads in _LEADS.items() for event, to in leads.items()}
)
"""The state that an event leads to; what is not in it leads to `lost`."""


def after(state: State, event: Event) -> State:
    """Where the gate is once *event* has happened in *state*."""
    return NEXT.get((state, event), State.LOST)
