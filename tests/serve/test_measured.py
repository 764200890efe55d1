"""What a process measures, where an operator finds it."""

from bastion.relay.latency import Latency
from bastion.serve.measured import Measured, reports


def lost(_: str) -> None:
    raise AssertionError


async def test_what_was_measured_is_found_and_goes_with_the_process(tmp_path, clock):
    """Nothing is written before a line was judged; the newest report counts."""
    latency, folder = Latency(), tmp_path / "measured"
    measured = Measured(folder, latency, clock)
    await measured.write()
    assert reports(folder, lost) == []
    latency.add("shell", 0.004)
    await measured.write()
    latency.add("shell", 0.004)
    await measured.write()
    (report,) = reports(folder, lost)
    assert (report.at, report.latency["shell"].count) == (clock.now(), 2)
    measured.remove()
    assert reports(folder, lost) == []
    measured.remove()


async def test_a_file_that_is_no_report_is_told(tmp_path):
    """Of a process that died badly, say; the others are read."""
    (tmp_path / "1.json").write_text("{")
    told: list[str] = []
    assert reports(tmp_path, told.append) == []
    assert told == [f"{tmp_path}/1.json: is no report of a bastion"]


async def test_a_folder_that_cannot_be_read_is_told(tmp_path):
    """In words; one that is not there yet is no trouble."""
    told: list[str] = []
    assert reports(tmp_path / "none", told.append) == []
    (tmp_path / "file").touch()
    assert reports(tmp_path / "file", told.append) == []
    assert told == [f"{tmp_path}/file: Not a directory; run it as the bastion's user"]
