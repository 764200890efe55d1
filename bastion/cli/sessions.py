"""`bastion sessions`, `bastion replay`, `bastion verify`: the record from the command line.

What always holds: the record is opened for reading and needs only the public key; what people typed
or named is printable before it is shown; a raw recording never goes to a terminal. What it does not
do: draw the viewer (the program `bastion-replay` does).
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from bastion.cli.files import SoughtArgument, files_tree, find_files, show_files
from bastion.cli.options import ConfigOption, JsonOption, configuration
from bastion.cli.output import ERR, OUT, emit_json, facts, local_time, note, stop, table
from bastion.clock import SystemClock
from bastion.config import environment
from bastion.errors import BastionError, reason
from bastion.recording.archive import Archive, Finding, open_archive
from bastion.recording.streams import RecordedStream, recorded_bytes
from bastion.store.rows import Command, Login, Session, SessionSummary

_ALL = 1_000_000_000
_LOGINS = 10_000
_PATIENCE_SECONDS = 1.0
_LIST_COLUMNS = ("ID", "WHEN", "WHO", "WHERE", "KIND", "ENDED", "VERDICTS")
_BY_DANGER = ("block", "hold", "notify", "opaque", "allow")
_SHORT = 8  # of an identifier the end, which is random; of a moment the time of day

SessionArgument = Annotated[
    str, typer.Argument(help="Identifier of a session, or the unique start or end of it.")
]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def sessions_() -> None:
    """What was done through the bastion: sessions, their commands, their recordings.

    For example:

        bastion sessions list

        bastion sessions show 01kahp
    """


@app.command("list")
def list_sessions(
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List sessions, newest first, with their verdicts counted.

    For example:

        bastion sessions list

        bastion sessions list --json | jq '.[] | select(.verdicts.block)'
    """
    with _archive(config) as archive:
        summaries = archive.read(lambda store: store.sessions.latest(limit))
    if json:
        emit_json([_summary_tree(summary) for summary in summaries])
    elif summaries:
        table(_LIST_COLUMNS, map(_summary_row, summaries))
    else:
        note("There are no sessions yet.")


@app.command()
def show(
    session: SessionArgument, *, json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Show one session: who, where, every command with its verdict and what came of it.

    For example:

        bastion sessions show 01kahp

        bastion sessions show 01kahp --json | jq '.commands[].text'
    """
    with _archive(config) as archive:
        found = archive.session(session)
        commands = archive.read(lambda store: store.sessions.commands(found.id))
        deeds = archive.read(lambda store: store.files.of(found.id))
        logins = archive.read(lambda store: store.sessions.logins(_LOGINS))
        finding = archive.prove(found)
    own = [login for login in logins if _led_to(login, found)]
    if json:
        tree = {"commands": [*map(asdict, commands)], "logins": [*map(asdict, own)]}
        tree["files"] = files_tree(deeds)
        emit_json({"session": asdict(found), "recording": _finding_tree(finding), **tree})
    else:
        _show(found, finding, commands, own)
        show_files(deeds)


@app.command()
def files(
    sought: SoughtArgument,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 100,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Find what was done with a file, by a part of its path, a glob, or its SHA-256.

    For example:

        bastion sessions files .safetensors

        bastion sessions files '/models/*' --json | jq '.[].session_id'
    """
    with _archive(config) as archive:
        find_files(archive, sought, limit, json=json)


@app.command()
def export(
    session: SessionArgument,
    *,
    stream: Annotated[
        RecordedStream | None, typer.Option(help="Only the bytes of this stream, as they passed.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Write a session's recording (asciicast v3) to stdout, byte for byte; or what it recorded.

    For example:

        bastion sessions export 01kahp > my.cast && asciinema play my.cast

        bastion sessions export 01kahp --stream stdout | sha256sum
    """
    if sys.stdout.isatty():
        stop("a recording is written as it is, so not to a terminal; send it into a file")
    with _archive(config) as archive:
        path = archive.path(archive.session(session))
        try:
            if stream is not None:
                sys.stdout.buffer.writelines(recorded_bytes(path, stream))
                return
            with path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
        except OSError as error:
            stop(f"{path}: {reason(error)}")


def replay(
    session: Annotated[str | None, typer.Argument(help="A session; else the list.")] = None,
    *,
    text: Annotated[bool, typer.Option("--text", help="Print it as plain text.")] = False,
    config: ConfigOption = None,
) -> None:
    """Watch recorded sessions in the terminal; live ones too.

    For example:

        bastion replay

        bastion replay 01kahp

        bastion replay 01kahp --text | less
    """
    program = Path(sys.executable).with_name("bastion-replay")
    if not program.exists():
        stop(f"the viewer is not installed: there is no {program}")
    options = ["--config", str(config or environment().config), *(["--text"] if text else [])]
    try:
        os.execv(program, [str(program), *options, *([session] if session else [])])  # noqa: S606  no shell
    except OSError as error:
        stop(f"{program}: {reason(error)}; install the product so that you may run it")


def verify(
    session: Annotated[str | None, typer.Argument(help="A session; else all of them.")] = None,
    *,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Check that recordings and the audit log are whole and unchanged; exit 1 where one is not.

    For example:

        bastion verify

        bastion verify 01kahp

        bastion verify --json | jq '.findings[] | select(.fits | not)'
    """
    with _archive(config) as archive:
        findings = [*_findings(archive, session)]
    bad = [finding for finding in findings if not finding.proof.fits]
    if json:
        emit_json({"fits": not bad, "findings": [*map(_finding_tree, findings)]})
    else:
        _tell(findings, bad)
    if bad:
        raise typer.Exit(1)


def _tell(findings: list[Finding], bad: list[Finding]) -> None:
    if bad:
        table(("WHAT", "STATE", "WHERE"), ((f.name, f.proof, f.detail) for f in bad))
        OUT.print()
    number = len(findings) - 1
    OUT.print(f"{number} recording{'' if number == 1 else 's'} and the audit log: ", end="")
    unfit = "1 does not fit" if len(bad) == 1 else f"{len(bad)} do not fit"
    OUT.print(f"[bold red]{unfit}[/]" if bad else "[green]all fit[/]")


@contextmanager
def _archive(config: Path | None) -> Iterator[Archive]:
    """The record that the configuration names; its errors end the command with a sentence."""
    try:
        archive = open_archive(configuration(config).state_dir)
        try:
            yield archive
        finally:
            archive.close()
    except BastionError as error:
        stop(str(error))


def _findings(archive: Archive, name: str | None) -> Iterator[Finding]:
    if name:
        yield archive.prove(archive.session(name))
    else:
        summaries = archive.read(lambda store: store.sessions.latest(_ALL))
        sessions = {summary.session.id: summary.session for summary in summaries}
        for session in _with_progress(list(sessions.values())):
            yield archive.prove(session)
        yield from archive.strays(sessions)
    yield archive.prove_audit()


def _with_progress(sessions: list[Session]) -> Iterator[Session]:
    """The *sessions*; on a terminal, a bar once it takes long."""
    clock = SystemClock()
    began = clock.monotonic()
    bar = Progress(console=ERR, transient=True)
    task = bar.add_task("following chains", total=len(sessions))
    try:
        for session in sessions:
            if not bar.live.is_started and clock.monotonic() - began > _PATIENCE_SECONDS:
                bar.start()
            yield session
            bar.advance(task)
    finally:
        bar.stop()


def _show(session: Session, finding: Finding, commands: list[Command], logins: list[Login]) -> None:
    facts(
        {
            "session": session.id,
            "who": f"{session.account} ({session.subject}) from {session.address}",
            "where": f"{session.login}@{session.target}",
            "what": f"{session.kind} {session.command}".rstrip(),
            "began": local_time(session.started_at),
            "ended": _ended(session),
            "login": ", ".join(f"{_login(login)}" for login in logins) or "not known",
            "recording": f"{finding.proof}: {finding.proof.meaning} ({finding.detail})",
        }
    )
    OUT.print()
    table(
        ("WHEN", "VERDICT", "RULE", "COMMAND", "OUTCOME"),
        (
            (
                local_time(c.at)[-_SHORT:],
                c.verdict,
                c.rule,
                c.text,
                f"{c.outcome} {c.outcome_by}".rstrip(),
            )
            for c in commands
        ),
    )


def _led_to(login: Login, session: Session) -> bool:
    """Whether *session* was opened with that login: same certificate, and not later."""
    same = (login.subject, login.serial) == (session.subject, session.serial)
    return same and login.kind == "ssh" and login.at <= session.started_at


def _login(login: Login) -> str:
    return f"{local_time(login.at)} with certificate {login.serial}"


def _ended(session: Session) -> str:
    if session.ended_at is None:
        return "not yet"
    status = "" if session.exit_status is None else f" {session.exit_status}"
    return f"{local_time(session.ended_at)}: {session.ending}{status}"


def _summary_row(summary: SessionSummary) -> tuple[str, ...]:
    session, counts = summary.session, summary.verdicts
    return (
        session.id[-_SHORT:],
        local_time(session.started_at)[:-3],
        session.account,
        f"{session.login}@{session.target}",
        session.kind,
        "live" if session.ended_at is None else session.ending,
        ", ".join(f"{counts[v]} {v}" for v in _BY_DANGER if v in counts),
    )


def _summary_tree(summary: SessionSummary) -> dict[str, Any]:
    return {**asdict(summary.session), "verdicts": summary.verdicts}


def _finding_tree(finding: Finding) -> dict[str, Any]:
    proof = finding.proof
    return {"name": finding.name, "proof": proof, "fits": proof.fits, "detail": finding.detail}
