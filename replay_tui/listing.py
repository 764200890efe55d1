"""The catalogue's rows as values: what each column says, sorts by, and what the filter finds.

What always holds: every text in a cell is printable and is no markup. What it does not do: draw the
table, or read the store.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo

from rich.text import Text

from bastion.printable import printable
from bastion.recording.archive import Finding, Proof
from bastion.store.rows import Session, SessionSummary
from replay_tui.palette import BAD, DIM, GOOD, VERDICTS
from replay_tui.wording import SYMBOLS, clock_time, command_line, ending, moment, place

_Cell = Callable[["Row", float, tzinfo | None], Text]

_WIDE, _MIDDLE, _NARROW = 120, 80, 60
_MOST_SPARE = 16
_PROOF_SIGNS = {Proof.LIVE: "●", Proof.SEALED: "✓", Proof.RECOVERED: "✓", Proof.FAILED: "!"}


@dataclass(frozen=True)
class Row:
    """A session as the catalogue knows it.

    Attributes:
        finding: what its recording's chain says; None until that was looked at.
        searched: the commands and rules in it, for the filter; empty until asked for.
    """

    summary: SessionSummary
    finding: Finding | None = None
    searched: str = ""

    @property
    def session(self) -> Session:
        """The session."""
        return self.summary.session

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.session.ended_at is None

    def seconds(self, now: float) -> float:
        """How long it took, or has taken up to *now*."""
        ended = self.session.ended_at
        return max((now if ended is None else ended) - self.session.started_at, 0.0)

    def counted(self, verdict: str) -> int:
        """How many commands had the *verdict*."""
        return self.summary.verdicts.get(verdict, 0)

    def matches(self, query: str) -> bool:
        """Whether every word of *query* stands in who, where, command or rule."""
        session = self.session
        facts = (session.id, session.account, session.subject, session.kind, session.command)
        hay = "\n".join([*facts, f"{session.login}@{session.target}", self.searched]).lower()
        return all(word in hay for word in query.lower().split())

    def refreshed(self, summary: SessionSummary) -> "Row":
        """The row with what the store says now; a session that ended is to be proven again."""
        ended = self.session.ended_at != summary.session.ended_at
        return replace(self, summary=summary, finding=None if ended else self.finding)


@dataclass(frozen=True)
class Column:
    """A column: its name, its width, its cells and how it sorts."""

    key: str
    label: str
    width: int
    cell: _Cell
    order: Callable[[Row, float], tuple[object, ...]]


def columns(width: int) -> list[Column]:
    """The columns that a window of *width* has room for."""
    if width >= _WIDE:
        return _wide(width - _WIDE)
    if width >= _MIDDLE:
        return [_WHEN_SHORT, *_named(width - _MIDDLE), _LONG, _VERDICTS, _PROOF_SIGN]
    return [*_named(max(width - _NARROW, 0)), _VERDICTS, _PROOF_SIGN]


def _wide(spare: int) -> list[Column]:
    """All columns; names and commands share the *spare* cells."""
    names = min(spare // 5, _MOST_SPARE)
    who, where = _WHO.width + names, _WHERE.width + names
    kind = _KIND.width + spare - 2 * names
    return [
        _WHEN,
        replace(_WHO, width=who, cell=_who(who)),
        replace(_WHERE, width=where, cell=_where(where)),
        replace(_KIND, width=kind, cell=_kind(kind)),
        *(_LONG, _VERDICTS, _ENDED, _PROOF),
    ]


def _named(spare: int) -> list[Column]:
    """Who and where; both share the *spare* cells."""
    who, where = _WHO_SHORT.width + spare // 2, _WHERE_SHORT.width + spare - spare // 2
    return [
        replace(_WHO_SHORT, width=who, cell=_who(who)),
        replace(_WHERE_SHORT, width=where, cell=_where(where)),
    ]


def _who(width: int) -> _Cell:
    return lambda row, _now, _zone: Text(printable(row.session.account, width), no_wrap=True)


def _when(row: Row, _now: float, zone: tzinfo | None) -> Text:
    return Text(moment(row.session.started_at, zone)[: _WHEN.width])


def _when_short(row: Row, _now: float, zone: tzinfo | None) -> Text:
    return Text(moment(row.session.started_at, zone, is_short=True))


def _where(width: int) -> _Cell:
    def cell(row: Row, _now: float, _zone: tzinfo | None) -> Text:
        login, _, target = place(row.session).rpartition("@")
        text = Text.assemble((f"{login}@", DIM), target, no_wrap=True)
        text.truncate(width, overflow="ellipsis")
        return text

    return cell


def _kind(width: int) -> _Cell:
    def cell(row: Row, _now: float, _zone: tzinfo | None) -> Text:
        kind, command = printable(row.session.kind), row.session.command
        text = Text.assemble((f"{kind} ", DIM), command_line(command)) if command else Text(kind)
        text.truncate(width, overflow="ellipsis")
        return text

    return cell


def _long(row: Row, now: float, _zone: tzinfo | None) -> Text:
    return Text(clock_time(row.seconds(now)), GOOD if row.is_live else "", justify="right")


def _verdicts(row: Row, _now: float, _zone: tzinfo | None) -> Text:
    told = row.counted("notify")  # ran as well; the sign says that people were told
    counts = [("notify" if told else "allow", row.counted("allow") + told)]
    counts += [(verdict, row.counted(verdict)) for verdict in ("hold", "block", "opaque")]
    return Text(" ").join(
        Text(f"{count:>2}{SYMBOLS[verdict]}", VERDICTS[verdict]) if count else Text(" · ", DIM)
        for verdict, count in counts
    )


def _ended(row: Row, _now: float, _zone: tzinfo | None) -> Text:
    if row.is_live:
        return Text("live", GOOD)
    ended = ending(row.session)
    return Text(printable(ended, _ENDED.width), "" if ended == "exit 0" else VERDICTS["hold"])


def _proof(row: Row, _now: float, _zone: tzinfo | None) -> Text:
    if row.finding is None:
        return Text("…", DIM)
    proof = row.finding.proof
    return Text(f"{_PROOF_SIGNS.get(proof, '✗')} {proof}", _proof_colour(proof))


def _proof_sign(row: Row, _now: float, _zone: tzinfo | None) -> Text:
    if row.finding is None:
        return Text("…", DIM)
    proof = row.finding.proof
    return Text(_PROOF_SIGNS.get(proof, "✗"), _proof_colour(proof))


def _proof_colour(proof: Proof) -> str:
    if proof is Proof.FAILED:
        return VERDICTS["hold"]
    return GOOD if proof.fits else BAD


def _by_start(row: Row, _now: float) -> tuple[object, ...]:
    return (row.session.started_at,)


def _by_who(row: Row, _now: float) -> tuple[object, ...]:
    return (row.session.account,)


def _by_where(row: Row, _now: float) -> tuple[object, ...]:
    return (row.session.target, row.session.login)


def _by_danger(row: Row, _now: float) -> tuple[object, ...]:
    return tuple(map(row.counted, ("block", "hold", "notify", "opaque", "allow")))


def _by_proof(row: Row, _now: float) -> tuple[object, ...]:
    return (row.finding.proof.fits if row.finding else True, str(row.finding and row.finding.proof))


_WHEN = Column("when", "When", 16, _when, _by_start)
_WHEN_SHORT = Column("when", "When", 12, _when_short, _by_start)
_WHO = Column("who", "Who", 12, _who(12), _by_who)
_WHO_SHORT = Column("who", "Who", 11, _who(11), _by_who)
_WHERE = Column("where", "Where", 20, _where(20), _by_where)
_WHERE_SHORT = Column("where", "Where", 16, _where(16), _by_where)
_KIND = Column("kind", "Kind", 13, _kind(13), lambda r, _n: (r.session.kind, r.session.command))
_LONG = Column("long", "Long", 8, _long, lambda r, now: (r.seconds(now),))
_VERDICTS = Column("verdicts", "Verdicts", 15, _verdicts, _by_danger)
_ENDED = Column("ended", "Ended", 8, _ended, lambda r, _n: (r.is_live, r.session.ending))
_PROOF = Column("proof", "Proof", 11, _proof, _by_proof)
_PROOF_SIGN = Column("proof", "Proof", 5, _proof_sign, _by_proof)
