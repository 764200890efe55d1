"""Compares our reading with a real bash's: `python -m bench.differential FOLDER`.

FOLDER holds `*.jsonl` with a `command` in each line. No command is run. Of the simple commands that
we find, those words are shown to `printf` that are inert: a pattern of our own says that nothing in
them can be expanded. And `bash -n`, which only parses, says which lines are shell text at all.
"""

import argparse
import collections
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from bastion.command.extract import extract
from bastion.command.reading import UNKNOWN, Reading, SimpleCommand
from tests.command.lines import inert
from tests.command.test_differential import bash_words

_BATCH = 500
_SHOWN = 20
_REFUSED = frozenset({"unparsable", "incomplete", "syntax-error", "unclosed", "continued"})


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.differential", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--syntax", action="store_true", help="ask `bash -n` as well")
    options = parser.parse_args()
    lines = list(dict.fromkeys(_commands(options.folder)))
    readings = [extract(line) for line in lines]
    _compare_words(readings)
    if options.syntax:
        _compare_syntax(readings)


def _commands(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            command = json.loads(line)["command"]
            if "\0" not in command:
                yield command


def _compare_words(readings: list[Reading]) -> None:
    """Every word that is inert, as we read it and as bash does."""
    words = [pair for reading in readings for c in reading.commands for pair in _pairs(c, reading)]
    distinct = list(dict.fromkeys(raw for raw, _ in words))
    told: dict[str, list[str]] = {}
    for at in range(0, len(distinct), _BATCH):
        batch = distinct[at : at + _BATCH]
        told |= zip(batch, bash_words(batch), strict=True)
    wrong = [(raw, ours) for raw, ours in words if told[raw] != ours]
    print(f"{len(words)} literal words ({len(distinct)} distinct), {len(wrong)} differ: ", end="")
    print(f"{100 - 100 * len(wrong) / len(words):.4f} % equal")
    for raw, ours in list(dict.fromkeys((raw, tuple(ours)) for raw, ours in wrong))[:_SHOWN]:
        print(f"  {raw!r}: ours {list(ours)}, bash {told[raw]}")


def _pairs(command: SimpleCommand, reading: Reading) -> Iterator[tuple[str, list[str]]]:
    """Each raw word of *command* that stands in the text, with the words that we make of it."""
    for (raw, span), same in groupby(command.words, lambda word: (word.raw, word.span)):
        stands_there = reading.text[span.start : span.end] == raw
        texts = [word.text for word in same]
        is_walked = "{" in raw and any(UNKNOWN in text for text in texts)  # `find -exec`'s `{}`
        if raw and stands_there and inert(raw) and not is_walked:
            yield raw, texts


def _compare_syntax(readings: list[Reading]) -> None:
    """What bash cannot parse, and what we say of it."""
    with ThreadPoolExecutor(2) as pool:
        valid = list(pool.map(_is_shell_text, [reading.text for reading in readings]))
    counts = collections.Counter(
        (is_valid, reading.opaque or "read")
        for is_valid, reading in zip(valid, readings, strict=True)
    )
    for (is_valid, said), count in sorted(counts.items(), key=lambda entry: -entry[1]):
        print(f"  bash {'parses' if is_valid else 'refuses'}, we say {said}: {count}")
    agreed = sum(
        is_valid == (reading.opaque not in _REFUSED)
        for is_valid, reading in zip(valid, readings, strict=True)
    )
    print(f"{100 * agreed / len(readings):.2f} % agree about what is shell text")


def _is_shell_text(text: str) -> bool:
    done = subprocess.run(
        ["bash", "--norc", "-O", "extglob", "-n"],
        input=text.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
        timeout=10,
    )
    return done.returncode == 0 and b"warning: here-document" not in done.stderr


if __name__ == "__main__":
    main()
