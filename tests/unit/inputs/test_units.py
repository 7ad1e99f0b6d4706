"""Quantities in and out: values against hand calculation, and everything that must be refused."""

import math
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glut4sim.sim.inputs import units
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.units import (
    AGE,
    EVERYDAY,
    GLUCOSE,
    INSULIN,
    SPAN,
    SUBSTANCES,
    TIME,
    _factor_by_pint,
    convert,
    dose_kind,
    level_kind,
    parse_unit,
    pint_registry,
    whole_of,
    write,
)
from glut4sim.sim.model.parameters import PRESETS, canonical_units, load_preset, sections


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (TIME, "10 min", 600.0),
        (TIME, "10min", 600.0),
        (TIME, " 1.5  h ", 5400.0),
        (TIME, "0.1 s", 0.1),
        (TIME, "5e3 ms", 5.0),
        (TIME, ".5 min", 30.0),
        (TIME, "30 d", 2592000.0),
        (INSULIN, "100 nM", 100.0),
        (INSULIN, "100 pM", 0.1),  # not 0.10000000000000002
        (INSULIN, "34 pmol/L", 0.034),
        (INSULIN, "0 nM", 0.0),
        (INSULIN, "10 uU/mL", 0.06),  # 6.00 pM per uU/mL
        (INSULIN, "10 µU/mL", 0.06),  # micro sign
        (INSULIN, "10 μU/ml", 0.06),  # Greek mu
        (INSULIN, "10 mIU/L", 0.06),
        (GLUCOSE, "5 mM", 5.0),
        (GLUCOSE, "5 mmol/L", 5.0),
        (GLUCOSE, "180.156 mg/dL", 10.0),
        (GLUCOSE, "1.80156 g/L", 10.0),
    ],
)
def test_quantities(kind, text, expected):
    assert kind.read(text) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("2 1/min", "1/s", 2 / 60),
        ("2/min", "1/s", 2 / 60),
        ("60000000 1/(M*min)", "1/(nM*s)", 1e-3),
        ("1 nM^-1 s^-1", "1/(nM*s)", 1.0),
        ("1e-8 mm**2/s", "um**2/s", 0.01),
        ("3 fL", "pL", 0.003),
        ("50 %", "1", 0.5),
        ("0.5", "percent", None),
        ("0.5", "1", 0.5),
        (0.5, "1", 0.5),
        (3, "1", 3.0),
        (3, "1/s", None),
    ],
)
def test_conversion(value, unit, expected):
    if expected is None:
        with pytest.raises(InputError, match="no unit"):
            convert(value, unit, "a quantity")
    else:
        assert convert(value, unit, "a quantity") == pytest.approx(expected, rel=1e-15)


_UNITS_OF_PRESETS = sorted(
    {
        (preset.parameters[f"{section}.{field}"].unit, unit)
        for preset in map(load_preset, PRESETS.names())
        for section, kind in sections().items()
        for field, unit in canonical_units(kind).items()
    }
)


@given(st.sampled_from(_UNITS_OF_PRESETS), st.floats(1e-12, 1e12))
def test_remembered_factors_give_the_bits_that_pint_gives(units, number):
    written, unit = units
    expected = pint_registry().Quantity(number, parse_unit(written)).to(unit).magnitude
    short = float(f"{expected:.12g}")
    if written != unit and math.isclose(short, expected, rel_tol=1e-15):
        expected = short
    assert convert(write(number, written), unit, "a quantity") == expected


@pytest.mark.parametrize(("text", "expected"), [("0 degC", 273.15), ("20 degC", 293.15), ("59 degF", 288.15)])
def test_units_that_do_not_begin_at_0(text, expected):
    assert convert(text, "K", "a temperature") == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("unit", ["dB/min", "1/dBm", "dB*s"])
def test_units_that_no_number_can_be_computed_with_are_no_units(unit):
    for wanted in ("1/s", "nM", "1"):
        with pytest.raises(InputError, match=r"got \"1 .*\" \(no known unit\)"):
            convert(f"1 {unit}", wanted, "a quantity")


def test_want_of_memory_is_not_taken_for_a_wrong_unit(monkeypatch):
    def fail():
        raise MemoryError

    monkeypatch.setattr(units, "pint_registry", fail)
    with pytest.raises(MemoryError):
        units.parse_unit("1/furlong")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("-3", -3),
        (str(2**64 - 1), 2**64 - 1),
        (str(2**64), None),
        ("9" * 5000, None),
        ("1.0", None),
    ],
)
def test_whole_numbers_as_text(text, number):
    assert whole_of(text) == number


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("5 kg", '"5 kg" (a mass)'),
        ("5 1/s", '"5 1/s" (a rate)'),
        ("5 nM", '"5 nM" (a molar concentration)'),
        ("5 s s", '"5 s s" (in s**2)'),
        ("5 uU/mL", '"5 uU/mL" (an insulin activity per volume)'),
        ("5", '"5" (no unit)'),
        (5, "5 (no unit)"),
        (5.5, "5.5 (no unit)"),
        ("5 sec.", '"5 sec." (no known unit)'),
        ("5 s; import os", '"5 s; import os" (no known unit)'),
        ("5 s**9**9**9**9", '"5 s**9**9**9**9" (no known unit)'),
        ("5 s^99", '"5 s^99" (no known unit)'),
        ("5 (", '"5 (" (no known unit)'),
        ("1_000 s", '"1_000 s" (no known unit)'),
        ("nan s", '"nan s" (not a finite number)'),
        ("-inf s", '"-inf s" (not a finite number)'),
        ("1e400 s", '"1e400 s" (not a finite number)'),
        ("1e308 week", '"1e308 week" (not a finite number)'),
        (math.nan, "nan (not a finite number)"),
        ("ten minutes", '"ten minutes"'),
        ("", '""'),
        (True, "true (a boolean)"),
        ([], "an empty list"),
        ({}, "a table"),
        ("x" * 100, '"' + "x" * 57 + '..."'),
    ],
)
def test_what_is_no_time(value, found):
    with pytest.raises(InputError) as caught:
        TIME.read(value)
    assert str(caught.value) == f'expected a time such as "10 min", got {found}.'


@pytest.mark.parametrize("text", ["-1 s", "31 d"])
def test_bounds(text):
    with pytest.raises(InputError, match="expected a time of 0 to 2592000 s, got"):
        TIME.read(text)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (SPAN, "12 weeks", 7257600.0),
        (SPAN, "7 d", 604800.0),
        (SPAN, "6 months", 15778800.0),  # of 30.4375 d
        (SPAN, "1 month", 2629800.0),
        (SPAN, "10 yr", 315576000.0),
        (SPAN, "2 years", 63115200.0),
        (AGE, "45 yr", 45.0),
        (AGE, "30 years", 30.0),
        (AGE, "18 months", 1.5),
    ],
)
def test_times_of_therapies_and_ages(kind, text, expected):
    assert kind.read(text) == expected


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (SPAN, "11 yr", 'expected a time of 0 to 10 yr, got "11 yr".'),
        (SPAN, "12", 'expected a time such as "7 d" or "12 weeks", got "12" (no unit).'),
        (AGE, "121 yr", 'expected an age of 0 to 120 yr, got "121 yr".'),
        (AGE, "45 kg", 'expected an age such as "45 yr", got "45 kg" (a mass).'),
    ],
)
def test_what_is_no_time_of_a_therapy_and_no_age(kind, value, message):
    with pytest.raises(InputError) as caught:
        kind.read(value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("substance", "text", "unit", "expected"),
    [
        ("insulin", "10 uU/mL", "pM", 60.0),
        ("insulin", "60 pmol/L", "uU/mL", 10.0),
        ("insulin", "10 U", "nmol", 60.0),
        ("insulin", "1 ng/mL", "pM", 1e6 / 5807.63),  # 172 pM
        ("insulin", "1 U", "mg", 6e-6 * 5807.63),
        ("glucose", "90 mg/dL", "mmol/L", 900 / 180.156),
        ("glucose", "90 mg%", "mg/dL", 90.0),
        ("glucose", "90 mg %", "mM", 900 / 180.156),
        ("glucose", "90 mg/100 mL", "mM", 900 / 180.156),
        ("glucose", "0.09 g/100ml", "mM", 900 / 180.156),
        ("cortisol", "10 ug%", "nM", 100e3 / 362.466),
        ("free fatty acids", "0.5 mEq/L", "mM", 0.5),
        ("free fatty acids", "500 µeq/L", "mM", 0.5),
        ("free fatty acids", "0.5 mM", "mEq/L", 0.5),
        ("glucose", "5 mmol/L", "mg/dL", 90.078),
        ("glucose", "1.80156 g", "mmol", 10.0),
        ("testosterone", "288.431 ng/dL", "nM", 10.0),
        ("testosterone", "10 nmol/L", "ng/dL", 288.431),
        ("testosterone", "5 ng/mL", "ng/dL", 500.0),
        ("estradiol", "272.388 pg/mL", "pmol/L", 1000.0),
        ("estradiol", "100 pM", "pg/mL", 27.2388),
        ("progesterone", "3.14469 ng/mL", "nM", 10.0),
        ("progesterone", "1 ug/L", "ng/mL", 1.0),
        ("cortisol", "10 ug/dL", "nM", 100e3 / 362.466),
        ("cortisol", "1 uM", "ug/dL", 36.2466),
        ("free fatty acids", "282.468 mg/L", "mM", 1.0),
        ("growth hormone", "3 IU", "mg", 1.0),
        ("growth hormone", "0.5 mg", "IU", 1.5),
        ("growth hormone", "3 mIU/L", "ug/L", 1.0),
        ("growth hormone", "22.1251 ug/L", "nM", 1.0),
        ("growth hormone", "66.3753 mU/L", "nM", 1.0),  # 22.1251 ug/L
        ("igf-1", "200 ng/mL", "nM", 200 / 7.64871),
        ("lh", "5 mIU/mL", "IU/L", 5.0),
        ("lh", "5 U/L", "IU/L", 5.0),
    ],
)
def test_clinical_units(substance, text, unit, expected):
    assert convert(text, unit, "a level", substance) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("substance", [name for name, rules in SUBSTANCES.items() if rules.molar_mass])
def test_molar_masses_are_those_of_the_formulae(substance):
    weights = {"C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999, "S": 32.06}
    formula = re.search(r"C\d+H\w+", SUBSTANCES[substance].source)[0]
    mass = sum(weights[element] * int(number or 1) for element, number in re.findall(r"([A-Z])(\d*)", formula))
    assert SUBSTANCES[substance].molar_mass == pytest.approx(mass, rel=1e-5)


@pytest.mark.parametrize(
    ("unit", "substance", "text", "found"),
    [
        ("ng/dL", "testosterone", "5 IU/L", "an activity per volume"),
        ("ng/dL", "testosterone", "5 mg", "a mass"),
        ("ng/dL", None, "5 nM", "a molar concentration"),
        ("IU/L", "lh", "5 ng/mL", "a mass concentration"),
        ("IU/L", "lh", "5 IU", "an activity"),
        ("nM", "insulin", "5 mEq/L", "a concentration of charge"),
        ("mM", "glucose", "5 mEq/L", "a concentration of charge"),
        ("mM", None, "90 mg%", "a mass concentration"),
        ("mg", None, "90 mg/100 mL", "a mass concentration"),
        ("mM", "free fatty acids", "5 mg/min", "a mass per time"),
        ("kg", None, "5 m", "a length"),
        ("1", None, "5 kg", "a mass"),
    ],
)
def test_a_level_of_a_wrong_dimension(unit, substance, text, found):
    kind = level_kind("Testosterone, total", unit, 1e4, 531.0, substance)
    with pytest.raises(InputError) as caught:
        kind.read(text)
    example = kind.write(531.0)
    assert str(caught.value) == f'expected a value of testosterone, total such as "{example}", got "{text}" ({found}).'


def test_levels():
    testosterone = level_kind("Testosterone, total", "ng/dL", 1e4, 531.0, "testosterone")
    assert testosterone.read("10 nM") == pytest.approx(288.431, rel=1e-12)
    with pytest.raises(InputError, match=re.escape("expected a value of testosterone, total of 0 to 10000 ng/dL, got")):
        testosterone.read("1 g/L")
    assert level_kind("LH", "IU/L", 1e3, 5.0).name == "a value of LH"
    assert level_kind("Lipolysis", "1", 100.0, 1.0).read(0.5) == 0.5


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (dose_kind(100.0), "2 mg", 2.0),
        (dose_kind(100.0), "200 ug", 0.2),
        (dose_kind(100.0), "200 mcg", 0.2),
        (dose_kind(100.0), "100 g", 1e5),
        (dose_kind(0.3, substance="growth hormone"), "1.5 IU", 0.5),
        (dose_kind(250.0, "IU"), "0.25 kIU", 250.0),
    ],
)
def test_doses(kind, text, expected):
    assert kind.read(text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (dose_kind(100.0), "5 IU", 'expected a dose such as "100 mg", got "5 IU" (an activity).'),
        (dose_kind(100.0), "5 U", 'expected a dose such as "100 mg", got "5 U" (an insulin activity).'),
        (dose_kind(100.0), "5 nM", 'expected a dose such as "100 mg", got "5 nM" (a molar concentration).'),
        (dose_kind(250.0, "IU"), "5 mg", 'expected a dose such as "250 IU", got "5 mg" (a mass).'),
        (dose_kind(100.0), "-5 mg", 'expected a dose of 0 to 1000000 mg, got "-5 mg".'),
    ],
)
def test_what_is_no_dose(kind, text, message):
    with pytest.raises(InputError) as caught:
        kind.read(text)
    assert str(caught.value) == message


@given(st.sampled_from([name for name in SUBSTANCES if name != "lh"]), st.floats(1e-6, 1e6))
def test_clinical_units_and_back(substance, number):
    molar = convert(f"{number!r} ng/mL", "nM", "a level", substance)
    assert convert(f"{molar!r} nM", "ng/mL", "a level", substance) == pytest.approx(number, rel=1e-13)


def test_clinical_units_belong_to_their_substance():
    with pytest.raises(InputError, match="an insulin activity per volume"):
        GLUCOSE.read("10 uU/mL")
    with pytest.raises(InputError, match="a concentration of charge"):
        INSULIN.read("10 mEq/L")
    with pytest.raises(InputError, match="a mass concentration"):
        convert("10 mg/dL", "mM", "a concentration")


@given(st.floats(0.0, 1e6))
def test_written_quantities_are_read_as_the_same_float(number):
    assert INSULIN.read(INSULIN.write(number)) == number
    assert convert(write(number, "1"), "1", "a number") == number


def test_threads_convert_at_the_same_time():
    """pint keeps the context of a conversion in its registry, for all threads."""
    pairs = [("testosterone", "10 nmol/L", "ng/dL", 288.431), ("glucose", "180.156 mg/dL", "mM", 10.0)] * 200
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda pair: convert(pair[1], pair[2], "a level", pair[0]), pairs))
    finally:
        sys.setswitchinterval(before)
    assert found == pytest.approx([expected for *_, expected in pairs], rel=1e-12)


@pytest.mark.parametrize(("written", "unit"), EVERYDAY)
def test_factors_known_without_pint_are_those_of_pint(written, unit):
    assert EVERYDAY[written, unit] == _factor_by_pint(written, unit)


def test_pint_is_imported_only_when_a_rare_unit_is_converted():
    code = (
        "import sys; from glut4sim import Scenario; from glut4sim.sim.inputs.units import TIME\n"
        "TIME.read('5 s'), TIME.read('5 min'), Scenario.load('insulin-challenge').parameter_set\n"
        "assert 'pint' not in sys.modules\n"
        "TIME.read('0.1 fortnight'); assert 'pint' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
