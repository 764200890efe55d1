"""The file format: what is encoded comes back; what is no recording is refused."""

import json
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.errors import RecordingError
from bastion.events import (
    Carried,
    Exit,
    FileAsked,
    FileDone,
    Input,
    Judged,
    Marker,
    Masked,
    Outcome,
    Output,
    Resize,
    Timed,
)
from bastion.recording.asciicast import (
    Decoder,
    Encoder,
    decode_header,
    decode_note,
    encode_header,
    encode_note,
)

TEXT = st.text(st.characters())  # lone surrogates too
EVENT = st.one_of(
    st.builds(Output, st.binary(), st.sampled_from(["stdout", "stderr"]), st.booleans()),
    st.builds(Input, st.binary()),
    st.just(Masked()),
    st.builds(Resize, st.integers(0, 10_000), st.integers(0, 10_000)),
    st.builds(Judged, TEXT, TEXT, st.sampled_from(["allow", "hold"]), TEXT, TEXT),
    st.builds(Outcome, TEXT, TEXT, TEXT, TEXT),
    st.builds(FileAsked, st.integers(0, 2**53), *[TEXT] * 7),
    st.builds(FileDone, st.integers(0, 2**53), TEXT, st.integers(0, 2**63), TEXT),
    st.builds(Carried, st.integers(0, 2**63), st.integers(0, 2**63)),
    st.builds(Exit, st.integers(0, 255)),
    st.builds(Exit, st.none(), TEXT),
)


def lines_of(encoded):
    return encoded.splitlines(keepends=True)


def decoded(encoded):
    decoder = Decoder()
    return [timed for line in lines_of(encoded) if (timed := decoder.decode(line))]


@given(st.lists(st.tuples(st.floats(0, 100), EVENT)), st.booleans())
def test_events_come_back(pauses, has_terminal):
    """The same events with the same bytes, and moments to the microsecond."""
    encoder, at, timed = Encoder(has_terminal=has_terminal), 0.0, []
    for pause, event in pauses:
        at += pause
        timed.append(Timed(at, event))
    found = decoded(b"".join(map(encoder.encode, timed)))
    assert [each.event for each in found] == [each.event for each in timed]
    assert [each.at for each in found] == pytest.approx([each.at for each in timed], abs=2e-3)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)), st.booleans())
def test_bytes_may_be_split_anywhere(data, cuts, has_terminal):
    """Inside a character too: every piece comes back exactly."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    encoder = Encoder(has_terminal=has_terminal)
    encoded = b"".join(encoder.encode(Timed(1.0, Output(piece))) for piece in pieces)
    assert [timed.event.data for timed in decoded(encoded)] == pieces


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 5))
def test_players_see_the_text_whole(text, size):
    """However its characters were cut, the events' texts joined are the text."""
    data, encoder = text.encode(), Encoder()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    encoded = [encoder.encode(Timed(0.0, Output(piece))) for piece in pieces]
    shown = [json.loads(lines_of(each)[-1])[2] for each in encoded]
    assert "".join(shown) == text


@given(st.lists(EVENT))
def test_every_line_is_asciicast_v3(events):
    """A header line, `[interval, code, data]` arrays and comments, in valid UTF-8."""
    encoder = Encoder()
    for event in events:
        *comments, line = lines_of(encoder.encode(Timed(1.5, event)))
        assert len(comments) <= 1
        assert all(re.match(rb"#\{.*\}\n", comment) for comment in comments)
        interval, code, data = json.loads(line.decode())
        assert isinstance(interval, float)
        assert interval >= 0
        assert code in "oirmx"
        assert isinstance(data.encode(), bytes)  # players read no lone surrogates


def test_streams_are_decoded_apart():
    """A character cut on stdout is not completed by a byte on stderr."""
    encoder = Encoder()
    encoded = [
        encoder.encode(Timed(0.0, event))
        for event in (Output(b"\xc3"), Output(b"e", "stderr"), Output(b"\xa9"))
    ]
    assert [json.loads(lines_of(each)[-1])[2] for each in encoded] == ["", "e", "é"]


def test_binary_without_a_terminal_is_written_once():
    """In base64 only; with a terminal, a player gets the text as well."""
    data = bytes(range(256))
    piped = Encoder(has_terminal=False).encode(Timed(0.0, Output(data)))
    typed = Encoder(has_terminal=True).encode(Timed(0.0, Output(data)))
    assert json.loads(lines_of(piped)[-1])[2] == ""
    assert "ABC" in json.loads(lines_of(typed)[-1])[2]
    assert decoded(piped) == decoded(typed) == [Timed(0.0, Output(data))]


def test_time_never_goes_back():
    """A clock that jumps back adds an interval of nothing."""
    encoder = Encoder()
    encoded = b"".join(encoder.encode(Timed(at, Input(b"x"))) for at in (5.0, 3.0, 6.0))
    assert [timed.at for timed in decoded(encoded)] == [5.0, 5.0, 6.0]


def test_many_small_intervals_add_up():
    """Rounding does not let the recording drift from the clock."""
    encoder = Encoder()
    encoded = b"".join(
        encoder.encode(Timed(number / 3000, Input(b"x"))) for number in range(30_001)
    )
    assert decoded(encoded)[-1].at == pytest.approx(10.0, abs=1e-5)


def test_the_header_comes_back(header):
    """With a terminal and without; for a shell and for a command."""
    assert decode_header(encode_header(header)) == header
    bare = replace(header, term="", command="ls\n'x' \u00e9")
    assert decode_header(encode_header(bare)) == bare
    assert json.loads(encode_header(bare))["term"] == {"cols": 80, "rows": 24}


def test_the_header_is_what_players_expect(header):
    """The keys of asciicast v3."""
    tree = json.loads(encode_header(header))
    assert tree == {
        "version": 3,
        "term": {"cols": 80, "rows": 24, "type": "xterm-256color"},
        "timestamp": 1_800_000_000,
        "title": "ann on root@gpu-01",
    }


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"version":2,"width":80,"height":24}',
        b'{"version":3}',
        b'{"version":3,"term":[]}',
        b'{"version":3,"term":{"cols":"x","rows":1}}',
        b'{"version":3,"term":{"cols":1e999,"rows":1}}',
        b'{"version":3,"term":{"cols":1,"rows":1},"timestamp":Infinity}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_header_is_refused(line):
    """With RecordingError, whatever it is."""
    with pytest.raises(RecordingError):
        decode_header(line)


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"[1]",
        b'[1,"o"]',
        b'[1,"o","x","y"]',
        b'["1","o","x"]',
        b'[-1,"o","x"]',
        b'[NaN,"o","x"]',
        b'[1e999,"o","x"]',
        b'[1,"o",5]',
        b'[1,"r","80"]',
        b'[1,"r","axb"]',
        b'[1,"x","soon"]',
        b'[1,"o","x"',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_refused(line):
    """With RecordingError, whatever it is."""
    with pytest.raises(RecordingError):
        Decoder().decode(line)


@pytest.mark.parametrize(
    ("annotation", "line"),
    [
        (b'#{"raw":"not base64!"}', b'[0,"o","x"]'),
        (b'#{"judged":5}', b'[0,"m","x"]'),
        (b'#{"judged":{"text":"x"}}', b'[0,"m","x"]'),
        (
            b'#{"judged":{"command_id":1,"text":"","verdict":"","rule":"","reason":""}}',
            b'[0,"m","x"]',
        ),
        (b'#{"outcome":{"command_id":"1","outcome":"x","more":"y"}}', b'[0,"m","x"]'),
    ],
)
def test_a_forged_annotation_is_refused(annotation, line):
    """It never becomes an event with the wrong fields."""
    decoder = Decoder()
    decoder.decode(annotation)
    with pytest.raises(RecordingError):
        decoder.decode(line)


def test_unknown_codes_and_comments_are_skipped():
    """As asciicast asks; their time counts."""
    lines = b'#a comment\n#{"new":1}\n\n[2.0,"z","?"]\n[1.0,"o","x"]\n'
    assert decoded(lines) == [Timed(3.0, Output(b"x"))]


def test_an_annotation_is_for_the_next_event_only():
    """The one after it is plain again."""
    lines = b'#{"stream":"stderr"}\n[0.0,"o","a"]\n[0.0,"o","b"]\n'
    assert decoded(lines) == [Timed(0.0, Output(b"a", "stderr")), Timed(0.0, Output(b"b"))]


def test_a_plain_asciicast_can_be_read():
    """One that another recorder made."""
    lines = b'[0.25,"o","hi"]\n[1,"r","90x20"]\n[1,"m","chapter"]\n[0.5,"x","3"]\n'
    assert [timed.event for timed in decoded(lines)] == [
        Output(b"hi"),
        Resize(90, 20),
        Marker("chapter"),
        Exit(3),
    ]


@pytest.mark.parametrize("line", [b"#", b"#{", b"#[]", b"#5", b"#\xff", b"#" + b"[" * 100_000])
def test_a_comment_that_is_not_ours_says_nothing(line):
    """No exception either."""
    assert decode_note(line) == {}


@given(st.dictionaries(TEXT, TEXT))
def test_notes_come_back(value):
    """On one line, whatever stands in them."""
    line = encode_note("session", value)
    assert line.count(b"\n") == 1
    assert decode_note(line) == {"session": value}
