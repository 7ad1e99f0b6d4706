"""Where the numbers of a sweep are kept: in memory, and in a Zarr store that xarray reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results import damage
from glut4sim.sim.results.event_loop import together, wait_for
from glut4sim.sim.results.series_store import PROGRESS, open_arrays
from glut4sim.sim.results.zarr_arrays import METADATA, create_array, made_in_memory, put_dataset
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import Axis

if TYPE_CHECKING:
    import xarray

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
        self._kept: dict[str, Any] = {}  # arrays of the Zarr store
        if path is not None:
            names = (*summary.UNITS, ENDED)
            if (path / ENDED / METADATA).exists():
                damage.refuse(path, damage.find(path), damage.anew(path))
                self._kept = wait_for(open_arrays(path, names))
                self.arrays = {name: self._read(name) for name in summary.UNITS}
                self.ended = self._read(ENDED)
            else:
                import zarr

                with made_in_memory(path, last=(METADATA, f"{ENDED}/{METADATA}")) as made:
                    put_dataset(self.dataset(), made)
                    create_array(zarr.open_group(made, mode="r+", use_consolidated=False), ENDED, data=self.ended)
                self._kept = wait_for(open_arrays(path, names))

    def _read(self, name: str) -> np.ndarray:
        return np.array(wait_for(self._kept[name].getitem(slice(None))))

    def put(self, place: tuple, numbers: Sequence[Mapping[str, float | None]], ended: bool) -> None:
        """Take the numbers of a level, one mapping for each replicate, and whether all of them have ended."""
        for name, array in self.arrays.items():
            array[place] = [np.nan if one[name] is None else one[name] for one in numbers]
        self.ended[place] = ended
        if self._kept:
            wait_for(self._write(place))

    async def _write(self, place: tuple) -> None:
        await together(*(self._kept[name].setitem(place, array[place]) for name, array in self.arrays.items()))
        await self._kept[ENDED].setitem(place, np.asarray(self.ended[place]))

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
