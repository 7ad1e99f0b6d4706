"""Where the numbers of a sweep are kept: in memory, and in a Zarr store that xarray reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results import damage
from glut4sim.sim.results.series_store import PROGRESS
from glut4sim.sim.results.zarr_arrays import WHOLE, create_array, write_dataset
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import Axis

if TYPE_CHECKING:
    import xarray
    from zarr import Group

ENDED = f"{PROGRESS}/ended"  # array of the store


class SweepStore:
    """The numbers of all runs: in memory, and in a Zarr store that is complete in form from the start.

    `ended` says at which levels all runs have come to their end, also when the sweep was begun by another process.
    """

    def __init__(self, scenario: Scenario, axes: tuple[Axis, ...], path: Place | None):
        self.path, self.axes, self.scenario = path, axes, scenario
        self.dims = (*(a.path for a in axes), "replicate")
        shape = (*(len(a.levels) for a in axes), scenario.run.replicates)
        self.arrays = {name: np.full(shape, np.nan) for name in summary.UNITS}
        self.ended = np.zeros(shape[:-1], bool)
        self._group: Group | None = None
        if path is not None:
            import zarr

            where = storage.zarr_store(path)
            if (path / ENDED / "zarr.json").exists():
                damage.refuse(path, damage.find(path), damage.anew(path))
                self._group = zarr.open_group(where, mode="r+", use_consolidated=False)
                self.arrays = {name: self._array(name)[:] for name in summary.UNITS}
                self.ended = self._array(ENDED)[:]
            else:
                write_dataset(self.dataset(), path, mode="w")
                self._group = zarr.open_group(where, mode="r+", use_consolidated=False)
                create_array(self._group, ENDED, data=self.ended)  # last: only then it is all there

    def _array(self, name: str) -> Any:
        """An array of the Zarr store; zarr's own type says little of what comes out of it."""
        assert self._group is not None
        array: Any = self._group[name]
        return array.with_config(WHOLE)

    def put(self, place: tuple, numbers: Sequence[Mapping[str, float | None]], ended: bool) -> None:
        """Take the numbers of a level, one mapping for each replicate, and whether all of them have ended."""
        for name, array in self.arrays.items():
            array[place] = [np.nan if one[name] is None else one[name] for one in numbers]
            if self._group is not None:
                self._array(name)[place] = array[place]
        self.ended[place] = ended
        if self._group is not None:
            self._array(ENDED)[place] = ended

    def dataset(self) -> "xarray.Dataset":
        import xarray as xr

        coordinates = {
            a.path: (a.path, np.asarray(a.levels), {"units": a.unit, "long_name": a.long_name}) for a in self.axes
        }
        coordinates["replicate"] = ("replicate", np.arange(self.scenario.run.replicates), {"long_name": "Replicate"})
        variables = {
            name: (self.dims, array, {"units": summary.UNITS[name], "long_name": summary.readable(name)})
            for name, array in self.arrays.items()
        }
        attributes = {
            "title": self.scenario.title,
            "scenario": self.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.scenario.run.seed,
        }
        return xr.Dataset(variables, coordinates, attributes)
