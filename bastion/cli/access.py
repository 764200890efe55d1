"""`bastion access explain`: who may reach a host by the rules in the files, and why not.

What always holds: the decision is the one that the bastion makes, by the same code; text from files
and store is printable before it is shown. What it does not do: open anything, or look at locks; and
what the identity provider said besides groups is not kept, so it is told by options.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from bastion.authorization import Channel
from bastion.cli.operator import look
from bastion.cli.options import ConfigOption, JsonOption, configuration
from bastion.cli.output import OUT, emit_json, facts, local_time, note, stop, table
from bastion.cli.situations import issuer_of
from bastion.clock import SystemClock
from bastion.config import Config
from bastion.duration import span
from bastion.errors import BastionError
from bastion.identity import Evidence
from bastion.policy import access, inventory
from bastion.policy.access import AccessRules, Decision
from bastion.policy.approval import Demand
from bastion.policy.asker import Asker, parse_address
from bastion.policy.asking import asking
from bastion.policy.combine import Terms
from bastion.policy.reasons import reason
from bastion.printable import printable
from bastion.state import State
from bastion.store.rows import Certificate
from bastion.target import Login, Target
from bastion.verdict import Profile

app = typer.Typer(no_args_is_help=True)


@app.callback()
def access_() -> None:
    """Who may reach which host, and why not.

    For example:

        bastion access explain ann gpu-01
    """


@dataclass(frozen=True)
class Line:
    """What one rule says.

    Attributes:
        kind: `grant`, `deny` or `require`.
        place: file and line.
        applies: whether it counts.
        why: why it does not apply, or is not met; empty otherwise.
    """

    kind: str
    id: str
    place: str
    applies: bool
    why: str


@dataclass(frozen=True)
class Answer:
    """What the rules say to one question.

    Attributes:
        where: login and host, as they were asked for.
        found: the host; None where the inventory has none of that name.
    """

    asker: Asker
    where: str
    found: Target | None
    decision: Decision
    lines: tuple[Line, ...]

    @property
    def terms(self) -> Terms | None:
        """What is allowed; None where nothing is."""
        return self.decision.terms if self.found else None

    @property
    def demand(self) -> Demand | None:
        """The approval after which something (more) is allowed."""
        rule = asking(self.decision, self.asker, None) if self.found else None
        return rule.approval if rule else None

    @property
    def said(self) -> str:
        """The answer in words."""
        after = ""
        if self.demand is not None:
            by, most = ", ".join(self.demand.approvers) or "nobody", self.demand.window_seconds
            after = f"after approval by {by}, for at most {span(most)}"
        if self.terms:
            return f"allowed; more {after}" if after else "allowed"
        return after or f"refused: {self.cause}"

    @property
    def cause(self) -> str:
        """Why nothing is allowed; empty where something is."""
        if self.found is None:
            return "there is no such host in the inventory"
        return "" if self.decision.terms else self.decision.cause


@app.command()
def explain(
    who: Annotated[str, typer.Argument(metavar="[SUBJECT]", help="Subject or account.")],
    host: Annotated[str | None, typer.Argument(metavar="HOST", help="Name of a host.")] = None,
    *,
    groups: Annotated[
        str | None, typer.Option("--groups", help="Groups, with commas; then SUBJECT may be left.")
    ] = None,
    login: Annotated[str | None, typer.Option(help="Account on the host; else any.")] = None,
    from_: Annotated[str, typer.Option("--from", help="Address of the connection.")] = "",
    at: Annotated[str | None, typer.Option(help="Moment (ISO 8601); else now.")] = None,
    claim: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; repeat it.")] = None,
    acr: Annotated[str, typer.Option(help="Context class of the sign-in.")] = "",
    amr: Annotated[str, typer.Option(help="Methods of the sign-in, with commas.")] = "",
    login_age: Annotated[int | None, typer.Option(help="Seconds since the sign-in.")] = None,
    pinned: Annotated[
        bool, typer.Option("--pinned", help="The certificate is good from that address only.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say which grant lets somebody in, and of each rule that does not apply, why.

    For example:

        bastion access explain ann gpu-01

        bastion access explain ann gpu-01 --login root --from 10.20.1.9

        bastion access explain ann gpu-01 --at 2027-03-05T21:30+01:00

        bastion access explain --groups ml,oncall gpu-01 --json | jq .allowed
    """
    subject, name = (who, host) if host is not None else ("", who)
    if not subject and groups is None:
        stop("say who: a subject or account before the host, or --groups", code=2)
    now = moment(at)
    evidence = Evidence(
        authenticated_at=int(now) - login_age if login_age is not None else 0,
        acr=acr,
        amr=frozenset(_parts(amr)),
        claims=dict(map(_claim, claim or ())),
    )
    try:
        settings = configuration(config)
        rules = access.load(
            settings.rules_dir / "access.toml",
            settings.approval.approvers,
            Profile(settings.commands.profile),
        )
        hosts = inventory.load(settings.hosts_file)
        certificate = _newest(settings, subject) if subject else None
    except BastionError as error:
        stop(str(error))
    if subject and certificate is None and groups is None:
        stop(f"no certificate was issued to {printable(subject)} yet; say --groups")
    asker = _asker(
        certificate,
        subject,
        frozenset(certificate.groups if certificate and groups is None else _parts(groups or "")),
        evidence,
        from_,
        issuer=issuer_of(settings, certificate.subject if certificate else subject),
        now=now,
        is_pinned=pinned or settings.certificates.pin_source_address,
    )
    answer = _answer(rules, hosts, asker, name, login)
    emit_json(_tree(answer)) if json else _show(answer)


def _asker(
    certificate: Certificate | None,
    subject: str,
    groups: frozenset[str],
    evidence: Evidence,
    address: str,
    *,
    issuer: str,
    now: float,
    is_pinned: bool,
) -> Asker:
    return Asker(
        subject=certificate.subject if certificate else subject,
        account=certificate.account if certificate else subject,
        groups=groups,
        issuer=issuer,
        evidence=evidence,
        address=parse_address(address),
        now=now,
        fresh_at=now,
        is_pinned=is_pinned,
    )


def _answer(
    rules: AccessRules, hosts: inventory.Inventory, asker: Asker, name: str, login: str | None
) -> Answer:
    found = hosts.find(name)
    target, account = found or Target(name.lower(), ""), None if login is None else Login(login)
    decision = rules.decide(asker, target, account)
    lines = tuple(_lines(rules, asker, target, account))
    return Answer(asker, f"{login or 'any login'}@{name}", found, decision, lines)


def moment(text: str | None) -> float:
    """The moment that an option names; now where it was left out."""
    if text is None:
        return SystemClock().now()
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        stop(f"--at: {text!r} is no moment: write 2027-03-05T21:30+01:00", code=2)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _claim(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        stop(f"--claim: {text!r} is not NAME=VALUE", code=2)
    return name, value


def _newest(settings: Config, name: str) -> Certificate | None:
    return look(State(settings.state_dir), lambda store: store.certificates.newest(name))


def _lines(rules: AccessRules, asker: Asker, target: Target, login: Login | None) -> Iterator[Line]:
    """What every rule says, denies first, for they are the strongest."""
    for kind, found in (("deny", rules.denies), ("grant", rules.grants)):
        for rule in found:
            missed = rule.miss(asker, target, login)
            why = reason(rule, missed, asker, target) if missed else ""
            yield Line(kind, rule.id, rules.places.get(rule.id, ""), not missed, why)
    for demand in rules.requirements:
        missed = demand.miss(asker, target, login)
        key = missed or demand.unmet(asker)
        why = reason(demand, key, asker, target) if key else ""
        yield Line("require", demand.id, rules.places.get(demand.id, ""), not missed, why)


def _show(answer: Answer) -> None:
    asker, terms = answer.asker, answer.terms
    facts(
        {
            "who": f"{asker.account or 'somebody'} in {', '.join(sorted(asker.groups)) or '-'}",
            "where": answer.where,
            "from": str(asker.address or "an unknown address"),
            "at": local_time(asker.now),
            "access": answer.said,
            **(_terms_shown(terms) if terms else {}),
        }
    )
    OUT.print()
    rows = [(line.kind, line.id, line.place, _said(line), line.why) for line in answer.lines]
    if rows:
        table(("KIND", "RULE", "FILE", "APPLIES", "WHY NOT"), rows)
    else:
        note("There are no rules in access.toml.")


def _said(line: Line) -> str:
    if line.applies and line.why:
        return "not met"
    return "yes" if line.applies else "no"


def _terms_shown(terms: Terms) -> dict[str, str]:
    limits = _limits(terms)
    shown = {"channels": ", ".join(sorted(terms.channels))}
    if Channel.SFTP_READ in terms.channels:
        shown["read"] = ", ".join(map(printable, terms.files.read)) or "nowhere"
    if Channel.SFTP_WRITE in terms.channels:
        shown["write"] = ", ".join(map(printable, terms.files.write)) or "nowhere"
    if terms.forwards:
        shown["forward"] = ", ".join(f"{f.host}:{f.port or '*'}" for f in terms.forwards)
    shown["profile"] = str(terms.profile)
    shown["limits"] = ", ".join(f"{key} {value}" for key, value in limits.items() if value) or "-"
    return shown


def _limits(terms: Terms) -> dict[str, Any]:
    limits = terms.limits
    until = limits.until
    return {
        "session_seconds": limits.session_seconds,
        "idle_seconds": limits.idle_seconds,
        "sessions": limits.sessions,
        "until": None if until is None else datetime.fromtimestamp(until, UTC).isoformat(),
    }


def _tree(answer: Answer) -> dict[str, Any]:
    asker, terms = answer.asker, answer.terms
    return {
        "allowed": terms is not None,
        "cause": answer.cause,
        "approval": answer.demand.model_dump() if answer.demand else None,
        "subject": asker.subject,
        "account": asker.account,
        "groups": sorted(asker.groups),
        "where": answer.where,
        "at": datetime.fromtimestamp(asker.now, UTC).isoformat(),
        "grants": [grant.id for grant in answer.decision.grants] if terms else [],
        "channels": sorted(terms.channels) if terms else [],
        "read": list(terms.files.read) if terms else [],
        "write": list(terms.files.write) if terms else [],
        "forward": [[f.host, f.port] for f in terms.forwards] if terms else [],
        "limits": _limits(terms) if terms else None,
        "profile": str(terms.profile) if terms else None,
        "rules": [asdict(line) for line in answer.lines],
    }
