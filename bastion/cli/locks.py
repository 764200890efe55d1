"""`bastion lock`, `bastion unlock`, `bastion locks`: shut a door at once, on every process.

What always holds: a lock is in force when the command says so; the living sessions that it names
are awaited, and whoever has not ended is counted. What it does not do: reach a bastion over the
network; it writes to the store of the configuration, on the bastion's machine.
"""

from dataclasses import asdict
from fnmatch import fnmatchcase
from functools import partial
from typing import Annotated, NoReturn

import typer

from bastion.cli.operator import Operator, look, operator
from bastion.cli.options import ConfigOption, JsonOption, configuration, how_long
from bastion.cli.output import emit_json, local_time, note, stop, table
from bastion.clock import SystemClock
from bastion.ids import new_id
from bastion.locks.change import lift_lock, set_lock
from bastion.locks.lock import EVERYTHING, MAX_REASON_CHARS, LockKind, problem
from bastion.state import State
from bastion.store.protocol import Store
from bastion.store.rows import Lock, Session

_COLUMNS = ("ID", "KIND", "VALUE", "REASON", "SET", "BY", "UNTIL", "STATE")
_ALL = 1_000_000_000
_PATIENCE_SECONDS = 3.0


def lock(
    kind: Annotated[LockKind, typer.Argument(help="What VALUE names.")],
    value: Annotated[
        str,
        typer.Argument(
            help="An account or subject; a group; a host or glob; a certificate's serial or "
            "SHA256 fingerprint; a session. Nothing for `all`."
        ),
    ] = "",
    *,
    reason: Annotated[str, typer.Option(help="Why: one sentence, shown to whoever it meets.")],
    for_: Annotated[int | None, how_long("45m, 2h, 1h30m, 7d. Else until lifted.")] = None,
    config: ConfigOption = None,
) -> None:
    """Lock somebody or something: nothing new opens, what lives ends within a second.

    Prints the lock's identifier. Exit code 1 where living sessions have not ended.

    For example:

        bastion lock user alice --reason "laptop stolen"

        bastion lock host 'gpu-0*' --reason "incident 4711" --for 2h

        bastion lock all --reason "stop everything"
    """
    if for_ == 0:
        _misused("--for", "nothing is no duration")
    if not reason.strip() or len(reason) > MAX_REASON_CHARS:
        _misused("--reason", f"a sentence of at most {MAX_REASON_CHARS} characters, please")
    with operator(State(configuration(config).state_dir)) as here:
        made = _made(kind, _value(kind, value, here), reason.strip(), for_, here.account)
        here.run(lambda store: set_lock(store, made, here.signer))
        typer.echo(made.id)
        note(f"Locked {_named(made)} {_until(made)}.")
        _await_ends(here, made)


def unlock(
    what: Annotated[str, typer.Argument(metavar="ID|KIND", help="A lock, or what VALUE names.")],
    value: Annotated[str, typer.Argument(help="What was locked, after a KIND.")] = "",
    *,
    config: ConfigOption = None,
) -> None:
    """Lift a lock by its identifier, or every lock on something.

    For example:

        bastion unlock 01kahp

        bastion unlock user alice
    """
    now = SystemClock().now()
    with operator(State(configuration(config).state_dir)) as here:
        for found in _found(here.run(lambda store: store.locks.standing(now)), what, value):
            lift = partial(lift_lock, lock=found, at=now, by=here.account, signer=here.signer)
            if here.run(lift):
                note(f"Unlocked {_named(found)} ({found.id}).")


def locks(
    *,
    all_: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the locks in force.

    For example:

        bastion locks

        bastion locks --all --json | jq '.[] | select(.kind == "user")'
    """
    now = SystemClock().now()
    found = look(
        State(configuration(config).state_dir),
        lambda store: store.locks.latest(_ALL) if all_ else store.locks.standing(now),
    )
    if json:
        emit_json([asdict(each) | {"state": _standing(each, now)} for each in found])
    elif found:
        table(_COLUMNS, (_row(each, now) for each in found))
    else:
        note("There are no locks." if all_ else "There are no locks in force.")


def _made(kind: LockKind, value: str, reason: str, seconds: int | None, by: str) -> Lock:
    clock = SystemClock()
    now = clock.now()
    expires_at = None if seconds is None else now + seconds
    return Lock(new_id(clock), str(kind), value, reason, now, by, expires_at)


def _value(kind: LockKind, value: str, here: Operator) -> str:
    """The value to keep for what the operator typed; ends the command where it is none."""
    if kind is LockKind.ALL:
        if value not in {"", EVERYTHING}:
            _misused("VALUE", "`all` takes none")
        return EVERYTHING
    if wrong := problem(kind, value):
        _misused("VALUE", f"{kind} {value!r}: {wrong}")
    return _session_id(value, here) if kind is LockKind.SESSION else value


def _session_id(name: str, here: Operator) -> str:
    found = here.run(lambda store: store.sessions.find(name))
    if not found:
        stop(f"there is no session {name!r}; `bastion sessions list` shows them")
    if len(found) > 1:
        stop(f"{name!r} is not unique: give more of the identifier")
    if found[0].ended_at is not None:
        stop(f"session {found[0].id} has ended already ({found[0].ending})")
    return found[0].id


def _found(standing: list[Lock], what: str, value: str) -> list[Lock]:
    """The locks that the operator means; ends the command where there are none."""
    if value or what == LockKind.ALL:
        if what not in set(LockKind):
            _misused("KIND", f"{what!r} is none of {', '.join(LockKind)}")
        wanted = value or EVERYTHING
        named = [each for each in standing if (each.kind, each.value) == (what, wanted)]
        return named or stop(f"no lock on {what} {wanted} is in force; `bastion locks` lists them")
    found = [each for each in standing if each.id.startswith(what) or each.id.endswith(what)]
    if len(found) > 1:
        stop(f"{what!r} is not unique: give more of the identifier")
    return found or stop(f"no lock {what!r} is in force; `bastion locks` lists them")


def _await_ends(here: Operator, made: Lock) -> None:
    """Wait until the sessions that *made* names have ended."""
    concerned = {each.id for each in here.run(_unfinished) if _names(made, each)}

    def left(store: Store) -> set[str]:
        return concerned & {each.id for each in _unfinished(store)}

    is_over = here.until(lambda store: not left(store), _PATIENCE_SECONDS)
    if not is_over and (still := sorted(here.run(left))):
        stop(
            f"the lock is in force, but {_counted(len(still))} not ended: is the bastion "
            f"running? {', '.join(still)}"
        )
    if concerned:
        note(f"{_counted(len(concerned))} ended.")


def _unfinished(store: Store) -> list[Session]:
    return store.sessions.unfinished()


def _names(made: Lock, session: Session) -> bool:
    """Whether *session* ends by the lock, as far as its row tells (it does not know groups)."""
    match made.kind:
        case LockKind.USER:
            return made.value in {session.subject, session.account}
        case LockKind.HOST:
            return fnmatchcase(session.target, made.value)
        case LockKind.CERTIFICATE:
            return made.value == str(session.serial)
        case LockKind.SESSION:
            return made.value == session.id
        case kind:
            return kind == LockKind.ALL


def _counted(number: int) -> str:
    return "1 session has" if number == 1 else f"{number} sessions have"


def _named(lock: Lock) -> str:
    return "everything" if lock.kind == LockKind.ALL else f"{lock.kind} {lock.value}"


def _until(lock: Lock) -> str:
    return "until it is lifted" if lock.expires_at is None else f"until {_moment(lock.expires_at)}"


def _moment(at: float | None) -> str:
    return "" if at is None else local_time(at)


def _row(lock: Lock, now: float) -> tuple[str, ...]:
    when, until = _moment(lock.created_at), _moment(lock.expires_at)
    state = _standing(lock, now)
    by = f" by {lock.lifted_by}" if lock.lifted_at is not None else ""
    return (
        lock.id,
        lock.kind,
        lock.value,
        lock.reason,
        when,
        lock.created_by,
        until,
        f"{state}{by}",
    )


def _standing(lock: Lock, now: float) -> str:
    if lock.lifted_at is not None:
        return "lifted"
    is_over = lock.expires_at is not None and lock.expires_at <= now
    return "expired" if is_over else "in force"


def _misused(what: str, wrong: str) -> NoReturn:
    raise typer.BadParameter(wrong, param_hint=what)
