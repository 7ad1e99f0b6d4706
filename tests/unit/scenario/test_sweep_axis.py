"""What may be varied, how its levels are written, and the scenario at one of them."""

import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import read_axis, with_levels
from tests.support import small_scenario

PULSE = Scenario.load("insulin-pulse")


# ---- how levels are written ----


@pytest.mark.parametrize(
    ("path", "text", "unit", "levels"),
    [
        ("bath.insulin", "1pM..100nM/6", "nM", [1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0]),
        ("bath.insulin", " 1 pM .. 100 nM / 6 ", "nM", [1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0]),
        ("bath.insulin", "0nM..10nM/5lin", "nM", [0.0, 2.5, 5.0, 7.5, 10.0]),
        ("bath.insulin", "0nM..10nM/3 lin", "nM", [0.0, 5.0, 10.0]),
        ("bath.insulin", "1uU/mL..100uU/mL/3", "nM", [0.006, 0.06, 0.6]),
        ("bath.insulin", "10nM,1nM,0nM", "nM", [10.0, 1.0, 0.0]),  # as listed
        ("bath.insulin", "1e-3 nM,2uU/mL", "nM", [1e-3, 0.012]),
        ("bath.glucose", "90 mg/dL,10 mM", "mM", [4.99567041897, 10.0]),
        ("bath.glucose", "90.078 mg%..180.156 mg/100 mL/2", "mM", [5.0, 10.0]),
        ("bath.insulin", "5.80763 ng/mL", "nM", [1.0]),
        ("hormones.ffa", "0.5 mEq/L", "mM", [0.5]),
        ("cell.vesicles", "10..1000/3", "1", [10, 100, 1000]),
        ("cell.receptors", "1_000,5", "1", [1000, 5]),
        ("cell.glucose_agents", "1..4/4lin", "1", [1, 2, 3, 4]),
        ("run.step", "0.1 s,500 ms", "s", [0.1, 0.5]),
        ("run.duration", "1min..3min/3lin", "s", [60.0, 120.0, 180.0]),
        ("parameters.vesicle.fuse", "1 1/min..4 1/min/3", "1/min", [1.0, 2.0, 4.0]),
        ("vesicle.fuse", "1 1/s", "1/min", [60.0]),
        ("glucose.supply", "1e9..1e11/3", "1", [1e9, 1e10, 1e11]),
    ],
)
def test_levels(path, text, unit, levels):
    axis = read_axis(PULSE, path, text)
    assert axis.path == (f"parameters.{path}" if path in ("vesicle.fuse", "glucose.supply") else path)
    assert axis.unit == unit
    assert list(axis.levels) == pytest.approx(levels, rel=1e-11)
    assert [type(level) for level in axis.levels] == [type(level) for level in levels]


def test_ends_of_a_range_are_exact():
    levels = read_axis(PULSE, "bath.insulin", "1pM..100nM/13").levels
    assert (levels[0], levels[-1], len(levels)) == (0.001, 100.0, 13)
    np.testing.assert_allclose(np.diff(np.log(levels)), np.log(1e5) / 12.0, rtol=1e-9)


def test_levels_may_be_numbers_in_the_paths_unit():
    assert read_axis(PULSE, "bath.insulin", [0.0, 0.034, 100]).levels == (0.0, 0.034, 100.0)
    assert read_axis(PULSE, "cell.vesicles", np.array([10, 20])).levels == (10, 20)
    assert read_axis(PULSE, "vesicle.fuse", np.linspace(1.0, 2.0, 3)).levels == (1.0, 1.5, 2.0)
    with pytest.raises(InputError, match=r"^--vary cell.vesicles=1.5: expected a whole number"):
        read_axis(PULSE, "cell.vesicles", [1.5])


WRONG = {
    "bath.insulin=1pM..5min/13": 'both ends must be concentrations; "5min" is a time.',
    "bath.insulin=1..5nM/13": 'both ends must be concentrations; "1" is a plain number.',
    "bath.insulin=1nM,5min": 'all levels must be concentrations; "5min" is a time.',
    "bath.insulin=5 mEq/L,1nM": 'expected an insulin concentration such as "100 nM" or "10 uU/mL", got "5 mEq/L" (a c',
    "hormones.growht_hormone=1 ug/L": 'unknown hormone "growht_hormone". Did you mean "gh"?',
    "bath.insulin=1nM,nonsense": 'expected an insulin concentration such as "100 nM" or "10 uU/mL", got "nonsense"',
    "bath.insulin=-1nM,1nM": 'expected an insulin concentration of 0 to 1000000 nM, got "-1nM".',
    "bath.insulin=inf nM": "(not a finite number).",
    "bath.insulin=1pM..100nM": "expected LOW..HIGH/N such as 1pM..100nM/13, or a list such as 1nM,10nM, got",
    "bath.insulin=1pM..100nM/many": "expected LOW..HIGH/N",
    "bath.insulin=": "expected LOW..HIGH/N",
    "bath.insulin=1pM..100nM/1": "expected 2 to 10000 levels, got 1.",
    "bath.insulin=1pM..100nM/99999": "expected 2 to 10000 levels, got 99999.",
    "bath.insulin=100nM..1pM/5": "expected the first end below the second",
    "bath.insulin=0nM..100nM/5": "equal ratios cannot start from 0; write /5lin for equal distances, or list the lev",
    "bath.insulin=1nM,1000pM": "expected levels that differ.",
    "bath.insuln=1nM": 'unknown number "bath.insuln". Did you mean "bath.insulin"?',
    "vesicle.fuze=1 1/s": 'unknown number "vesicle.fuze". Did you mean "parameters.vesicle.fuse"?',
    "vesicle.fuse=1 1/s,1 min": 'all levels must be in 1/min; "1 min" is a time.',
    "vesicle.fuse=-1 1/s": 'expected a value of 0 or more, got "-1 1/s".',
    "vesicle.cell_radius=0 um": 'expected a value above 0, got "0 um": vesicles move in it.',
    "title=1": 'unknown number "title". Allowed: bath.glucose, bath.insulin, cell.glucose_agents,',
    "cell.vesicles=1nM": 'all levels must be whole numbers; "1nM" is a molar concentration.',
    "cell.vesicles=1.5": 'expected a whole number, got "1.5".',
    "cell.vesicles=1..5/9": "there are fewer than 9 whole numbers in it; take fewer levels.",
    "run.step=1nM": 'all levels must be times; "1nM" is a molar concentration.',
    "run.seed=1,2": "the same for all levels; give it as --seed.",
    "run.replicates=1,2": "the same for all levels; give it as --replicates.",
}


@pytest.mark.parametrize("option", WRONG)
def test_wrong_levels_are_one_line_that_names_the_option(option):
    path, _, levels = option.partition("=")
    with pytest.raises(InputError) as caught:
        read_axis(PULSE, path, levels)
    assert str(caught.value).startswith(f"--vary {option}: ")
    assert WRONG[option] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "levels"),
    [
        ("bath.insulin", f"1nM..10nM/{'9' * 5000}"),
        ("bath.insulin", f"1nM,{'9' * 5000}nM"),
        ("cell.vesicles", f"1..{'9' * 4000}/3"),
        ("cell.vesicles", f"1,{'9' * 400}"),
        ("effects.testosterone-pi3k.gain", "9" * 5000),
    ],
)
def test_levels_of_more_digits_than_python_reads_are_refused_in_a_short_line(path, levels):
    with pytest.raises(InputError, match="expected") as caught:
        read_axis(PULSE, path, levels)
    assert len(str(caught.value)) < 500


# ---- a scenario at a level ----


def at(scenario, path, text):
    axis = read_axis(scenario, path, text)
    return with_levels(scenario, {axis: axis.levels[0]})


def test_a_level_replaces_the_highest_of_a_schedule_wherever_it_occurs():
    assert at(PULSE, "bath.insulin", "1nM").bath.insulin == ((0.0, 300.0, 1200.0), (0.0, 1.0, 0.0))
    pulses = small_scenario([(0.0, 0.05), (60.0, 10.0), (120.0, 0.05), (180.0, 10.0), (240.0, 0.01)])
    assert at(pulses, "bath.insulin", "2nM").bath.insulin.values == (0.05, 2.0, 0.05, 2.0, 0.01)
    assert at(pulses, "bath.insulin", "0nM").bath.insulin.values == (0.05, 0.0, 0.05, 0.0, 0.01)


def test_of_stairs_no_step_is_the_level():
    stairs = small_scenario([(0.0, 0.0), (60.0, 1.0), (120.0, 10.0)])
    message = r"^--vary bath.insulin = 2 nM: bath.insulin: which of its levels is meant, 0 nM, 1 nM, 10 nM\? Give the"
    with pytest.raises(InputError, match=message):
        at(stairs, "bath.insulin", "2nM")


@pytest.mark.parametrize(
    ("path", "text"), [("bath.insulin", "2 nM"), ("therapy.0.dose", "50 mg"), ("therapy.0.every", "14 d")]
)
def test_a_level_is_what_set_makes_of_it(path, text):
    plain, once = Scenario.load("men/trt", {"assay.at": "0 d"}), Scenario.load("men/trt", {path: text})
    level = at(plain, path, text)
    assert (level.bath, level.therapy) == (once.bath, once.therapy) != (plain.bath, plain.therapy)
    assert level.title == plain.title


def test_a_level_replaces_a_constant_as_a_whole():
    assert at(PULSE, "bath.glucose", "7mM").bath.glucose == ((0.0,), (7.0,))
    assert at(Scenario.load("fasting"), "bath.insulin", "7nM").bath.insulin == ((0.0,), (7.0,))
    assert at(small_scenario([(0.0, 5.0), (60.0, 5.0)]), "bath.insulin", "7nM").bath.insulin.values == (7.0, 7.0)


def test_nothing_but_the_level_changes():
    changed = Scenario.load("insulin-pulse", {"parameters.vesicle.fuse": "1 1/s"})
    one = at(changed, "cell.vesicles", "77")
    assert one.cell.vesicles == 77
    assert one.name == "insulin-pulse"
    assert at(one, "cell.vesicles", str(changed.cell.vesicles)) == changed
    assert at(PULSE, "vesicle.fuse", "1 1/s").parameter_set.vesicle.fuse == 1.0
    assert at(PULSE, "run.step", "0.5 s").run.step == 0.5


def test_levels_that_fit_only_together_are_taken_together():
    step, every = read_axis(PULSE, "run.step", "0.7 s"), read_axis(PULSE, "run.record_every", "7 s")
    duration = read_axis(PULSE, "run.duration", "3899 s")
    assert with_levels(PULSE, {step: 0.7, every: 7.0, duration: 3899.0}).run.step == 0.7
    with pytest.raises(InputError, match=r"^--vary run.step = 0.7 s: run.duration: expected a whole multiple"):
        with_levels(PULSE, {step: 0.7})


@pytest.mark.parametrize(
    ("path", "levels", "wanted"),
    [
        ("hormones.testosterone", "100 ng/dL,500 ng/dL", (100.0, 500.0)),
        ("hormones.testosterone", "3.467 nM..17.34 nM/2", (100.0, 500.1)),
        ("body.visceral_fat", "1 kg..4 kg/3", (1.0, 2.0, 4.0)),
        ("effects.testosterone-pi3k.gain", "0,0.5", (0.0, 0.5)),
    ],
)
def test_hormones_bodies_and_effects_can_be_varied(path, levels, wanted):
    scenario = Scenario.load("men/hypogonadal")
    axis = read_axis(scenario, path, levels)
    assert axis.levels == pytest.approx(wanted, rel=1e-3)
    found = [with_levels(scenario, {axis: level}).parameter_set.signalling.pi3k_reference for level in axis.levels]
    assert len(set(found)) == len(wanted)


def test_a_level_of_a_hormone_has_its_dimension():
    with pytest.raises(InputError, match=r"--vary hormones.lh=1 mg,2 mg: "):
        read_axis(Scenario.load("men/hypogonadal"), "hormones.lh", "1 mg,2 mg")
