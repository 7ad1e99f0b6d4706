"""The same seed gives the same numbers as when the baseline was written."""

import json

import numpy as np
import pytest

from tests.regression.baseline import FILE, measure

BASELINE = json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def found():
    return measure()


@pytest.mark.parametrize("name", BASELINE)
def test_a_seeded_run_is_what_it_was(found, name):
    """Counts exactly; floats to what another processor's logarithm may differ by."""
    np.testing.assert_allclose(found[name], BASELINE[name], rtol=1e-6 if name == "positions" else 1e-9, err_msg=name)
