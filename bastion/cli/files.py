"""`bastion sessions files`: what was done with files, by name or by hash, in every session.

What always holds: names come from hosts and clients, so they are printable before they are shown.
What it does not do: read recordings; the store has a row for everything but looking.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from bastion.cli.output import OUT, emit_json, local_time, note, table
from bastion.recording.archive import Archive
from bastion.store.rows import FileDeed

_SHORT = 8  # of an identifier the end, which is random; of a moment the time of day
_HASH = 16

SoughtArgument = Annotated[
    str, typer.Argument(help="Part of a path, a glob of whole paths, or a SHA-256.")
]


def show_files(deeds: Sequence[FileDeed]) -> None:
    """The table of what one session did with files; nothing where that is nothing."""
    if not deeds:
        return
    OUT.print()
    columns = ("WHEN", "FILE", "PATH", "BYTES", "SHA-256", "RESULT")
    table(columns, ((local_time(deed.at)[-_SHORT:], *_row(deed)) for deed in deeds))


def find_files(archive: Archive, sought: str, limit: int, *, json: bool) -> None:
    """Print what was done with files that *sought* means, newest first."""
    deeds = archive.read(lambda store: store.files.search(sought, limit))
    if json:
        emit_json([asdict(deed) for deed in deeds])
    elif not deeds:
        note("No such file was carried or changed.")
    else:
        columns = ("SESSION", "WHEN", "FILE", "PATH", "BYTES", "SHA-256", "RESULT")
        rows = ((d.session_id[-_SHORT:], local_time(d.at)[:-3], *_row(d)) for d in deeds)
        table(columns, rows)


def files_tree(deeds: Sequence[FileDeed]) -> list[dict[str, Any]]:
    """The same for scripts."""
    return [asdict(deed) for deed in deeds]


def _row(deed: FileDeed) -> tuple[str, ...]:
    to = f" {'or' if deed.operation == 'scp' else '→'} {deed.other}" if deed.other else ""
    sha256 = deed.read_sha256 or deed.written_sha256
    carried = deed.read_bytes + deed.written_bytes
    by = f" by {deed.rule}" if deed.verdict != "allow" or deed.rule else ""
    return (
        deed.action or deed.operation,
        f"{deed.path}{to}",
        str(carried) if carried else "",
        sha256[:_HASH],
        f"{deed.result}{by}",
    )
