"""Numbers and units as people read them."""

import pytest

from glut4sim.sim.analysis.dose_response import Estimate
from glut4sim.sim.reporting.numbers import (
    between,
    change,
    concentration,
    counted,
    labelled,
    number,
    plus_minus,
    rounded,
    symbol,
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (number(None), "-"),
        (number(0.0), "0"),
        (number(12.3456), "12.35"),
        (number(1.234567e-5), "1.235e-05"),
        (number(2.2e10), "2.200e+10"),
        (rounded(None), "-"),
        (rounded(0.0109), "0.0109"),
        (rounded(39.876), "39.9"),
        (rounded(999.7), "999.7"),  # not 1e+03
        (rounded(1234.6), "1235"),
        (between(39.876, 39.5, 40.3), "39.9 [39.5, 40.3]"),
        (between(0.64152, 0.64151, 0.64153), "0.64152 [0.64151, 0.64153]"),
        (between(1234.6, 1200.1, 1260.4), "1235 [1200, 1260]"),
        (change(None), "-"),
        (change(Estimate(12.34)), "+12.3"),
        (change(Estimate(-12.34, -14.5, 1.0), "%"), "-12.3 [-14.5, +1] %"),
        (change(Estimate(-9e-9, -2e-8, 1.1e-4), "%"), "+0 [+0, +0.00011] %"),  # as mean fields leave of the same
        (change(Estimate(-9e-9)), "-9e-09"),  # in a unit whose size is not known
        (plus_minus(None, None, ".3g", ".2g"), "-"),
        (plus_minus(12.34, 0.81, ".3g", ".2g"), "12.3 ± 0.81"),
        (counted(1, "replicate"), "1 replicate"),
        (counted(1000, "replicate"), "1,000 replicates"),
        (concentration(100.0), "100 nM"),
        (concentration(0.034), "34 pM"),
        (symbol("percent"), "%"),
        (symbol("1"), ""),
        (labelled("Active Akt", "percent"), "Active Akt [%]"),
        (labelled("Uptake fold", "1"), "Uptake fold"),
    ],
)
def test_a_number_is_said_so(said, expected):
    assert said == expected
