"""Writes the pages of docs/ that follow from the code: map.md, config.md, codes.md.

`make docs` runs it; tests/test_docs.py fails when a page is not what it would write.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bastion.audit.entry import AuditCode
from bastion.config import Config
from bastion.refusal import EXPLAINED

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text)


def pages() -> dict[str, str]:
    """The generated pages by file name."""
    return {"map.md": map_page(), "config.md": config_page(), "codes.md": codes_page()}


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
    plain = {n: f for n, f in Config.model_fields.items() if not _is_section(f)}
    lines += ["\n## At the top\n", *_table(plain)]
    for name, field in Config.model_fields.items():
        if _is_section(field):
            model = field.annotation
            lines += [f"\n## [{name}]\n", *_table(model.model_fields)]
    return "\n".join(lines) + "\n"


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _table(fields: dict[str, FieldInfo]) -> Iterator[str]:
    yield "| key | meaning | default |"
    yield "|---|---|---|"
    for name, field in fields.items():
        yield f"| `{name}` | {field.description} | {_default(field)} |"


def _default(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return "none"
    if isinstance(default, BaseModel):
        inner = ", ".join(f"{key} = {_toml(value)}" for key, value in default)
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
files. `bastion config check` reads it and everything that it names.
"""

_CODES_INTRODUCTION = """\
Codes are stable: scripts, tickets and searches may rely on them. A user sees one sentence, what to
do next, and the code in brackets; the log holds the cause.
"""

if __name__ == "__main__":
    main()
