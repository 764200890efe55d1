"""Reading, and the chain that shows whatever was done to the file."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion import chain
from bastion.errors import RecordingError
from bastion.events import Output
from bastion.recording.asciicast import encode_note, link_note
from bastion.recording.reader import (
    START,
    Follower,
    events,
    read_facts,
    read_header,
    steps,
    verify,
)
from bastion.recording.writer import Recorder


def is_proven(path, signer):
    """Whether the file passes for what the recorder left."""
    check = verify(path, signer.verifier)
    return check.is_sealed and not check.problem


def numbered(path):
    """The lines of the file, and the numbers of those that are links."""
    lines = path.read_bytes().splitlines(keepends=True)
    links = [n for n, line in enumerate(lines) if line.startswith((b'#{"link"', b'#{"seal"'))]
    return lines, links


def write(path, lines):
    path.write_bytes(b"".join(lines))


def chained_anew(lines, name, signer):
    """The lines with links that somebody else computed and signed."""
    follower = Follower(name, signer.verifier)
    for line in lines:
        if line.startswith((b'#{"link"', b'#{"seal"')):
            kind = line[3:7].decode()
            head = follower.next_link(kind)
            note = link_note(follower.links + 1, head, signer.sign(head).hex())
            line = encode_note(kind, note)  # noqa: PLW2901  the forged one
        follower.follow(line)
        yield line
    assert not follower.problem


def test_the_events_come_as_they_were_written(sealed, every_event):
    """In order, at their moments."""
    found = list(events(sealed))
    assert tuple(timed.event for timed in found) == every_event
    moments = [0.4 * (number + 1) for number in range(len(every_event))]
    assert [timed.at for timed in found] == pytest.approx(moments)


def test_header_and_facts_are_read(sealed, header):
    """The first two lines."""
    assert read_header(sealed) == header
    assert read_facts(sealed) == {"id": "01kah9"}


def test_reading_goes_on_from_any_place(sealed):
    """With the same moments as from the start, annotations included."""
    whole = list(steps(sealed, START))
    for number, step in enumerate(whole):
        assert list(steps(sealed, step.after)) == whole[number + 1 :]


def test_a_growing_file_is_read_line_by_line(recorder, path):
    """What is not whole yet comes when it is."""
    recorder.write(Output(b"one"))
    (first,) = steps(path)
    assert list(steps(path, first.after)) == []
    recorder.write(Output(b"two"))
    (second,) = steps(path, first.after)
    assert second.timed.event == Output(b"two")
    with path.open("ab") as file:
        file.write(b'[0.5,"o","thr')
    assert list(steps(path, second.after)) == []
    with path.open("ab") as file:
        file.write(b'ee"]\n')
    (third,) = steps(path, second.after)
    assert third.timed.event == Output(b"three")


def test_reading_writes_nothing(sealed, signer):
    """Not even a time stamp that would look like a change."""
    sealed.chmod(0o400)
    before = sealed.stat().st_mtime_ns, sealed.read_bytes()
    list(events(sealed))
    verify(sealed, signer.verifier)
    assert (sealed.stat().st_mtime_ns, sealed.read_bytes()) == before


def test_every_changed_byte_is_noticed(sealed, signer):
    """Whichever byte of the file it is."""
    whole = sealed.read_bytes()
    for place in range(len(whole)):
        sealed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not is_proven(sealed, signer), f"byte {place}"


def test_the_changed_place_is_named(sealed, signer):
    """By the link that does not fit: the change is in its segment."""
    lines, links = numbered(sealed)
    for number in range(len(lines)):
        changed = [*lines[:number], lines[number].replace(b":", b": ", 1), *lines[number + 1 :]]
        if changed == lines or number in links:
            continue
        write(sealed, changed)
        link = next(link for link in links if link > number)
        expected = f"line {link + 1}: broken at it or before it"
        assert verify(sealed, signer.verifier).problem == expected


@pytest.mark.parametrize("is_capital", [True, False])
def test_a_signature_in_another_spelling_is_noticed(sealed, signer, is_capital):
    """The same signature in other hexadecimal is a changed line all the same."""
    lines, links = numbered(sealed)
    head, signature = lines[links[0]].split(b'"signature":"')
    spelled = signature.upper() if is_capital else signature[:2] + b" " + signature[2:]
    write(sealed, [*lines[: links[0]], head + b'"signature":"' + spelled, *lines[links[0] + 1 :]])
    assert not is_proven(sealed, signer)


def test_a_line_left_out_is_noticed(sealed, signer):
    """Any one, the header and the links included."""
    lines, _ = numbered(sealed)
    for number in range(len(lines)):
        write(sealed, [*lines[:number], *lines[number + 1 :]])
        assert not is_proven(sealed, signer), f"line {number + 1}"


def test_a_line_put_in_is_noticed(sealed, signer):
    """Anywhere, even a blank one and behind the seal."""
    lines, _ = numbered(sealed)
    for line in (b"\n", b'[0.0,"o","forged"]\n', b"#\n"):
        for number in range(len(lines) + 1):
            write(sealed, [*lines[:number], line, *lines[number:]])
            assert not is_proven(sealed, signer), f"before line {number + 1}"


def test_exchanged_lines_are_noticed(sealed, signer):
    """Neighbours, links too."""
    lines, _ = numbered(sealed)
    for number in range(len(lines) - 1):
        pair = [lines[number + 1], lines[number]]
        write(sealed, [*lines[:number], *pair, *lines[number + 2 :]])
        assert not is_proven(sealed, signer), f"lines {number + 1} and {number + 2}"


def test_exchanged_segments_are_noticed(sealed, signer):
    """Each with its own link."""
    lines, links = numbered(sealed)
    first, second = lines[: links[0] + 1], lines[links[0] + 1 : links[1] + 1]
    write(sealed, [*second, *first, *lines[links[1] + 1 :]])
    assert not is_proven(sealed, signer)


def test_a_cut_is_noticed(sealed, signer):
    """After any byte."""
    whole = sealed.read_bytes()
    for end in range(len(whole)):
        sealed.write_bytes(whole[:end])
        assert not is_proven(sealed, signer), f"cut to {end} bytes"


def test_a_link_is_not_passed_off_as_the_seal(sealed, signer):
    """A file that is cut after a link cannot be made to look whole by renaming that link."""
    lines, links = numbered(sealed)
    for link in links[:-1]:
        write(sealed, [*lines[:link], lines[link].replace(b"link", b"seal", 1)])
        check = verify(sealed, signer.verifier)
        assert check.problem == f"line {link + 1}: broken at it or before it"


def test_another_sessions_recording_is_noticed(sealed, signer):
    """Even a whole one of the same bastion, in this one's place."""
    other = sealed.with_name("01kahx.cast")
    sealed.rename(other)
    assert verify(other, signer.verifier).problem.startswith("line ")


def test_a_recording_chained_anew_is_noticed(sealed, signer):
    """A chain that fits, but with a key that is not the bastion's."""
    forger = chain.Signer(Ed25519PrivateKey.generate())
    lines, links = numbered(sealed)
    lines[2] = b'[0.4,"o","forged"]\n'
    write(sealed, chained_anew(lines, sealed.stem, forger))
    assert is_proven(sealed, forger)
    expected = f"line {links[0] + 1}: the signature is not ours"
    assert verify(sealed, signer.verifier).problem == expected


def test_old_signatures_do_not_fit_a_new_chain(sealed, signer):
    """Hashes alone can be computed by anybody; the signatures are of other links."""
    lines, links = numbered(sealed)
    kept = lines[links[0]].split(b'"signature":')[1]
    lines[2] = b'[0.4,"o","forged"]\n'
    forger = chain.Signer(Ed25519PrivateKey.generate())
    forged = list(chained_anew(lines, sealed.stem, forger))
    forged[links[0]] = forged[links[0]].split(b'"signature":')[0] + b'"signature":' + kept
    write(sealed, forged)
    expected = f"line {links[0] + 1}: the signature is not ours"
    assert verify(sealed, signer.verifier).problem == expected


def test_a_recorded_line_cannot_forge_a_link(path, header, clock, signer):
    """What a host prints is JSON in a string: it never begins a line."""
    fake = b'\n#{"seal":{"n":1,"hash":"","signature":""}}\n#{"link":{}}\n'
    recorder = Recorder(path, header, {"x": fake.decode()}, clock=clock, signer=signer)
    recorder.write(Output(fake))
    recorder.seal()
    assert is_proven(path, signer)
    assert [timed.event.data for timed in events(path)] == [fake]


@pytest.mark.parametrize(
    "line",
    [
        b'#{"link":5}\n',
        b'#{"link":{}}\n',
        b'#{"link":{"signature":5}}\n',
        b'#{"link":{"signature":"\\ud800"}}\n',
        b'#{"seal":{"n":1e999,"signature":"zz"}}\n',
        b'#{"link":{"signature":"' + b"ab" * 40_000 + b'"}}\n',
        b'#{"link":' + b"[" * 100_000 + b"\n",
    ],
)
def test_hostile_links_only_break_the_chain(sealed, signer, line):
    """No exception but RecordingError, ever."""
    lines, _ = numbered(sealed)
    write(sealed, [*lines[:3], line, *lines[3:]])
    assert not is_proven(sealed, signer)


def test_a_live_recording_is_proven_up_to_its_last_link(recorder, path, clock, signer):
    """The lines since then are counted, and so is one that is half written."""
    recorder.write(Output(b"a"))
    clock.advance(2)
    recorder.write(Output(b"b"))
    recorder.write(Output(b"c"))
    check = verify(path, signer.verifier)
    assert (check.is_sealed, check.links, check.problem, check.unproven_lines) == (False, 1, "", 1)
    with path.open("ab") as file:
        file.write(b'#{"link":{"n":2,"hash":"","signature":""}}')
    check = verify(path, signer.verifier)
    assert (check.links, check.problem, check.unproven_lines) == (1, "", 2)


@pytest.mark.parametrize("read", [read_header, read_facts, lambda path: list(events(path))])
def test_what_cannot_be_read_is_told(tmp_path, read):
    """A missing file and a folder."""
    with pytest.raises(RecordingError, match="No such file"):
        read(tmp_path / "none.cast")
    with pytest.raises(RecordingError, match="directory"):
        read(tmp_path)


def test_an_empty_file_has_no_header_and_no_facts(tmp_path):
    """As a bastion that died at once leaves it."""
    path = tmp_path / "empty.cast"
    path.touch()
    with pytest.raises(RecordingError):
        read_header(path)
    assert read_facts(path) == {}
    assert list(events(path)) == []
