"""Files of clinical numbers: their bands, what is held out, and what is wrong with one."""

from math import inf, isclose

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.studies.benchmark.clinical import load
from glut4sim.sim.studies.benchmark.register import BODY, BY_HAND, COLUMNS, load_register
from glut4sim.sim.studies.benchmark.suite import says_numbers

GOOD = """
title = "A few numbers"
[people.man]
title = "A man"
body = { sex = "man", mass = "75 kg" }
[protocols.clamp]
title = "clamp of 40 mU/m2/min"
kind = "clamp"
insulin = "40 mU/m2/min"
duration = "2 h"
[[numbers]]
evidence = "m"
group = "Clamps"
measure = "infused"
person = "man"
protocol = "clamp"
value = 7
se = 0.4
band = [5.8, 8.2]
unit = "mg/kg/min"
fit = false
"""
REGISTER = """m,first,M,people,clamp,7,,,mg/kg/min,0.4,,A,somebody 2001,held-out
fitted,second,M,people,clamp,7,,,mg/kg/min,0.4,,A,somebody 2002,body
recalled,third,M,people,clamp,7,,,mg/kg/min,0.4,,C,somebody 2003,held-out
"""


@pytest.fixture
def read(tmp_path):
    def read(text=GOOD):
        (tmp_path / "evidence.csv").write_text(f"{','.join(COLUMNS)}\n{REGISTER}")
        path = tmp_path / "few.toml"
        path.write_text(text)
        return load(path)

    return read


def test_a_number_says_what_measures_it_and_how_far_it_may_be_off(read):
    (number,) = read().numbers
    assert (number.datum.source, number.told.protocol, number.fitted) == ("somebody 2001", "clamp", False)
    assert [number.holds(value) for value in (5.79, 5.81, 8.19, 8.21)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("spread", "band"),
    [
        ("se = 0.4", "5.8, 8.2"),
        ("se = 0.1", "5.95, 8.05"),  # 15 % are more than 3 se
        ("", "5.95, 8.05"),
        ("sd = 2", "3, 11"),
        ("range = [6, inf]", "6, inf"),
        ("change = true\nse = 1", "-9.05, 23.05"),  # 15 % of 107 %
    ],
)
def test_bands_follow_the_rule(read, spread, band):
    text = GOOD.replace("se = 0.4", spread).replace("5.8, 8.2", band)
    if "change" in spread:
        with pytest.raises(InputError, match=r'numbers\[0\]\.unit: expected "%" of a change'):
            read(text)
        return
    (number,) = read(text).numbers
    assert number.told.band == pytest.approx([float(end) for end in band.split(", ")])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[5.8, 8.2]", "[5.8, 9]", r"numbers[0].band: expected [5.8, 8.2] by the rule"),
        ("se = 0.4", "se = 0.4\nsd = 1", r"numbers[0].range: expected one of range, sd and se"),
        ("value = 7", "value = 8", "numbers[0].band: expected [6.8, 9.2]"),
        ("value = 7\nse = 0.4\nband = [5.8, 8.2]", "value = 8\nsd = 1\nband = [6, 10]", "numbers[0].value: the reg"),
        ("fit = false", "fit = true", "numbers[0].fit: by the register of evidence it had no part in any fit"),
        ('"m"', '"fitted"', 'numbers[0].fit: by the register of evidence it had a part in "body"'),
        ('"m"', '"recalled"', "numbers[0].evidence: it is of grade C"),
        ('"m"', '"n"', 'numbers[0].evidence: unknown datum "n"'),
        ('person = "man"', 'person = "men"', 'numbers[0].person: unknown person "men". Did you mean "man"'),
        ('= "40 mU/m2/min"\n', '= "40 mU"\n', 'protocols.clamp.insulin: expected a rate such as "40 mU/m2/min"'),
        ('duration = "2 h"', "", "protocols.clamp.duration: a clamp needs one"),
        ('duration = "2 h"', 'duration = "2 h"\nsteps_at = ["1 h"]', "steps_at: expected when each"),
        ('"40 mU/m2/min"\nd', '["40 mU/m2/min", "80 mU/m2/min"]\nsteps_at = ["3 h"]\nd', "steps_at: expected times"),
        ('kind = "clamp"', 'kind = "fasting"', "protocols.clamp.insulin: a fasting has none"),
    ],
)  # fmt: skip
def test_faults_are_named(read, old, new, message):
    with pytest.raises(InputError) as error:
        read(GOOD.replace(old, new))
    assert "few.toml" in str(error.value)
    assert message in str(error.value)


# ---- the installed one ----


@pytest.fixture(scope="module")
def clinical():
    return load()


def test_bands_are_what_the_spreads_of_the_sources_make_of_them(clinical):
    for number in clinical.numbers:
        told = number.told
        if told.range:
            expected = told.range
        elif told.sd:
            expected = told.value - 2.0 * told.sd, told.value + 2.0 * told.sd
        else:
            least = 0.15 * (100.0 + told.value if told.change else abs(told.value))
            half = max(least, 3.0 * (told.se or 0.0))
            expected = told.value - half, told.value + half
        assert all(isclose(a, b, rel_tol=1e-3) for a, b in zip(told.band, expected)), told.evidence
        assert told.band[0] < told.band[1] <= inf
        if number.datum.sem is not None:
            assert number.datum.sem == told.se, told.evidence


def test_thirty_and_more_are_held_out_as_whole_experiments(clinical):
    held = {number.datum.experiment for number in clinical.held_out}
    used = {number.datum.experiment for number in clinical.numbers if number.fitted}
    assert len(clinical.held_out) >= 30
    assert len(held) >= 30
    assert not held & used
    assert all(number.datum.grade in "AB" and not number.datum.fits for number in clinical.held_out)


def test_what_was_held_out_at_first_stays_so(clinical):
    assert len(clinical.held_out) == 51  # 52 until the fit of obesity took up that of age
    assert len(clinical.numbers) == 87


def test_all_that_the_body_was_fitted_to_is_judged(clinical):
    fitted = {number.datum.id for number in clinical.numbers if number.fitted}
    assert {datum.id for datum in load_register().values() if BODY in datum.fits} <= fitted
    others = {fit for number in clinical.numbers for fit in number.datum.fits} - {BODY, BY_HAND}
    assert all(fit.startswith("hormones-") for fit in others)


def test_all_people_and_protocols_are_of_use(clinical):
    numbers = [number.told for number in clinical.numbers]
    assert {told.protocol for told in numbers} == set(clinical.protocols)
    assert {told.person for told in numbers} | {told.reference for told in numbers} - {None} == set(clinical.people)


def test_a_file_of_numbers_is_known_from_others():
    assert [says_numbers(name) for name in ("clinical", "validation", "hormones")] == [True, False, False]
