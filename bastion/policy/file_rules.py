"""rules/files.toml: which transfers are blocked or held. docs/files.md explains the keys.

What always holds: the strictest rule that matches counts, the first of equals; what is done below a
folder by a protocol that hides names meets every rule that could match there, unless the rule says
in which folders it expects that (`hidden_in`); a folder that a rule names gets no other name past
that rule. What it does not do: say who may use files at all, and where; access rules do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bastion.errors import RulesError
from bastion.files import Action, Deed, clean, is_below
from bastion.policy.rulefile import Located, RuleFile, refuse_duplicates
from bastion.verdict import Judgement, Verdict, strictest

FILE = "files.toml"
_GLOB_STARTS = "*?["
_MOVES = frozenset({Action.RENAME, Action.LINK})
"""What gives a folder, and so all that is in it, another name."""


def _verdict(word: object) -> object:
    return Verdict.parse(word) if isinstance(word, str) else word


VerdictWord = Annotated[Verdict, BeforeValidator(_verdict)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileExample(_Table):
    """A deed with the verdict that all rules of the file together must give it."""

    action: Action
    """What is done."""
    path: str = Field(pattern="^/")
    """To which file."""
    to: str = Field("", pattern="^(/.*)?$")
    """The new name, or what a link leads to."""
    verdict: VerdictWord
    """The verdict: `allow`, `hold` or `block`."""

    @property
    def deed(self) -> Deed:
        """The deed."""
        return Deed(self.action, clean(self.path), clean(self.to) if self.to else "")


class FileRule(_Table):
    """One `[[rule]]` of files.toml."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """Names the rule for people: small letters, digits, dashes."""
    verdict: Literal[Verdict.HOLD, Verdict.BLOCK]
    """`hold` or `block`."""
    message: str = Field(min_length=1)
    """Why, in one sentence to engineer and approver."""
    actions: tuple[Action, ...] = Field(min_length=1)
    """`download`, `upload`, `list`, `look`, `delete`, `rename`, `link`, `folder`, `change`."""
    paths: tuple[str, ...] = Field(min_length=1)
    """Globs of absolute paths; `*` matches `/` too, and upper and lower case are the same."""
    unless_paths: tuple[str, ...] = ()
    """Not where every path that is named matches one of these."""
    hidden_in: tuple[str, ...] = ()
    """Where names are not seen (`rsync -r`): folders whose content may match; any if empty."""
    approvers: frozenset[str] = frozenset()
    """Groups that may approve a hold; the configured ones where empty."""
    examples: tuple[FileExample, ...] = Field(min_length=1)
    """Deeds with expected verdicts; `bastion rules test` runs them."""

    @model_validator(mode="before")
    @classmethod
    def _reads_verdict(cls, tree: object) -> object:
        if isinstance(tree, dict) and isinstance(tree.get("verdict"), str):
            return {**tree, "verdict": Verdict.parse(tree["verdict"])}
        return tree

    @model_validator(mode="after")
    def _has_sound_globs(self) -> Self:
        for glob in (*self.paths, *self.unless_paths):
            if not glob.startswith(("/", *_GLOB_STARTS)):
                raise ValueError(f"{glob!r} matches no absolute path: begin it with / or *")
        return self

    def matches(self, deed: Deed) -> bool:
        """Whether the rule is for *deed*."""
        if deed.action not in self.actions:
            return False
        if deed.is_deep and any(map(self._may_be_in, deed.paths)):
            return True
        if deed.is_into and any(_could_match_in(glob, deed.path) for glob in self.paths):
            return True
        globs = (*self.paths, *self._folders) if deed.action in _MOVES else self.paths
        named = [path for path in deed.paths if _matches(globs, path)]
        return any(not _matches(self.unless_paths, path) for path in named)

    def _may_be_in(self, folder: str) -> bool:
        """Whether something that the rule is for may be in *folder*, at any depth."""
        if not any(_could_match(glob, folder) for glob in self.paths):
            return False
        is_expected = any(PurePosixPath(folder).match(glob) for glob in self.hidden_in)
        if is_expected or not self.hidden_in or _matches([*self.paths, *self._folders], folder):
            return True
        return any(_could_match_in(glob, folder) for glob in self.paths)

    @property
    def _folders(self) -> Iterator[str]:
        """Globs of the folders of which a part of a path is the name, as in `*/.ssh/id_*`."""
        for glob in self.paths:
            parts = glob.split("/")
            for end in range(1, len(parts)):
                if set("".join(parts[:end])) - {"*"}:
                    yield "/".join(parts[:end])


@dataclass(frozen=True)
class FileRules:
    """All rules for files in force."""

    rules: tuple[Located[FileRule], ...] = ()

    def judge(self, deeds: Iterable[Deed]) -> Judgement:
        """The strictest judgement of *deeds*."""
        return strictest(self._judgements(deeds))

    def concern(self, actions: Iterable[Action]) -> bool:
        """Whether any rule is for one of *actions*, whatever the path."""
        asked = frozenset(actions)
        return any(not asked.isdisjoint(rule.value.actions) for rule in self.rules)

    def _judgements(self, deeds: Iterable[Deed]) -> Iterator[Judgement]:
        for deed in deeds:
            for located in self.rules:
                rule = located.value
                if rule.matches(deed):
                    yield Judgement(rule.verdict, rule.id, rule.message, approvers=rule.approvers)


NO_RULES = FileRules()


def load(folder: Path) -> FileRules:
    """The rules for files in *folder*; none where it has no such file. Raises RulesError."""
    path = folder / FILE
    if not path.exists():
        return FileRules()
    rules = RuleFile(path, {"rule"}).tables("rule", FileRule)
    if not rules:
        raise RulesError(path, 0, "", "has no [[rule]]; remove the file where none is wanted")
    refuse_duplicates(rules)
    return FileRules(tuple(rules))


def _matches(globs: Iterable[str], path: str) -> bool:
    lower = path.lower()
    return any(fnmatchcase(lower, glob.lower()) for glob in globs)


def _could_match_in(glob: str, folder: str) -> bool:
    """Whether *glob* may match a name in *folder*."""
    glob, start = glob.lower(), f"{folder.lower().rstrip('/')}/"
    cuts = (at for at in range(len(glob) + 1) if "/" not in glob[at:])
    return any(fnmatchcase(start, glob[:at]) for at in cuts)


def _could_match(glob: str, folder: str) -> bool:
    """Whether *glob* may match *folder* or something below it."""
    start = min((glob.find(sign) for sign in _GLOB_STARTS if sign in glob), default=len(glob))
    plain = glob[:start].lower()
    folder = folder.lower()
    if start == len(glob):
        return is_below(plain, [folder])
    return f"{folder.rstrip('/')}/".startswith(plain) or plain.startswith(folder)
