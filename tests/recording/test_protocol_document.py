"""docs/PROTOCOL.recording says what is: its example verifies, by its own script and by us."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from bastion import chain
from bastion.events import Exit, Input, Judged, Masked, Output, Resize
from bastion.recording.reader import events, read_facts, verify
from bastion.recording.writer import LINK_EVERY_SECONDS, SEGMENT_BYTES
from tests.servers.installed import require

DOCUMENT = Path(__file__).parents[2] / "docs" / "PROTOCOL.recording"
NAME = "01kah9xampe0000000000000000"


@pytest.fixture
def parts(tmp_path):
    """A folder with the files that stand in the document."""
    text = DOCUMENT.read_text()
    found = re.findall(
        r"^----- begin (.*) -----\n(.*?)^----- end \1 -----\n", text, re.MULTILINE | re.DOTALL
    )
    for name, content in found:
        (tmp_path / name).write_text(content)
    assert {name for name, _ in found} == {"check.sh", "record.pub", f"{NAME}.cast"}
    return tmp_path


def run(parts, *, sed=""):
    """What check.sh says of the example, changed by a *sed* script."""
    require("openssl", "openssl")
    cast = parts / f"{NAME}.cast"
    subprocess.run(["sed", "-i", sed, cast], check=True)
    command = ["bash", parts / "check.sh", cast, parts / "record.pub"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_example_is_what_the_recorder_writes(parts):
    """We read it, and its chain fits."""
    cast = parts / f"{NAME}.cast"
    check = verify(cast, chain.load_verifier(parts / "record.pub"))
    assert (check.is_sealed, check.problem, check.links) == (True, "", 4)
    assert read_facts(cast)["id"] == NAME
    assert [timed.event for timed in events(cast)] == [
        Output(b"# "),
        Input(b"ls"),
        Output(b"ls"),
        Judged("01kah9xampc0000000000000001", "ls", "allow", "", ""),
        Input(b"\r"),
        Output(b"\r\ncaf\xc3"),
        Output(b"\xa9\r\n# "),
        Masked(),
        Resize(100, 30),
        Exit(0),
    ]


def test_the_documents_script_proves_it(parts):
    """With sha256sum and openssl alone, as the document shows."""
    told = run(parts)
    assert told.stdout == "".join(f"link {n} fits\n" for n in range(1, 5)) + "sealed\n"
    assert told.stdout.replace("\n", "\n\t").strip() in DOCUMENT.read_text()


@pytest.mark.parametrize(
    ("sed", "says"),
    [
        ("s/café/cafe/;s/0.001/0.002/", "broken: at link 1, or since the one before"),
        ("10d", "broken: at link 1, or since the one before"),
        ("$d", "broken: there is no seal"),
        ("$p", "broken: a line after the seal"),
        (r's/\("n":2.*signature":"\)../\100/', "broken: the signature of link 2"),
        ('$d;s/link\\(.*n":3\\)/seal\\1/', "broken: at link 3, or since the one before"),
    ],
)
def test_the_documents_script_names_what_was_changed(parts, sed, says):
    """An edit, a dropped line, a cut, an addition, a foreign signature, a link called a seal."""
    told = run(parts, sed=sed)
    assert told.returncode == 1
    assert told.stdout.splitlines()[-1] == says


def test_the_values_on_the_way_are_right(parts):
    """HEAD(0), PIECE(1) and HEAD(1), computed here by the document's formulas."""
    lines = (parts / f"{NAME}.cast").read_bytes()
    first = lines.split(b'#{"link"')[0]
    label = b"bastion chain 1\n"
    head0 = hashlib.sha256(label + NAME.encode()).digest()
    piece1 = hashlib.sha256(first + b"link").digest()
    head1 = hashlib.sha256(label + head0 + piece1).digest()
    text = DOCUMENT.read_text()
    for value in (head0, piece1, head1):
        assert value.hex() in text
    assert head1.hex().encode() in lines


def test_the_documents_numbers_are_the_recorders():
    """When a link is written."""
    assert f"{SEGMENT_BYTES} bytes have come" in DOCUMENT.read_text()
    assert LINK_EVERY_SECONDS == 1.0
