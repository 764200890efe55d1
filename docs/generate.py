"""Writes the pages of docs/ that follow from the code: map.md, config.md, codes.md.

`make docs` runs it; tests/test_docs.py fails when a page is not what it would write.
"""

import ast
import inspect
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bastion.audit.entry import AuditCode
from bastion.config import Config
from bastion.policy import command_rules
from bastion.policy.listed import Listed
from bastion.refusal import EXPLAINED
from bastion.rulepack import shipped_rules
from bastion.verdict import Verdict

ROOT = Path(__file__).parent.parent
_UNSET = (None, "")


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text)


def pages() -> dict[str, str]:
    """The generated pages by file name."""
    return {
        "map.md": map_page(),
        "config.md": config_page(),
        "codes.md": codes_page(),
        "families.md": families_page(),
    }


def map_page() -> str:
    """Every module with the first line of its docstring."""
    lines = ["# Every module, one line\n", _note(), _READING_ORDER]
    for folder in ("bastion", "replay_tui"):
        for package in sorted({path.parent for path in (ROOT / folder).rglob("*.py")}):
            lines.append(f"\n## {package.relative_to(ROOT)}/\n")
            lines.extend(_modules(package))
    return "\n".join(lines) + "\n"


def _modules(package: Path) -> Iterator[str]:
    for path in sorted(package.glob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
        yield f"- `{path.name}` — {docstring.splitlines()[0]}"


def config_page() -> str:
    """Every key of the configuration file."""
    lines = ["# The configuration file\n", _note(), _CONFIG_INTRODUCTION]
    plain = [name for name, field in Config.model_fields.items() if not _is_section(field)]
    lines += ["\n## At the top\n", *_table(Config, plain)]
    for name, field in Config.model_fields.items():
        if _is_section(field):
            lines += _section(name, field.annotation)
        elif row := _row_of(field):
            lines += [f"\n## [[{name}]]\n", *_table(row)]
    return "\n".join(lines) + "\n"


def _section(name: str, model: type[BaseModel]) -> Iterator[str]:
    """The table of a section, and of each kind of table that stands in it."""
    yield f"\n## [{name}]\n"
    yield from _table(model)
    kinds: dict[type[BaseModel], list[str]] = {}
    for key, field in model.model_fields.items():
        for kind in _kinds(field):
            kinds.setdefault(kind, []).append(f"[{name}.{key}]")
        row = _row_of(field)
        if row and not issubclass(model, row):
            kinds.setdefault(row, []).append(f"[[{name}.{key}]]")
    for kind, places in kinds.items():
        yield f"\n### {', '.join(places)}{_told_apart(kind)}\n"
        yield from _table(kind)


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _kinds(field: FieldInfo) -> list[type[BaseModel]]:
    """The models that a table may follow, where there are several."""
    if not field.discriminator:
        return []
    return list(get_args(field.annotation))


def _row_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model of each table of an array of tables."""
    row = next(iter(get_args(field.annotation)), None)
    is_table = isinstance(row, type) and issubclass(row, BaseModel)
    return row if is_table and get_origin(field.annotation) is tuple else None


def _told_apart(model: type[BaseModel]) -> str:
    """What a table says of which kind it is."""
    literals = {
        name: get_args(field.annotation)
        for name, field in model.model_fields.items()
        if get_origin(field.annotation) is Literal
    }
    return "".join(
        f': {name} = "{kind}"' for name, (kind, *others) in literals.items() if not others
    )


def _table(model: type[BaseModel], names: Iterable[str] | None = None) -> Iterator[str]:
    yield "| key | meaning | default |"
    yield "|---|---|---|"
    meanings = _meanings(model)
    for name in names or model.model_fields:
        meaning = " ".join(meanings[name].split()).replace("|", r"\|")
        yield f"| `{name}` | {meaning} | {_default(name, model.model_fields[name])} |"


def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """What stands under each field, also of the models that *model* extends.

    Read here and not by pydantic (`use_attribute_docstrings`): it would parse the source of every
    model whenever the product starts.
    """
    found = {}
    for part in reversed(model.__mro__):
        if part.__module__.startswith("bastion."):
            body = ast.parse(inspect.getsource(part)).body[0].body
            for field, below in pairwise(body):
                if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
                    found[field.target.id] = ast.literal_eval(below.value)
    return found


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default is None:
        return f"`# {name} =`"
    if isinstance(default, BaseModel):
        inner = ", ".join(
            f"{key} = {_toml(value)}" for key, value in default if value not in _UNSET
        )
        return f"`{{ {inner} }}`"
    return f"`{_toml(default)}`"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value) if isinstance(value, int) else f'"{value}"'


def codes_page() -> str:
    """Every code that users and the audit log can show."""
    lines = ["# Codes\n", _note(), _CODES_INTRODUCTION, "\n## Shown to users\n"]
    lines += ["| code | what it means | what to do |", "|---|---|---|"]
    lines += [f"| `{c}` | {e.sentence} | {e.next_step} |" for c, e in EXPLAINED.items()]
    lines += ["\n## In the audit log\n", "| code | what happened |", "|---|---|"]
    lines += [f"| `{code}` | {code.meaning} |" for code in AuditCode]
    return "\n".join(lines) + "\n"


def families_page() -> str:
    """Every shipped command rule by theme, with what it is about and an example; and the list."""
    lines = ["# What the shipped rules stop\n", _note(), _FAMILIES_INTRODUCTION]
    rules = command_rules.load(shipped_rules() / "commands")
    theme = None
    for rule in rules.rules:
        if rule.path != theme:
            theme = rule.path
            title = theme.read_text().splitlines()[0].removeprefix("# ")
            lines += [f"\n## {theme.stem}\n", f"{title}\n"]
            lines += ["| rule | verdict | severity | ATT&CK | why | for example |"]
            lines += ["|---|---|---|---|---|---|"]
        lines.append(_family(rule.value))
    lines += [_LISTED_INTRODUCTION, "| entry | programs | for example |", "|---|---|---|"]
    lines += [_listed(entry.value) for entry in rules.listed]
    return "\n".join(lines) + "\n"


def _family(rule: command_rules.Rule) -> str:
    stopped = next(e.command for e in rule.examples if e.verdict is rule.verdict)
    cells = (f"`{rule.id}`", rule.verdict, rule.severity, rule.mitre or "-", rule.message)
    return f"| {' | '.join(map(str, cells))} | {_code(stopped)} |"


def _listed(entry: Listed) -> str:
    runs = next(e.command for e in entry.examples if e.verdict < Verdict.HOLD)
    programs = ", ".join(f"`{name}`" for name in entry.programs)
    return f"| `{entry.id}` | {programs} | {_code(runs)} |"


def _code(command: str) -> str:
    shown = command.replace("|", "\\|").replace("\n", " ⏎ ")
    return f"`` {shown} ``"


def _note() -> str:
    return "<!-- written by docs/generate.py: run `make docs` after a change of the code -->\n"


_READING_ORDER = """\
The way of the data, in reading order:

- Login: `downstream/listener` → `connection` → `authentication` (an `Identity`) → `server` →
  `reception` → `policy/authorize` (an `Authorization`) → `channels` → `relay/session`.
- Keys: `channels` → `relay/wire` → `gate` → `checkpoint` → `clearance` → `command/parser` →
  `policy/judge` → `approval` → back to the gate; every byte through `journal` first.
- Output: `relay/pump` → `wire` → `journal` → the user.
- Approval: `web/approvals` → `approval` → the store → whoever holds the session.
- Later: `recording/library` → `replay_tui`.

Imports flow down only; tests/test_architecture.py holds the layers.
"""

_CONFIG_INTRODUCTION = """\
One TOML file, read once at start: `bastion serve --config FILE`, or `BASTION_CONFIG`. An unknown
key stops the start. Paths are relative to the file. Secrets are never written into it; it names
files. `bastion config check` reads it and everything that it names. A default that stands as a
comment (`# key =`) is no value: the key is not set.
"""

_FAMILIES_INTRODUCTION = """\
The command rules in `rules/commands/`, in the order in which they count. [rules.md](rules.md)
explains them; `bastion rules list` says the same of your own.
"""

_LISTED_INTRODUCTION = """
## What runs in the profile `locked`

Commands of these programs, as far as their entry in `rules/commands/locked.toml` admits: with which
subcommands, options and operands. Nothing else runs there ([rules.md](rules.md#profiles)).
"""

_CODES_INTRODUCTION = """\
Codes are stable: scripts, tickets and searches may rely on them. A user sees one sentence, what to
do next, and the code in brackets; the log holds the cause.
"""

if __name__ == "__main__":
    main()
