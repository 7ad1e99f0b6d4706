"""Hormones alone: the time lines of a scenario's levels, drugs and effects on disk, as a store and a figure.

`hormones.zarr` holds what analysis/timeline.py gives, `hormones.png` draws it. Every run with hormones has both;
`run` makes them without a cell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glut4sim.sim.analysis import timeline
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.results.provenance import doubts
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.results.zarr_arrays import METADATA, create_array, create_group, made_in_memory
from glut4sim.sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray

STORE, FIGURE = "hormones.zarr", "hormones.png"
METHOD = "hormones only"


@dataclass(frozen=True)
class HormoneResult:
    """What the hormones of a scenario do.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    dataset
        xarray.Dataset
        as `timeline.dataset`
    summary : dict
        content of summary.json, as `timeline.numbers`
    warnings : tuple of str
        one line each
    """

    out: Place | None
    dataset: "xarray.Dataset" = field(repr=False)
    summary: dict = field(repr=False)
    wall_seconds: float
    warnings: tuple[str, ...] = ()


def run(scenario: Scenario | PlaceLike, out: PlaceLike | None = None) -> HormoneResult:
    """Follow the hormones of a scenario, without a cell.

    Parameters
    ----------
    out
        new directory for hormones.zarr and .png, summary.json, scenario.toml, provenance.json; None: in memory only

    Raises
    ------
    InputError
        if the scenario has none, or `out` exists
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    if not scenario.has_hormones:
        raise InputError(
            "it sets no hormones: expected a table such as [hormones] or [[therapy]].", place=scenario.name
        )
    writer = Writer(scenario, out, {"method": METHOD, **doubts(scenario)})
    status, numbers = "failed", {}
    try:
        data = timeline.dataset(scenario) if writer.out is None else save(scenario, writer.out)
        numbers = timeline.numbers(data, scenario)
        status = "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        writer.finish(numbers or None, status, [])
    return HormoneResult(writer.out, data, numbers, writer.wall_seconds, writer.warnings)


class Drawn(NamedTuple):
    """A scenario's hormones, and the files of its hormones.zarr and hormones.png, to be put wherever they belong."""

    data: "xarray.Dataset"
    files: Mapping[str, bytes]  # by path


def save(scenario: Scenario, out: Place) -> "xarray.Dataset":
    """Write hormones.zarr and hormones.png into a directory, in place of any; returns what they show."""
    drawn = draw(scenario)
    put(drawn, out)
    return drawn.data


def draw(scenario: Scenario) -> Drawn:
    """The time lines of a scenario, and their figure."""
    from glut4sim.sim.studies.run.timeline_figure import save_figure

    data = timeline.dataset(scenario)
    with TemporaryDirectory() as folder:
        where = Path(folder)
        _write(data, where / STORE)
        save_figure(data, scenario, where / FIGURE)
        found = (path for path in where.rglob("*") if path.is_file())
        return Drawn(data, {path.relative_to(where).as_posix(): path.read_bytes() for path in found})


def put(drawn: Drawn, out: Place) -> None:
    """Write hormones.zarr and hormones.png into a directory, in place of any."""
    storage.remove(out / STORE)  # of a run that is gone on with
    with storage.folder(out) as folder:
        for name, content in drawn.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _write(data: "xarray.Dataset", path: Place) -> None:
    """A dataset as a Zarr store; names are stored as text of any length."""
    with made_in_memory(path, last=(METADATA,)) as made:
        group = create_group(made, attributes=data.attrs)
        for name, variable in data.variables.items():
            values = variable.values
            if values.dtype.kind not in "fi":
                values = values.astype(np.dtypes.StringDType())
            array = create_array(
                group,
                str(name),
                shape=values.shape,
                dtype=values.dtype,
                dimension_names=[str(dim) for dim in variable.dims],
                attributes=variable.attrs,
            )
            array[:] = values
