"""How pages are drawn: nothing hostile survives, and what could not be seen shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.printable import printable
from bastion.refusal import EXPLAINED, Code, Refusal
from bastion.web.pages import STATUS, Pages, Piece, pieces

SPANS = st.lists(st.tuples(st.integers(-2, 30), st.integers(-2, 30)), max_size=4).map(tuple)


@given(st.text(max_size=25), SPANS)
def test_the_pieces_are_the_text(text, spans):
    """Nothing is lost, hidden characters are escaped, and the marks are where they were."""
    cut = pieces(text, spans)
    shown = [char if char == "\n" else printable(char) for char in text]
    assert "".join(piece.text for piece in cut) == "".join(shown)
    marked = [
        part for at, part in enumerate(shown) if any(start <= at < end for start, end in spans)
    ]
    assert "".join(piece.text for piece in cut if piece.is_dangerous) == "".join(marked)


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("", (), []),
        ("rm x", ((0, 2),), [Piece("rm", True, False), Piece(" x", False, False)]),
        (
            "a\x1bb",
            (),
            [Piece("a", False, False), Piece("\\x1b", False, True), Piece("b", False, False)],
        ),
        ("\u202e\u200b", ((0, 9),), [Piece("\\u202e\\u200b", True, True)]),
        ("a\nb", (), [Piece("a\nb", False, False)]),
        ("\ud800", (), [Piece("\\ud800", False, True)]),
    ],
)
def test_pieces(text, spans, expected):
    """Marked, hidden, both; a line end stays one."""
    assert pieces(text, spans) == expected


@pytest.mark.parametrize("code", list(Code))
def test_every_refusal_has_a_page(code):
    """With its sentence, its next step and its code; a detail is escaped."""
    page = Pages().refusal(
        Refusal(code, "<b>\x1b", cause="what only the log may say"), again="/approvals/x"
    )
    text = page.body.decode()
    assert page.status_code == STATUS.get(code, 500)
    assert str(code) in text
    assert EXPLAINED[code].sentence[1:] in text.replace("&#39;", "'").replace("&#34;", '"')
    assert "&lt;b&gt;\\x1b" in text
    assert "what only the log may say" not in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
        (250, "4 min 10 s"),
        (3600, "1 h"),
        (90061, "1 d 1 h"),
    ],
)
def test_a_span_of_time_is_said_in_two_units(seconds, said):
    """As people say it."""
    template = Pages()._templates.from_string("{{ seconds | span }}")
    assert template.render(seconds=seconds) == said
