"""What docs/identity.md has from the tests: what each flow did where, and by which settings.

`make test-idp` writes it, once every cell is there; `make test` holds the cells of the providers
that it has against what is written.
"""

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "identity.md"
_PLACE = r"(?s)(<!-- {} -->\n)(.*?)(<!-- end -->)"


class Matrix:
    """Cells by flow and provider, with what each row shows and why a cell is empty."""

    def __init__(self, providers: tuple[str, ...]) -> None:
        self._providers = providers
        self._cells: dict[str, dict[str, str]] = {}
        self._shows: dict[str, str] = {}
        self._settings: dict[str, str] = {}

    def keep_settings(self, provider: str, toml: str) -> None:
        """The section `[oidc]` that *provider* is tried with."""
        self._settings[provider] = toml

    def keep(self, flow: str, provider: str, told: str, shows: str) -> None:
        """What *flow* did at *provider*; *shows* says what the row is about."""
        self._cells.setdefault(flow, {})[provider] = told
        self._shows[flow] = shows

    def is_complete(self) -> bool:
        """Whether every provider has been asked everything."""
        wanted = set(self._providers)
        return bool(self._cells) and all(set(row) == wanted for row in self._cells.values())

    def write(self) -> None:
        """Put the table and the configurations into the page."""
        page = _filled(PAGE.read_text(), "matrix", self._text())
        for provider, toml in self._settings.items():
            lines = "".join(f"    {line}\n" for line in toml.splitlines())
            page = _filled(page, f"tried with {provider}", f"\n{lines}\n")
        PAGE.write_text(page)

    def _text(self) -> str:
        lines = [f"| | {' | '.join(self._providers)} |", "|---" * (len(self._providers) + 1) + "|"]
        lines += [
            f"| {flow} | {' | '.join(row[name] for name in self._providers)} |"
            for flow, row in self._cells.items()
        ]
        lines += ["", *(f"- **{flow}**: {shows}" for flow, shows in self._shows.items())]
        return "\n".join(lines) + "\n"


def _filled(page: str, name: str, text: str) -> str:
    """*page* with *text* in its place of that *name*."""
    place = re.compile(_PLACE.format(re.escape(name)))
    filled, count = place.subn(lambda found: found.group(1) + text + found.group(3), page, count=1)
    assert count == 1, f"docs/identity.md has no place for {name}"
    return filled


def written() -> dict[tuple[str, str], str]:
    """The cells that stand in the page, by flow and provider."""
    found = re.search(_PLACE.format("matrix"), PAGE.read_text())
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (found.group(2) if found else "").splitlines()
        if line.startswith("|")
    ]
    if not table:
        return {}
    providers = table[0][1:]
    return {
        (flow, name): told
        for flow, *row in table[2:]
        for name, told in zip(providers, row, strict=True)
    }
