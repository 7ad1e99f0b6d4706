"""The posterior as a labelled dataset, in the groups and with the names of ArviZ.

    import arviz, xarray
    tree = xarray.open_datatree("results/NAME/posterior.zarr", engine="zarr", consolidated=False)
    arviz.plot_pair(arviz.InferenceData.from_datatree(tree))

Its chains are walkers. Values are in their units, data and predictions in those of the data.
"""

from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results.zarr_arrays import METADATA, made_in_memory, put_dataset
from glut4sim.sim.scenario.draws import Draws
from glut4sim.sim.studies.fit.predictions import Predictions
from glut4sim.sim.studies.fit.problem import Problem

if TYPE_CHECKING:
    import xarray

DATASET = "posterior.zarr"


def groups(problem: Problem, inner: np.ndarray, density: np.ndarray, found: Predictions) -> "dict[str, xarray.Dataset]":
    """The groups of the dataset.

    Parameters
    ----------
    inner : (n_walker, n_draw, n_free)
    density : (n_walker, n_draw) log posterior, less a constant
    found : of these draws, walker by walker
    """
    import xarray as xr

    shape = inner.shape[:2]
    coords = {"chain": np.arange(shape[0]), "draw": np.arange(shape[1])}
    about = {"inference_library": "emcee", "problem": problem.name, "preset": problem.preset}
    values = {
        free.name: (("chain", "draw"), free.outer(inner[:, :, i]), {"units": free.factor.unit})
        for i, free in enumerate(problem.free)
    }

    def of_data(arrays: dict[str, np.ndarray], leading: tuple[str, ...], only_counted: bool) -> xr.Dataset:
        columns, along = {}, dict(coords) if leading else {}
        for entry in problem.data:
            dim = f"{entry.name}_point"
            points = np.flatnonzero(entry.counted) if only_counted else np.arange(len(entry.x))
            along[dim] = points
            array = arrays[entry.name]
            array = array.reshape(*shape, -1) if leading else array
            columns[entry.name] = ((*leading, dim), array, {"units": entry.unit, "held_out": int(entry.held_out)})
        return xr.Dataset(columns, along, about)

    both = ("chain", "draw")
    return {
        "posterior": xr.Dataset(values, coords, about),
        "sample_stats": xr.Dataset({"lp": (both, density)}, coords, about),
        "posterior_predictive": of_data(found.predicted, both, False),
        "log_likelihood": of_data(found.log_likelihood, both, True),
        "observed_data": of_data({entry.name: entry.y for entry in problem.data}, (), False),
    }


def write(out: Place, tables: "dict[str, xarray.Dataset]") -> None:
    """Write the groups."""
    with made_in_memory(out / DATASET, last=(METADATA,)) as made:
        for name, table in tables.items():
            put_dataset(table, made, name)


def draws(problem: Problem, inner: np.ndarray) -> Draws:
    """The draws (n_walker, n_draw, n_free), tied values too, as scenarios take them."""
    flat = inner.reshape(-1, inner.shape[2])
    names, units = zip(*((factor.name, factor.unit) for factor in problem.factors))
    return Draws(names, units, np.array([problem.values(row) for row in flat]), f"posterior of the fit {problem.name}")
