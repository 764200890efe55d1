"""`bastion status --latency`: how long lines that were typed waited for the bastion alone.

What always holds: it reads what living processes wrote, and asks none of them. What it does not do:
count what people decided; an approval takes as long as it takes.
"""

from bastion.cli.output import complain, emit_json, local_time, note, table
from bastion.config import Config
from bastion.serve.measured import reports
from bastion.state import State

_COLUMNS = ("process", "as of", "read by", "lines", "p50 ms", "p99 ms", "longest ms")


def show_latency(settings: Config, *, as_json: bool) -> None:
    """Print it, as a table or as JSON."""
    found = reports(State(settings.state_dir).measured, complain)
    if as_json:
        emit_json([report.model_dump() for report in found])
        return
    if not found:
        note("no line was judged yet by a process that runs")
        return
    table(
        _COLUMNS,
        [
            (
                str(report.process),
                local_time(report.at),
                witness,
                str(share.count),
                f"{share.p50:g}",
                f"{share.p99:g}",
                f"{share.longest:g}",
            )
            for report in found
            for witness, share in report.latency.items()
        ],
    )
