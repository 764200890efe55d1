"""Makes shell lines: literal words for a real shell to read, and mutants to fuzz the reader with.

Every choice comes from the `Random` that is handed in, so a seed makes the same lines again.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random

_PLAIN = "abcrmxyz019_./:=,@%+^-"
_QUOTED = _PLAIN + ' \t*?[]{}()<>|&;#!~$`"\\ü\u00a0'
_ESCAPES = (
    *(r"\n", r"\t", r"\\", r"\'", r"\"", r"\a", r"\e", r"\x72", r"\x2d", r"\162", r"\0", r"\u0072"),
    *(r"\U00000072", r"\x7", r"\cA", r"\?", r"\q", r"\u00fc"),
)

INERT = re.compile(
    r"""(?:[A-Za-z0-9_./:,@%+^\x80-\U0010ffff-]      # stands for itself
          |(?<![\s=:])=|(?<=[a-z])[!~]
          |'[^']*'                                  # quoted
          |"(?:[^"\\$`!]|\\[^!`$])*"
          |\$'(?:[^'\\]|\\[\\'"abefnrtv?]|\\x[0-9a-fA-F]{1,2}|\\u[0-9a-fA-F]{1,4}|\\[1-7][0-7]{0,2})*'
          |\\[^\n\x00]|\\\n                         # escaped, or joined to the next line
          |\{[A-Za-z0-9_./,-]*\}|[{}]               # braces, which bash expands
        )+""",
    re.VERBOSE,
)
"""Words that hold no expansion, no operator and no glob: a real shell may be shown these."""


def inert(text: str) -> bool:
    """Whether *text* is words, with blanks between, that a shell cannot run anything from."""
    return "\0" not in text and all(map(INERT.fullmatch, _blank_separated(text)))


def _blank_separated(text: str) -> list[str]:
    """The parts of *text* between blanks that are outside quotes; itself where it has none."""
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] in " \t":
            parts.append(text[start:at])
            start = at = at + 1
        elif match := INERT.match(text, at):
            at = match.end()
        else:
            return [text]
    return [part for part in (*parts, text[start:]) if part]


def literal_word(random: Random) -> str:
    """A word of plain, quoted and escaped parts."""
    return "".join(_part(random) for _ in range(random.randint(1, 4)))


def _part(random: Random) -> str:
    kind = random.randrange(6)
    if kind == 0:
        return "'" + _chars(random, _QUOTED.replace("'", "")) + "'"
    if kind == 1:
        return '"' + _chars(random, re.sub(r'["\\$`!]', "", _QUOTED)) + random.choice(_DOUBLE) + '"'
    if kind == 2:
        return "$'" + "".join(random.choices((*_ESCAPES, *"ab c"), k=3)) + "'"
    if kind == 3:
        return "\\" + random.choice(_QUOTED + "'\n")
    if kind == 4:
        return "{" + ",".join(_chars(random, "abcm") for _ in range(2)) + "}"
    return _chars(random, _PLAIN) or "a"


_DOUBLE = ("", "", r"\"", r"\\", r"\$", r"\`", r"\q", "\\\n")


def _chars(random: Random, alphabet: str) -> str:
    return "".join(random.choices(alphabet, k=random.randint(0, 4)))


def seeds() -> list[str]:
    """Lines to begin with: all cases of `bypasses.toml`."""
    cases = tomllib.loads(Path(__file__).with_name("bypasses.toml").read_text())["family"]
    plain = [c for family in cases for kind in ("hides", "invents") for c in family.get(kind, ())]
    return plain + [c for family in cases for _, c in family.get("unseen", ())]


_TOKENS = (
    *("'", '"', "`", "$(", ")", "${", "}", "$((", "))", "((", "[[", "]]", "<(", ">(", "$'", '$"'),
    *(
        "\\",
        "\n",
        "\\\n",
        ";",
        ";;",
        "&",
        "&&",
        "|",
        "||",
        "|&",
        "<<E\n",
        "<<'E'\n",
        "\nE\n",
        "<<<",
    ),
    *(">", ">>", "<", "<>", ">&", "&>", "2>&1", "{fd}>", "*", "?", "[", "]", "{", ",", "{1..9}"),
    *(
        "#",
        " # ",
        "!",
        "!!",
        "^a^b^",
        "~",
        "=",
        "+=",
        "a=",
        "a=(",
        "$a",
        "$IFS",
        "$@",
        "$1",
        "${a[@]}",
    ),
    *(" if ", " then ", " elif ", " else ", " fi ", " for i in ", " do ", " done ", " case x in "),
    *(" esac ", " while ", " function f ", " f() ", " time ", " coproc ", " select ", " until "),
    *(
        "\r",
        "\t",
        "\x00",
        "\x1b[2K",
        "\u200b",
        "\u202e",
        "\u00a0",
        "\ufffc",
        "\ud7ff",
        "\U0001f600",
    ),
    *(
        " rm -rf ",
        " sudo ",
        " xargs ",
        " eval ",
        " bash -c ",
        " find / -exec ",
        " psql -c ",
        " env ",
    ),
    *("drop table x", "/*", "*/", "--", "$$", "\\!", "select ", "(" * 40, "$(" * 40, "{a,b}" * 12),
)
_WRAPS = (
    "$(%s)",
    "`%s`",
    "'%s'",
    '"%s"',
    "${x:-%s}",
    "bash -c '%s'",
    "{ %s; }",
    "( %s )",
    "%s | sh",
)
_WRAPS += ("cat <<E\n%s\nE", "echo $(a\n%s)", "if %s; then a; fi", "a=(%s)", "[[ %s ]]", "$((%s))")
_WRAPS += ("psql -c '%s'", "eval %s", "for i in %s; do a; done", "f() { %s; }; f", "sudo -u a %s")
_MOST_CHARS = 4096


def mutants(random: Random, lines: list[str]) -> Iterator[str]:
    """Lines made out of *lines*, without end."""
    while True:
        text = random.choice(lines)
        for _ in range(random.choice((1, 1, 2, 3, 5, 8))):
            text = _mutated(random, text, lines)
        yield text[:_MOST_CHARS]


def _mutated(random: Random, text: str, lines: list[str]) -> str:
    at, to = sorted(random.randint(0, len(text)) for _ in range(2))
    wrap = random.choice(_WRAPS)
    ways = (
        text[:at] + text[to:],
        text[:to] + text[at:],
        text[:at] + random.choice(lines)[at:],
        text[:at] + chr(random.randrange(1, 0x250)) + text[at:],
        wrap.replace("%s", text),
        text[:at] + wrap.replace("%s", text[at:to]) + text[to:],
        text[:at] + random.choice(_TOKENS) + text[at:],
        text[:to] + random.choice(_TOKENS) + text[to:],
    )
    return random.choice(ways)
