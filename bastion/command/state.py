"""What a shell knows at a place of its text: variables, aliases, functions; a frozen value.

A value is a tuple of texts: a variable has one, an array as many as it has, one that is unset has
none; `UNKNOWN` stands in a text for what cannot be known. Where two ways lead to a place, a name
has all the values that it may have there.

What always holds: what is not known is never remembered as known; a state has a largest size, and
what exceeds it is unknown, and said to be. What it does not do: read text
(`bastion.command.extract`), or find out in which order commands run (`bastion.command.course`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

UNKNOWN = "\ufffc"
"""Stands in a text for what only the shell will know: a variable, a substitution."""

Value = tuple[str, ...]
NOT_KNOWN: Value = (UNKNOWN,)
UNSET: Value = ()
SOME: Value = (UNKNOWN, UNKNOWN)
"""Words of which nothing is known, not even how many there are."""
POSITIONAL = "@"
"""The name under which the positional parameters stand."""
ZERO = "0"
"""The name of what a shell is called, which is not among them."""

REFERENCE = "&"
"""Stands in front of the name of a variable that is another name of the one it has as its value."""

MAX_VALUES = 16
"""So many values of one name are remembered; with more none is known."""
_KEPT_VALUES = 4  # from one line to the next
_MAX_NAMES = 256
_MAX_CHARS = 2048
_MAX_ELEMENTS = 64
_IFS = " \t\n"
_DEFAULTS: Mapping[str, tuple[Value, ...]] = {"IFS": ((_IFS,),)}
# The shell gives these values of its own, whatever is assigned.
_OWN = frozenset(
    {"RANDOM", "SRANDOM", "SECONDS", "LINENO", "BASHPID", "PIPESTATUS", "FUNCNAME", "DIRSTACK"}
    | {"EPOCHSECONDS", "EPOCHREALTIME", "BASH_COMMAND", "BASH_SUBSHELL", "HISTCMD", "GROUPS"}
    | {"PWD", "OLDPWD", "REPLY", "OPTARG", "OPTIND", "UID", "EUID", "PPID", "MAPFILE"}
)


@dataclass(frozen=True)
class ShellState:
    """What is known of a shell.

    Attributes:
        variables: the values that each may have; one that is not there is not known.
        aliases: what each stands for; None where that is not known.
        functions: the body of each; None where that is not known.
        exported: the variables that programs get.
        fickle: variables to which the shell gives something else than what is assigned.
        is_certain: whether it is known which shell this is; another may have been started.
        is_left: whether the prompt that follows may be that of another shell.
        is_full: whether there were more names than can be remembered.
    """

    variables: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    aliases: Mapping[str, str | None] = field(default_factory=dict)
    functions: Mapping[str, str | None] = field(default_factory=dict)
    exported: frozenset[str] = frozenset()
    fickle: frozenset[str] = frozenset()
    is_certain: bool = True
    is_left: bool = False
    is_full: bool = False

    def values(self, name: str) -> tuple[Value, ...]:
        """Every value that *name* may have here."""
        name = self._meant(name)
        found = self.variables.get(name) or _DEFAULTS.get(name) or (NOT_KNOWN,)
        is_sure = self.is_certain or name in _DEFAULTS or NOT_KNOWN in found
        return found if is_sure else (*found, NOT_KNOWN)

    def knows(self, name: str) -> bool:
        """Whether anything is known of the variable *name*."""
        return self._meant(name) in self.variables or name in _DEFAULTS

    def assigned(self, name: str, values: Iterable[Value]) -> "ShellState":
        """The state once *name* has one of *values*."""
        name, kept = self._meant(name), tuple(dict.fromkeys(map(_bounded, values)))
        if name in _OWN or name in self.fickle or len(kept) > MAX_VALUES:
            kept = (NOT_KNOWN,)
        return replace(self, variables={**self.variables, name: kept})

    def _meant(self, name: str) -> str:
        """The variable for which *name* stands, by `declare -n`."""
        values = self.variables.get(REFERENCE + name) if self.variables else None
        return values[0][0] if values and len(values) == 1 and values[0] else name

    def opened(self, names: Iterable[str]) -> "ShellState":
        """The state where each of *names* may have another value as well."""
        known = {name: (*self.values(name), NOT_KNOWN) for name in names if self.knows(name)}
        kept = {name: tuple(dict.fromkeys(values)) for name, values in known.items()}
        return replace(self, variables={**self.variables, **kept})

    def merged(self, other: "ShellState") -> "ShellState":
        """The state where either this or *other* holds."""
        if self is other:
            return self
        either = {
            name: tuple(dict.fromkeys((*self.values(name), *other.values(name))))
            for name in {**self.variables, **other.variables}
        }
        short = {n: v if len(v) <= MAX_VALUES else (NOT_KNOWN,) for n, v in either.items()}
        return ShellState(
            short,
            _either(self.aliases, other.aliases),
            _either(self.functions, other.functions),
            self.exported & other.exported,
            self.fickle | other.fickle,
            is_certain=self.is_certain and other.is_certain,
            is_left=self.is_left or other.is_left,
            is_full=self.is_full or other.is_full,
        )

    def for_child(self) -> "ShellState":
        """The state of a shell that is started as a program: it gets what is exported."""
        kept = {name: self.variables[name] for name in self.exported if name in self.variables}
        return ShellState(kept, exported=self.exported, is_certain=self.is_certain)

    def without(self, names: Iterable[str]) -> "ShellState":
        """The state where *names* have values that are never known."""
        found = frozenset(names)
        unknown = {**self.variables, **dict.fromkeys(found, (NOT_KNOWN,))}
        return replace(self, variables=unknown, fickle=self.fickle | found)

    def without_values(self) -> "ShellState":
        """The state where any variable may have been changed."""
        return replace(self, variables=dict.fromkeys(self.variables, (NOT_KNOWN,)))

    def bounded(self) -> "ShellState":
        """The state as it is kept from one line to the next."""
        few = {n: v if len(v) <= _KEPT_VALUES else (NOT_KNOWN,) for n, v in self.variables.items()}
        known = {n: v for n, v in few.items() if v != (NOT_KNOWN,) or n in _DEFAULTS}
        tables = (known, self.aliases, self.functions, self.exported | self.fickle)
        if any(len(table) > _MAX_NAMES for table in tables):
            return ShellState(is_certain=False, is_full=True)
        is_certain = self.is_certain and not self.is_left
        return replace(self, variables=known, is_certain=is_certain, is_left=False)


def short(text: str) -> str | None:
    """*text* where it is short enough to be remembered; None where it is not, or not known."""
    return text if len(text) <= _MAX_CHARS and UNKNOWN not in text else None


def _bounded(value: Value) -> Value:
    is_small = len(value) <= _MAX_ELEMENTS and sum(map(len, value)) <= _MAX_CHARS
    return value if is_small else NOT_KNOWN


def _either(
    one: Mapping[str, str | None], other: Mapping[str, str | None]
) -> dict[str, str | None]:
    """All names with what they stand for; None where that is not the same."""
    differing = {name for name in one if name in other and one[name] != other[name]}
    return {**one, **other, **dict.fromkeys(differing)}
