"""Running scenarios: threads, records, results on disk, and what happens when something stops it."""

import json
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from glut4sim import run as simulate
from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.analysis import summary as summaries
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import engine, signalling
from glut4sim.sim.model.observables import OBSERVABLES
from glut4sim.sim.model.step_records import StepRecords
from glut4sim.sim.model.variability import Individual
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.run import replicate

RATES = [o.name for o in OBSERVABLES if o.name.endswith("_rate") or o.name == "uptake_per_kg"]  # since the last record
LEVELS = [o.name for o in OBSERVABLES if o.name not in RATES]


def make_scenario(duration="20 s", record_every="1 s", insulin=(("0 s", "0 nM"), ("5 s", "100 nM")), **run):
    """A cell so small that it runs in no time."""
    return Scenario.from_table(
        {
            "title": "A test",
            "cell": {"vesicles": 200, "receptors": 500, "glucose_agents": 300},
            "bath": {"insulin": [list(pair) for pair in insulin]},
            "run": {"duration": duration, "record_every": record_every, **run},
        },
        "test",
    )


class FakeEngine:
    """Keeps the contract of the engine, without a cell: every count is the number of steps done plus the replicate."""

    glut4_total, molecules_per_agent = 1000, 1.0

    def __init__(self, scenario, seed, replicate, threads, log_events):
        self.scenario, self.replicate, self.threads = scenario, replicate, threads
        self.individual = Individual()
        self.step, self.parameters = 0, scenario.parameter_set

    def snapshot(self):
        return self._trace(np.array([self.step]))

    def advance(self, steps):
        self.step += steps
        return self._trace(np.arange(self.step - steps + 1, self.step + 1))

    def warnings(self):
        return ["the cell is a fake"]

    def _trace(self, step):
        count = step + self.replicate

        def spread(columns):
            return np.repeat(count[:, None], columns, axis=1)

        return StepRecords(
            step * self.scenario.run.step, count.astype(float), count.astype(float), 1 + spread(len(receptor.State)),
            spread(len(signalling.SPECIES)).astype(float), spread(len(vesicle.State)), count, 0 * count,
            spread(len(vesicle.TRANSITIONS)), spread(len(glucose.State)), spread(len(glucose.TRANSITIONS)),
            spread(len(glucose.State)).astype(float), count.astype(float),
        )  # fmt: skip


@pytest.fixture
def fake(monkeypatch):
    """Replaces the engine by a fake; `fake(advance=..., init=...)` by one that also does something else."""

    def install(advance=None, init=None):
        class Engine(FakeEngine):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                if init:
                    init(self)

            def advance(self, steps):
                if advance:
                    advance(self, steps)
                return super().advance(steps)

        monkeypatch.setattr(replicate, "Engine", Engine)

    return install


def equal(a, b, names=tuple(o.name for o in OBSERVABLES)):
    for name in names:
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


# ---- the real engine ----


def test_a_run_in_memory():
    result = simulate(make_scenario(replicates=2))
    assert result.status == "complete"
    assert result.out is None
    assert result.path is None
    assert result.warnings == ()
    assert result.wall_seconds > 0.0
    assert result.dataset.sizes["time"] == 21
    assert result.dataset.sizes["replicate"] == 2
    for o in OBSERVABLES:
        values = result.dataset[o.name].values
        started = values[:, 1:] if o.name in RATES else values
        assert np.isfinite(started).all(), o.name
    assert np.isnan(result.dataset.fusion_rate.values[:, 0]).all()
    assert (result.dataset.vesicles.sum("vesicle_state") == 200).all()
    assert (result.dataset.receptors.sum("receptor_state") == 500).all()
    assert result.summary["observables"].keys() == summaries.UNITS.keys()


def test_a_run_on_disk(drawn, tmp_path):
    scenario = make_scenario(replicates=2)
    result = simulate(scenario, out=tmp_path / "a" / "out")
    out = tmp_path / "a" / "out"
    assert {path.name for path in out.iterdir()} == {
        "scenario.toml", "provenance.json", "results.zarr", "summary.json", "figure.png",
    }  # fmt: skip
    assert (result.out, result.path) == (out, out / "results.zarr")
    assert (out / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((out / "summary.json").read_text()) == result.summary
    assert json.loads((out / "provenance.json").read_text())["status"] == "complete"
    equal(xr.open_zarr(out / "results.zarr", consolidated=False), simulate(scenario).dataset)


def test_seed_and_replicates_override_the_scenario_and_are_recorded(tmp_path):
    result = simulate(make_scenario(seed=1), out=tmp_path / "out", seed=5, replicates=3)
    again = Scenario.load(tmp_path / "out" / "scenario.toml")
    assert (again.run.seed, again.run.replicates) == (5, 3)
    assert result.summary["seed"] == 5
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert (provenance["seed"], provenance["replicates"]) == (5, 3)
    assert provenance["scenario_hash"] == again.hash
    equal(result.dataset, simulate(again).dataset)


def test_seeds_and_replicates_differ():
    one, two = (simulate(make_scenario(), seed=seed, replicates=2).dataset for seed in (1, 2))
    counts = [tuple(one.receptors.values[r].ravel()) for r in (0, 1)] + [tuple(two.receptors.values[0].ravel())]
    assert len(set(counts)) == 3


def test_results_do_not_depend_on_threads():
    one = simulate(make_scenario(), threads=1, replicates=3).dataset
    for threads in (2, 5):
        equal(simulate(make_scenario(), threads=threads, replicates=3).dataset, one)


def test_a_replicate_does_not_depend_on_the_number_of_replicates():
    three = simulate(make_scenario(), replicates=3).dataset
    equal(simulate(make_scenario(), replicates=1).dataset, three.isel(replicate=[0]))


@pytest.mark.parametrize("every", ["0.1 s", "0.7 s", "4 s", "20 s"])
def test_levels_do_not_depend_on_the_recording_interval(every):
    often = simulate(make_scenario(record_every="0.1 s")).dataset
    seldom = simulate(make_scenario(record_every=every)).dataset
    equal(seldom, often.sel(time=seldom.time), LEVELS)


def test_rates_are_changes_of_counts_over_the_recording_interval():
    dataset = simulate(make_scenario(record_every="2 s")).dataset
    change = dataset.glucose_taken_up.diff("time") / 2.0
    np.testing.assert_allclose(dataset.glucose_uptake_rate.values[:, 1:], change.values)


# ---- blocks, threads and progress, with a fake engine ----


@pytest.mark.parametrize("every", [1, 2, 7, 50, 1000])
def test_records_are_the_chosen_steps(fake, every):
    fake()
    scenario = make_scenario(duration="100 s", record_every=f"{every / 10} s")
    dataset = simulate(scenario, replicates=2).dataset
    expected = np.arange(0, 1001, every)
    np.testing.assert_array_equal(dataset.surface_glut4.values, [expected, expected + 1])
    np.testing.assert_allclose(dataset.time.values, expected / 10, rtol=1e-12)
    np.testing.assert_allclose(dataset.fusion_rate.values[:, 1:], 600.0)  # one a step of 0.1 s


def test_blocks_are_short_enough_to_stop_between_them(fake):
    asked = []
    fake(advance=lambda engine, steps: asked.append(steps))
    simulate(make_scenario(duration="1000 s"))
    assert sum(asked) == 10_000
    assert max(asked) == engine.CHUNK


def test_slow_steps_make_small_blocks(fake):
    asked = []

    def advance(engine, steps):
        asked.append(steps)
        time.sleep(0.01 * steps)

    fake(advance=advance)
    simulate(make_scenario(duration="6 s"))
    assert max(asked) <= 16


@pytest.mark.parametrize(
    ("threads", "replicates", "at_once", "inner"),
    [(1, 3, 1, 1), (2, 4, 2, 1), (4, 2, 2, 2), (5, 1, 1, 5), (7, 3, 3, 2)],
)
def test_threads_are_shared_among_replicates(fake, threads, replicates, at_once, inner):
    running, most, inners, lock = set(), [], [], threading.Lock()

    def init(engine):
        with lock:
            running.add(engine.replicate)
            most.append(len(running))
            inners.append(engine.threads)
        time.sleep(0.1)

    def advance(engine, steps):
        if engine.step + steps == 200:
            with lock:
                running.discard(engine.replicate)

    fake(advance, init)
    simulate(make_scenario(), threads=threads, replicates=replicates)
    assert max(most) == at_once
    assert set(inners) == {inner}
    assert len(inners) == replicates


def test_progress_counts_all_replicates_and_is_not_called_too_often(fake):
    fake(advance=lambda engine, steps: time.sleep(0.002 * steps))
    calls = []
    began = time.perf_counter()
    simulate(make_scenario(), threads=2, replicates=3, progress=lambda *call: calls.append(call))
    took = time.perf_counter() - began
    done, total = zip(*calls, strict=True)
    assert set(total) == {60.0}
    assert list(done) == sorted(done)
    assert done[-1] == pytest.approx(60.0)
    assert 3 <= len(calls) <= 10.0 * took + 2


def test_engine_warnings_are_passed_on_once(fake):
    fake()
    assert simulate(make_scenario(), replicates=3).warnings == ("the cell is a fake",)


# ---- refusals ----


def test_memory_is_checked_before_anything_is_made(monkeypatch, tmp_path):
    import psutil

    scenario = make_scenario(replicates=4)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=int(2.5 * scenario.memory_bytes)))
    with pytest.raises(InputError, match="are free"):
        simulate(scenario, out=tmp_path / "out", threads=3)
    assert not (tmp_path / "out").exists()
    simulate(scenario, threads=2)  # two at a time fit


def test_an_existing_directory_is_refused_before_anything_is_computed(fake, tmp_path):
    fake(init=lambda engine: pytest.fail("computed"))
    with pytest.raises(InputError, match="exists"):
        simulate(make_scenario(), out=tmp_path)


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"seed": 2**64}, {"seed": 1.0}, {"replicates": 0}, {"replicates": True}, {"threads": 0}]
)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match=f"^{next(iter(wrong))}: expected a whole number"):
        simulate(make_scenario(), **wrong)


def test_an_unknown_scenario_is_refused():
    with pytest.raises(InputError, match='Did you mean "insulin-challenge"'):
        simulate("insulin-chalenge")


# ---- faults and interruptions ----


def fail_at(seconds, replicate):
    def advance(engine, steps):
        if engine.replicate == replicate and engine.step / 10 >= seconds:
            raise ValueError("numbers went wrong")

    return advance


def test_a_failing_replicate_keeps_what_was_computed(fake, unrendered, tmp_path, monkeypatch):
    monkeypatch.setattr(replicate, "CHUNK", 50)  # blocks end before the fault, whoever found a pace before it
    fake(advance=fail_at(10.0, replicate=1))
    result = simulate(make_scenario(), out=tmp_path / "out", replicates=3)
    assert result.status == "failed"
    assert not result.outside
    assert result.warnings[0].startswith("replicate 1 failed at ")
    assert result.warnings[0].endswith(": ValueError: numbers went wrong")
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["status"] == "failed"
    (error,) = provenance["errors"]
    assert error["replicate"] == 1
    assert error["error"] == "ValueError: numbers went wrong"
    assert "in advance" in error["traceback"]
    assert provenance["seconds_simulated"] == [20.0, error["seconds_simulated"], 20.0]
    dataset = xr.open_zarr(tmp_path / "out" / "results.zarr", consolidated=False)
    reached = np.isfinite(dataset.insulin.values).sum(axis=1)
    assert reached[0] == reached[2] == 21
    assert 10 < reached[1] == int(error["seconds_simulated"]) + 1 < 21
    assert (tmp_path / "out" / "figure.png").exists()
    assert result.summary["observables"]["glucose_taken_up_molecules"]["n"] == 3


def test_all_replicates_failing_at_once_is_reported_too(fake, unrendered, tmp_path):
    def init(engine):
        raise MemoryError("no room")

    fake(init=init)
    result = simulate(make_scenario(), out=tmp_path / "out", replicates=2)
    assert result.status == "failed"
    assert result.outside
    assert len(result.warnings) == 2
    assert result.summary["observables"]["surface_glut4_peak_percent"]["n"] == 0
    assert np.isnan(result.dataset.insulin.values).all()


def test_a_store_that_cannot_be_written_stops_the_run(fake, tmp_path, monkeypatch):
    blocks = []

    def advance(engine, steps):
        blocks.append(steps)
        time.sleep(0.05)

    fake(advance=advance)

    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.modules["glut4sim.sim.results.store"], "ZarrSeries", no_room)
    with pytest.raises(OSError, match="No space left"):
        simulate(make_scenario(duration="10000 s"), out=tmp_path / "out")
    assert len(blocks) < 100  # 5 s of them
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["status"] == "failed"


def test_an_interrupt_stops_all_replicates_and_keeps_what_was_computed(fake, unrendered, tmp_path):
    fake(advance=lambda engine, steps: time.sleep(0.001 * steps))
    began = time.perf_counter()

    def interrupt(done, total):
        if done > 0.0 and time.perf_counter() - began > 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(make_scenario(duration="10000 s"), tmp_path / "out", replicates=5, threads=2, progress=interrupt)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("task")]
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["status"] == "interrupted"
    assert provenance["errors"] == []
    reached = provenance["seconds_simulated"]
    assert min(reached[:2]) > 0.0
    assert max(reached) < 500.0  # 5 s of work
    assert reached[2:] == [0.0, 0.0, 0.0]
    dataset = xr.open_zarr(tmp_path / "out" / "results.zarr", consolidated=False)
    records = np.isfinite(dataset.insulin.values).sum(axis=1)
    assert records.tolist() == [int(reached[0] + 1e-6) + 1, int(reached[1] + 1e-6) + 1, 0, 0, 0]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["scenario"] == "test"


def test_what_is_slow_to_import_is_not_before_the_first_step():
    """It would take longer than all else a run needs to start. A run of one replicate does without templates at all."""
    slow = ("xarray", "zarr", "matplotlib", "mesa", "scipy.stats", "scipy.optimize", "scipy.integrate", "jinja2")
    program = (
        "import sys, glut4sim, glut4sim.sim.reporting.templates; glut4sim.run; "
        f"print([m for m in {slow} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
