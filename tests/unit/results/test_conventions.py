"""Stores say what is in them by the CF conventions, to whoever opens them; those who open them here get our units."""

import re

import pytest
import xarray as xr

from glut4sim.sim.endocrine.known import installed
from glut4sim.sim.model.observables import OBSERVABLES
from glut4sim.sim.results import conventions, store
from glut4sim.sim.results.series_store import STORE, open_results
from glut4sim.sim.studies.run import hormones
from tests.support import small_scenario

# what UDUNITS-2 knows of the words that we use, each with any prefix
KNOWN = re.compile(r"([munpfkdc]?(mol|g|m|s|L|min|h|d|percent|Julian_year)\d*|1e-[36]|\d)")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("nM", "nmol/L"),
        ("1/(nM*s)", "1/((nmol/L)*s)"),
        ("mM/s", "(mmol/L)/s"),
        ("umol/(kg*min)", "umol/(kg*min)"),
        ("um**2/s", "um**2/s"),
        ("mIU/L", "1e-3/L"),
        ("IU/L", "1/L"),
        ("copies", "1"),
        ("ng/dL", "ng/dL"),
        ("percent", "percent"),
    ],
)
def test_units_are_those_of_udunits(ours, theirs):
    assert conventions.udunits(ours) == theirs


def test_every_unit_is_made_of_words_that_udunits_knows():
    known = installed()
    units = {o.unit for o in OBSERVABLES} | {e.unit for e in (*known.levels.values(), *known.drugs.values())}
    for unit in units:
        words = re.findall(r"[\w.-]+", conventions.udunits(unit))
        assert all(KNOWN.fullmatch(word) for word in words), (unit, words)
    assert not KNOWN.fullmatch("nM")
    assert not KNOWN.fullmatch("copies")


def test_a_run_follows_them(tmp_path):
    scenario = small_scenario().replaced({"run.events": True})
    store.create(tmp_path / STORE, scenario)
    with xr.open_zarr(tmp_path / STORE, consolidated=False, chunks=None) as theirs:
        assert theirs.attrs["Conventions"].startswith("CF-1.")
        assert theirs.insulin.attrs["units"] == "nmol/L"
        for name, variable in theirs.variables.items():
            assert variable.attrs["long_name"], name
            assert "units" in variable.attrs or name == "replicate" or name.endswith("_state"), name
    ours = open_results(tmp_path)
    assert {o.name: ours[o.name].attrs["units"] for o in OBSERVABLES} == {o.name: o.unit for o in OBSERVABLES}
    assert conventions.CONVENTIONS not in ours.attrs
    assert conventions.UNITS not in ours.insulin.attrs


def test_hormones_and_datasets_follow_them(tmp_path):
    from glut4sim.sim.results.zarr_arrays import write_dataset
    from glut4sim.sim.scenario.scenario import Scenario

    data = xr.Dataset({"x": ("time", [1.0], {"units": "IU/L"})}, {"time": ("time", [0.0], {"units": "d"})})
    write_dataset(data, tmp_path / "x.zarr")
    drawn = hormones.timeline.dataset(Scenario.load("men/hypogonadal"))
    hormones._write(drawn, tmp_path / "hormones.zarr")
    for name, variable, unit in (("x.zarr", "x", "1/L"), ("hormones.zarr", "lh", "1/L")):
        with xr.open_zarr(tmp_path / name, consolidated=False, chunks=None) as theirs:
            assert theirs.attrs["Conventions"] == conventions.VERSION
            assert theirs[variable].attrs["units"] == unit
            assert theirs.time.attrs["units"] == "d"
    assert data.x.attrs == {"units": "IU/L"}  # what was written is as it was
