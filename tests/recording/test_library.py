"""Where recordings stand."""

import pytest

from bastion.errors import RecordingError
from bastion.recording.library import Library


@pytest.fixture
def library(tmp_path):
    """A library that does not exist yet."""
    return Library(tmp_path / "recordings")


def test_a_recording_stands_in_the_folder_of_its_day(library):
    """The day it began, in UTC."""
    place = library.place("01kah9", 1_800_000_000.9)
    assert place == "2027/01/15/01kah9.cast"
    assert library.path(place) == library.root / place


@pytest.mark.parametrize(
    "recording",
    [
        "../keys/record.cast",
        "/etc/passwd.cast",
        "2027/../../x.cast",
        "x.txt",
        "",
        ".",
        "a\0b.cast",
        "../recordings2/x.cast",
    ],
)
def test_a_path_that_leads_out_is_refused(library, recording):
    """As a row somebody changed may have it."""
    with pytest.raises(RecordingError, match="no recording of this library"):
        library.path(recording)


def test_a_link_that_leads_out_is_refused(library, tmp_path):
    """Where it leads counts, not where it stands."""
    library.root.mkdir()
    (tmp_path / "secret.cast").write_text("x")
    (library.root / "x.cast").symlink_to(tmp_path / "secret.cast")
    with pytest.raises(RecordingError):
        library.path("x.cast")


def test_a_loop_of_links_is_refused(library):
    """With the same sentence."""
    library.root.mkdir()
    (library.root / "a.cast").symlink_to("b.cast")
    (library.root / "b.cast").symlink_to("a.cast")
    with pytest.raises(RecordingError):
        library.path("a.cast")


def test_recordings_are_found_in_order(library):
    """By the names that the store has; other files are none."""
    names = ["2027/01/15/b.cast", "2027/01/15/a.cast", "2026/12/31/c.cast"]
    for name in [*names, "2027/01/15/a.recovering", "notes.txt"]:
        (library.root / name).parent.mkdir(parents=True, exist_ok=True)
        (library.root / name).touch()
    assert list(library.recordings()) == sorted(names)


def test_no_library_holds_no_recordings(library):
    """Before the first session there is no folder."""
    assert list(library.recordings()) == []
