"""Takes the words behind a program's name apart: options, their values, operands.

What always holds: no word is lost; `--` ends the options; `-rf` is `-r` and `-f`, `-ofile` and
`--output=file` have the value that `-o file` and `--output file` have, and a long option may be cut
short as GNU programs allow it. What it does not do: know which options a program has: which of them
take a value it is told, and every other takes none.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bastion.command.reading import Word

_NO = frozenset({"none", "false", "no", "0", "off"})
_LEAST_LONG = 4  # `--re`: GNU programs take any prefix that is unique


@dataclass(frozen=True)
class Arguments:
    """The words behind a program's name.

    Attributes:
        options: name and value of each; a cluster is there by its letters and as a whole.
        operands: the words that are neither an option nor the value of one.
        abbreviates: whether long options can be cut short.
    """

    options: tuple[tuple[str, Word | None], ...]
    operands: tuple[Word, ...]
    abbreviates: bool = True

    def has(self, names: Collection[str], *, denied: bool = True) -> bool:
        """Whether one of the options *names* is there.

        *denied*: whether it counts where its value takes it back, as in `--dry-run=none`.
        """
        return any(
            self._is(name, wanted) and (denied or value is None or value.text not in _NO)
            for name, value in self.options
            for wanted in names
        )

    def values(self, names: Collection[str]) -> Iterator[Word]:
        """The values of the options *names*."""
        for name, value in self.options:
            if value is not None and any(self._is(name, wanted) for wanted in names):
                yield value

    def _is(self, written: str, option: str) -> bool:
        return is_called(written, option, abbreviates=self.abbreviates)


def is_called(written: str, option: str, *, abbreviates: bool = True) -> bool:
    """Whether *written* is *option*, possibly cut short; `--add-*` is every one that begins so."""
    if option.endswith("*"):
        return written.startswith(option[:-1])
    if written == option:
        return True
    is_long = abbreviates and option.startswith("--") and len(written) >= _LEAST_LONG
    return is_long and written.startswith("--") and option.startswith(written)


def is_among(written: str, options: Collection[str]) -> bool:
    """Whether *written* is one of *options*, possibly cut short."""
    return written in options or any(is_called(written, option) for option in options)


def arguments(
    words: tuple[Word, ...],
    valued: Collection[str] = (),
    *,
    clusters: bool = True,
    abbreviates: bool = True,
    options_first: bool = False,
) -> Arguments:
    """*words* taken apart; the options in *valued* take a value.

    *options_first*: whether what stands behind the first operand is not the program's own.
    """
    options: list[tuple[str, Word | None]] = []
    operands: list[Word] = []
    at = 0
    while at < len(words):
        word, following = words[at], words[at + 1] if at + 1 < len(words) else None
        at += 1
        if word.text == "--":
            operands += words[at:]
            break
        if not word.text.startswith("-") or word.text == "-":
            operands.append(word)
            if options_first:
                operands += words[at:]
                break
            continue
        found, has_taken_next = _options(word, following, valued, clusters=clusters)
        options += found
        at += has_taken_next
    return Arguments(tuple(options), tuple(operands), abbreviates)


def _options(
    word: Word, following: Word | None, valued: Collection[str], *, clusters: bool
) -> tuple[list[tuple[str, Word | None]], bool]:
    """The options that *word* is, and whether *following* is the value of the last of them."""
    name, equals, value = word.text.partition("=")
    if name.startswith("--") or not clusters or name in valued:
        if equals:
            return [(name, cut(word, value))], False
        takes = any(is_called(name, option) for option in valued)
        return [(name, following if takes else None)], takes and following is not None
    return _cluster(word, following, valued)


def _cluster(
    word: Word, following: Word | None, valued: Collection[str]
) -> tuple[list[tuple[str, Word | None]], bool]:
    found: list[tuple[str, Word | None]] = [(word.text, None)]
    for place, letter in enumerate(word.text[1:], 2):
        name = "-" + letter
        if name in valued:
            rest = word.text[place:]
            value = cut(word, rest.removeprefix("=")) if rest else following
            return [*found, (name, value)], not rest and following is not None
        found.append((name, None))
    return found, False


def cut(word: Word, text: str) -> Word:
    """The part *text* of *word*."""
    return Word(text, text, word.span, word.has_glob)
