"""Where the records and events of a run are kept: in memory, or in its results.zarr."""

from typing import NamedTuple

from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results import event_store, series_store
from glut4sim.sim.results.event_store import MemoryEvents, ZarrEvents
from glut4sim.sim.results.layout import replicates_per_chunk
from glut4sim.sim.results.series_store import PROGRESS, REACHED, MemorySeries, ZarrSeries, record_times
from glut4sim.sim.results.zarr_arrays import METADATA, made_in_memory
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.version import __version__


class Store(NamedTuple):
    """The time series of a run, and the log of its events or what memory keeps of it; None where none is asked for."""

    series: MemorySeries | ZarrSeries
    events: MemoryEvents | ZarrEvents | None

    @property
    def rows(self) -> int:
        """How many replicates share a chunk."""
        return self.series.rows


def in_memory(scenario: Scenario) -> Store:
    """A new store of a scenario's run."""
    series = MemorySeries(record_times(scenario), scenario.run.replicates, _attributes(scenario))
    return Store(series, MemoryEvents(scenario) if scenario.run.events else None)


def create(path: Place, scenario: Scenario) -> None:
    """Make the results.zarr of a scenario's run, with nothing in it yet."""
    events = scenario.run.events
    times, rows = record_times(scenario), replicates_per_chunk(scenario)
    with made_in_memory(path, last=(METADATA, f"{PROGRESS}/{REACHED}/{METADATA}")) as made:
        series_store.create(made, times, scenario.run.replicates, _attributes(scenario), rows)
        if events:
            event_store.create(made, scenario, rows)


def open_existing(path: Place, scenario: Scenario) -> Store:
    """The results.zarr that `create` made."""
    return Store(ZarrSeries(path), ZarrEvents(path) if scenario.run.events else None)


def _attributes(scenario: Scenario) -> dict[str, object]:
    return {
        "title": scenario.title,
        "scenario": scenario.name,
        "scenario_hash": scenario.hash,
        "seed": scenario.run.seed,
        "source": f"glut4sim {__version__}",
    }
