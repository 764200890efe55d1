"""The tolerant splitter finds commands in any text."""

from hypothesis import given
from hypothesis import strategies as st

from bastion.command.scan import Piece
from bastion.command.tokens import split, words


def programs(text: str) -> list[str]:
    return [command.program for command in split(text)]


def test_operators_split():
    """Each simple command stands alone, quoted operators do not split."""
    assert programs("a; b && c || d | e & f\ng 'x;y' 2>&1 &>z") == list("abcdefg")


def test_pipelines_are_numbered():
    """A rule can ask what stands in front in the same pipeline."""
    places = [(c.program, c.pipeline, c.stage) for c in split("a | b; c |& d")]
    assert places == [("a", 0, 0), ("b", 0, 1), ("c", 1, 0), ("d", 1, 1)]


def test_keywords_are_no_programs():
    """The command behind `then` or `do` is found."""
    assert programs("if a; then b; else c; fi; while d; do e; done; for x in y; do f; done") == [
        *"abcdef"
    ]


def test_words_redirections_and_assignments_are_told_apart():
    """Arguments behind a redirection are kept."""
    (command,) = split("A=1 B=2 rm 2>/dev/null -rf >>'a b' /x <y")
    assert [word.text for word in command.words] == ["rm", "-rf", "/x"]
    assert [word.text for word in command.assignments] == ["A=1", "B=2"]
    found = [(r.operator, r.target.text, r.is_write) for r in command.redirections]
    assert found == [("2>", "/dev/null", True), (">>", "a b", True), ("<", "y", False)]


def test_an_assignment_may_stand_alone():
    """And a redirection too."""
    assert [len(c.words) for c in split("x=1; >f")] == [0, 0]


def test_words_are_cut_at_blanks_outside_quotes():
    """Quotes, substitutions and comments keep together."""
    raws = [piece.text for piece in words(Piece("a 'b c' \"d e\"f $(g h) `i j` # k", 0))]
    assert raws == ["a", "'b c'", '"d e"f', "$(g h)", "`i j`"]


@given(st.text(max_size=80))
def test_any_text_is_split(text):
    """It is the net under the parser and must hold."""
    for command in split(text):
        assert 0 <= command.span.start <= command.span.end <= len(text)


@given(st.text("a1{}[=~;|(!\t\n ", max_size=30))
def test_words_are_cut_at_blanks_alone_where_nothing_else_can_end_one(text):
    """The way for texts without quotes and the like cuts as the way for all others does."""
    *found, last = words(Piece(f"{text} $x", 3))
    assert (found, last.text) == (words(Piece(text, 3)), "$x")
