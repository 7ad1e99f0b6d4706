"""Fits of presets: what a fit found goes into the preset as it is, and nothing else changes there."""

import pytest

from glut4sim.benchmarks.fits.adopt import rounded, with_values

PRESET = '[vesicle.fuse]\nvalue = 30\nunit = "1/min"\n\n[vesicle.dock]\nvalue = 12\nunit = "1/min"\n'


@pytest.mark.parametrize(
    ("quantity", "number"),
    [("2.82044 1/min", "2.82"), ("198777000 1/(M*min)", "198800000"), ("0.000333333 1/min", "0.0003333"), ("1", "1")],
)
def test_a_preset_holds_four_digits(quantity, number):
    assert rounded(quantity) == number


def test_only_the_values_change():
    changed = with_values(PRESET, {"vesicle.dock": "11.5"})
    assert changed == PRESET.replace("value = 12", "value = 11.5")
    with pytest.raises(ValueError, match=r"vesicle\.endocytose is not in the file"):
        with_values(PRESET, {"vesicle.endocytose": "1"})
