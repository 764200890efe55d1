"""History expansion: whether a line that is typed into a shell has an earlier one put into it.

What always holds: what bash puts in by its usual settings is found, and at worst something more.
What it does not do: know the earlier lines.
"""

import re

# Single quotes and backslashes keep `!` as it is, double quotes do not.
_DULL = re.compile(
    r"[^!'\"\\$\[]+|\\.|'[^']*'?|\$\{!|\$!|\[!(?=[^\]]*\])|!(?=[\s=(]|\Z)|[\"$\[\\]", re.DOTALL
)
_IN_DOUBLE = re.compile(
    r"[^!\"\\$\[]+|\\.|\$\{!|\$!|\[!(?=[^\]]*\])|!(?=[\s=(\"]|\Z)|[$\[\\]", re.DOTALL
)


def recalls(text: str) -> bool:
    """Whether *text* has `!!`, `!word`, `!-1` or `^old^new` for an earlier command."""
    if text.startswith("^"):
        return True
    at, is_double = 0, False
    while at < len(text) and "!" in text:
        if text[at] == '"':
            at, is_double = at + 1, not is_double
        elif match := (_IN_DOUBLE if is_double else _DULL).match(text, at):
            at = match.end()
        else:
            return True
    return False
