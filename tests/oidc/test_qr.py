"""A QR code in a terminal: readable by a phone, never wider than there is room."""

import pytest
import segno

from bastion.oidc.qr import qr_lines

URL = "https://login.example.test/device?user_code=WDJB-MJHT"


def test_it_is_the_code_of_the_text():
    """Every module is where the encoder put it, two rows in a line, with a border."""
    lines = qr_lines(URL, 80)
    halves = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    rows = []
    for line in lines:
        rows += [[halves[char][0] for char in line], [halves[char][1] for char in line]]
    wanted = [
        [not dark for dark in row] for row in segno.make(URL, error="l").matrix_iter(border=2)
    ]
    assert [list(map(bool, row)) for row in rows[: len(wanted)]] == wanted
    assert len(lines) == -(-len(wanted) // 2)


@pytest.mark.parametrize("columns", range(30, 60))
def test_it_is_whole_or_not_there(columns):
    """Half a code is of no use."""
    lines = qr_lines(URL, columns)
    assert all(len(line) <= columns for line in lines)
    assert len({len(line) for line in lines}) <= 1
    assert bool(lines) is (columns >= len(qr_lines(URL, 999)[0]))


@pytest.mark.parametrize("text", ["", "x" * 4000])
def test_what_is_no_code_draws_nothing(text):
    """Nothing to say, or too much."""
    assert qr_lines(text, 999) == ()
