"""Quantities in and out: values against hand calculation, and everything that must be refused."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.units import GLUCOSE, INSULIN, TIME, convert, write


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


def test_clinical_units_belong_to_their_substance():
    with pytest.raises(InputError, match="an insulin activity per volume"):
        GLUCOSE.read("10 uU/mL")
    with pytest.raises(InputError, match="a mass concentration"):
        INSULIN.read("10 mg/dL")
    with pytest.raises(InputError, match="a mass concentration"):
        convert("10 mg/dL", "mM", "a concentration")


@given(st.floats(0.0, 1e6))
def test_written_quantities_are_read_as_the_same_float(number):
    assert INSULIN.read(INSULIN.write(number)) == number
    assert convert(write(number, "1"), "1", "a number") == number


def test_pint_is_imported_only_when_a_unit_is_converted():
    code = "import sys, sim.units as u; u.TIME.read('5 s'); assert 'pint' not in sys.modules; u.TIME.read('5 min')"
    subprocess.run([sys.executable, "-c", code], check=True)
