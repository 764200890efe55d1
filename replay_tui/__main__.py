"""`bastion-replay`: finds the record and opens the viewer, or prints a session as text.

What always holds: a record that is not there, a session that is not known, a terminal that is none
and a printed recording that is not proven each give one sentence on stderr and exit status 1.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bastion.clock import SystemClock
from bastion.config import environment, load
from bastion.errors import BastionError
from bastion.printable import printable
from bastion.recording.archive import Archive, open_archive
from bastion.recording.reader import events, read_header
from bastion.store.rows import Session
from replay_tui.app import ReplayApp
from replay_tui.transcript import transcript

_HELP = """Watch recorded SSH sessions in the terminal.

Without SESSION it lists them all; with one it plays that one.

For example:

    bastion-replay

    bastion-replay 01kahp

    bastion-replay 01kahp --text | grep nvidia-smi

    bastion-replay --state /var/lib/bastion
"""

_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@_app.command(help=_HELP)
def replay(
    session: Annotated[
        str | None, typer.Argument(help="Identifier, or the unique start or end of it.")
    ] = None,
    *,
    state: Annotated[
        Path | None, typer.Option(help="State directory; else the one in the configuration.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Configuration file; else BASTION_CONFIG.")
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Print the session as plain text, for scripts.")
    ] = False,
) -> None:
    """Open the record, then the viewer."""
    try:
        archive = open_archive(state or load(config or environment().config).state_dir)
        try:
            _show(archive, archive.session(session) if session else None, is_text=text)
        finally:
            archive.close()
    except BastionError as error:
        _stop(str(error))


def _show(archive: Archive, session: Session | None, *, is_text: bool) -> None:
    streams = (sys.stdin, sys.stdout, sys.stderr)  # it is drawn on the last
    if not is_text and not all(stream.isatty() for stream in streams):
        _stop("the viewer needs a terminal; use --text to print a session")
    if not is_text:
        ReplayApp(archive, SystemClock(), session=session).run()
    elif session is None:
        _stop("--text needs a SESSION; `bastion sessions list` shows them")
    else:
        _print(archive, session)


def _print(archive: Archive, session: Session) -> None:
    path = archive.path(session)
    for line in transcript(read_header(path), events(path)):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    finding = archive.prove(session)
    if not finding.proof.fits:
        _stop(f"this recording is not proven: {finding.proof.meaning} ({finding.detail})")


def _stop(sentence: str) -> NoReturn:
    sys.stderr.write(f"bastion-replay: {printable(sentence)}\n")
    raise typer.Exit(1)


def main() -> None:
    """The entry point of `bastion-replay`."""
    _app()


if __name__ == "__main__":
    main()
