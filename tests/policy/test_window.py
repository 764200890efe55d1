"""Time windows by local time: over midnight, over changes of the clock, without gaps."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bastion.policy.window import Window, open_until

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def window(begin: str = "00:00", end: str = "24:00", days=None, zone: str = "Europe/Berlin"):
    keys = {"from": begin, "to": end, "zone": zone} | ({"days": days} if days else {})
    return Window.model_validate(keys)


OFFICE = window("08:00", "18:00", ["mon", "tue", "wed", "thu", "fri"])
NIGHT = window("22:00", "06:00", ["fri"])


@pytest.mark.parametrize(
    ("hours", "moment", "end"),
    [
        # 2027-03-05 is a Friday
        (OFFICE, "2027-03-05T08:00", "2027-03-05T18:00"),
        (OFFICE, "2027-03-05T17:59:59", "2027-03-05T18:00"),
        (OFFICE, "2027-03-05T18:00", None),
        (OFFICE, "2027-03-05T07:59:59", None),
        (OFFICE, "2027-03-06T12:00", None),
        (NIGHT, "2027-03-05T22:00", "2027-03-06T06:00"),
        (NIGHT, "2027-03-06T05:59", "2027-03-06T06:00"),
        (NIGHT, "2027-03-06T06:00", None),
        (NIGHT, "2027-03-06T22:30", None),  # Saturday's night is not Friday's
        (NIGHT, "2027-03-05T05:00", None),  # nor is Thursday's
        (window(days=["sun"]), "2027-03-07T23:59", "2027-03-08T00:00"),
        (window("00:00", "00:00", ["sun"]), "2027-03-07T12:00", "2027-03-08T00:00"),
        (window("09:00", "09:00", ["sun"]), "2027-03-08T08:59", "2027-03-08T09:00"),
        (window("23:00", "24:00"), "2027-03-07T23:30", "2027-03-08T00:00"),
        (window("23:00", "00:00"), "2027-03-07T23:30", "2027-03-08T00:00"),
    ],
)
def test_a_window_belongs_to_the_day_it_begins_on(hours, moment, end):
    """From its first moment up to its end, on the next day too."""
    assert hours.end_at(at(moment)) == (at(end) if end else None)


@pytest.mark.parametrize(
    ("begin", "end", "day", "hours"),
    [
        ("22:00", "06:00", "2027-03-27", 7),  # clocks go forward on the 28th at 02:00
        ("22:00", "06:00", "2027-10-30", 9),  # clocks go back on the 31st at 03:00
        ("00:00", "24:00", "2027-03-28", 23),
        ("00:00", "24:00", "2027-10-31", 25),
        ("01:00", "02:30", "2027-03-28", 1.5),  # 02:30 does not exist: 03:30 of the new time
        ("02:00", "03:00", "2027-03-28", 0),  # the hour does not exist
        ("02:30", "02:45", "2027-10-31", 0.25),  # the first of the two
        ("01:30", "03:00", "2027-10-31", 2.5),
    ],
)
def test_a_window_on_a_day_when_the_clocks_change(begin, end, day, hours):
    """Its length is what lies between its two local times."""
    night = window(begin, end)
    first = at(f"{day}T{begin}")
    if hours == 0:
        assert night.end_at(first) is None
    else:
        assert night.end_at(first) == first + hours * 3600
        assert night.end_at(first - 1) in {None, first}


def test_the_second_of_two_equal_hours_is_not_in_a_window_of_the_first():
    """Half past two comes twice; the window is open once."""
    short = window("02:15", "02:45")
    assert short.end_at(at("2027-10-31T02:30", fold=0)) is not None
    assert short.end_at(at("2027-10-31T02:30", fold=1)) is None


def test_the_zone_counts_and_not_the_machines():
    """Nine in Tokyo is midnight in London."""
    tokyo = window("09:00", "10:00", zone="Asia/Tokyo")
    assert tokyo.end_at(at("2027-03-05T00:30", "UTC")) == at("2027-03-05T01:00", "UTC")


def test_windows_without_a_gap_are_one():
    """What is open by one and then by the next ends with the last."""
    hours = [window("08:00", "12:00"), window("12:00", "18:00"), window("17:00", "19:00")]
    assert open_until(hours, at("2027-03-05T09:00")) == at("2027-03-05T19:00")
    assert open_until(hours, at("2027-03-05T19:00")) is None


def test_days_without_a_gap_have_no_end():
    """Five whole days end on Saturday, seven never; no window at all is no bound."""
    weekdays = window(days=["mon", "tue", "wed", "thu", "fri"])
    assert open_until([weekdays], at("2027-03-05T09:00")) == at("2027-03-06T00:00")
    assert open_until([window()], at("2027-03-05T09:00")) == math.inf
    assert open_until([], 0.0) == math.inf


@given(
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.floats(1.7e9, 2.0e9),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_an_open_window_ends_later_and_within_a_day(begin, end, now, zone):
    """And it is not open at its end, unless the next one begins there."""
    clock = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (begin, end)]
    hours = window(*clock, zone=zone)
    until = hours.end_at(now)
    if until is not None:
        assert now < until <= now + 25 * 3600
        again = hours.end_at(until)
        assert again is None or again > until


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({}, "zone"),
        ({"zone": "Europe/Bärlin"}, "no time zone"),
        ({"zone": "Europe"}, "no time zone"),
        ({"zone": "../etc/passwd"}, "no time zone"),
        ({"zone": "UTC", "from": "8:00"}, "no time of day"),
        ({"zone": "UTC", "from": "24:00"}, "less than 1440"),
        ({"zone": "UTC", "to": "24:01"}, "no time of day"),
        ({"zone": "UTC", "to": 18}, "no time of day"),
        ({"zone": "UTC", "days": ["monday"]}, "no day"),
        ({"zone": "UTC", "days": [1]}, "no day"),
        ({"zone": "UTC", "days": "mon"}, "at least one"),
        ({"zone": "UTC", "days": []}, "at least one"),
        ({"zone": "UTC", "until": "18:00"}, "until"),
    ],
)
def test_a_bad_window_is_refused(keys, part):
    """The zone has to be named; nothing is guessed."""
    with pytest.raises(ValidationError, match=part):
        Window.model_validate(keys)
