"""The program is stopped from outside, by Ctrl-C or by a kill: what it leaves can be read and gone on with."""

import json
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr

from glut4sim import resume, run
from glut4sim.sim import cli
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.step_records import Events
from glut4sim.sim.results import checkpoint
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario
from tests.processes import PATIENCE, start, wait_until
from tests.runs import assert_same_results, make_scenario
from tests.support import small_scenario

# Its checkpoints take their time, so that there is enough to stop it in: the run need not be long.
PROGRAM = """
import sys
import time
from glut4sim import resume, run
from glut4sim.sim.results import checkpoint, writer
from glut4sim.sim.studies.run import ensemble
save = checkpoint.save
def save_slowly(*content):
    save(*content)
    time.sleep(0.2)
checkpoint.save = save_slowly
if __name__ == "__main__":
    ensemble._draw = lambda *_: None
    writer.POLICY = writer.FlushPolicy(seconds=0.05)
    verb, scenario, out, executor = sys.argv[1:]
    if verb == "run":
        run(scenario, out, threads=2, executor=executor, checkpoint_every=50.0)
    else:
        resume(out, threads=2, executor=executor)
"""


def content(out, name="provenance.json"):
    return json.loads((out / name).read_text())


def files(out):
    """All but what a killed zarr leaves behind."""
    return {path.relative_to(out) for path in out.rglob("*") if path.is_file() and path.suffix != ".partial"}


@pytest.fixture
def begin(tmp_path, request):
    """Starts PROGRAM with a verb, the file of a scenario and an executor, to write into `out`; ends with the test."""
    (tmp_path / "program.py").write_text(PROGRAM)

    def begin(verb, scenario, executor="threads"):
        process = start(
            tmp_path / "program.py", verb, scenario, tmp_path / "out", executor,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        request.addfinalizer(process.kill)
        return process

    return begin


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Calls the command line in a directory of its own; returns its exit status."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["glut4sim", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code

    return call


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing stopped, beside the file of its scenario, and long enough to be stopped twice."""
    out = tmp_path_factory.mktemp("whole") / "test"
    out.with_suffix(".toml").write_text(make_scenario(duration="600 s", replicates=2, events=True).to_toml())
    run(out.with_suffix(".toml"), out, threads=2)
    return out


@pytest.mark.parametrize(
    ("executor", "kinds"),
    [("threads", (signal.SIGINT, signal.SIGKILL)), ("processes", (signal.SIGKILL, signal.SIGINT))],
)
def test_a_run_that_is_stopped_twice_can_be_read_and_goes_on(whole, begin, tmp_path, executor, kinds):
    out, chance = tmp_path / "out", random.Random(executor)
    for verb, kind in zip(("run", "resume"), kinds, strict=True):
        process = begin(verb, whole.with_suffix(".toml"), executor)
        checkpoints = [checkpoint.path_of(out, r) for r in range(2)]
        old = {path: path.stat().st_mtime_ns for path in checkpoints if path.exists()}

        def have_saved(checkpoints=checkpoints, old=old):
            return all(path.exists() and path.stat().st_mtime_ns != old.get(path) for path in checkpoints)

        wait_until(have_saved, process)
        time.sleep(chance.uniform(0.0, 0.2))
        assert process.poll() is None, process.stderr.read()
        if verb == "resume":
            with pytest.raises(InputError, match="is being written by another process"):
                resume(out)
        process.send_signal(kind)
        _, errors = process.communicate(timeout=PATIENCE)  # until its own processes are gone too: they share its stderr
        check_what_is_left(out, Scenario.load(whole.with_suffix(".toml")))
        statistics = np.isfinite(open_results(out, "single_vesicle").fusion_rate.sel(phase="insulin")).all()
        if kind == signal.SIGINT:
            assert content(out)["status"] == "interrupted"
            assert (out / "summary.json").exists()
            assert errors.rstrip().endswith("KeyboardInterrupt")
            assert statistics
        else:
            assert content(out)["status"] == "running"
            assert verb == "resume" or not statistics
    assert resume(out, threads=2).status == "complete"
    assert_same_results(out, whole)


def check_what_is_left(out, of):
    """Series and logs can be read, and the logs are the engine's, as far as they go."""
    dataset = xr.open_zarr(out / "results.zarr", consolidated=False)
    assert np.isfinite(dataset.surface_glut4_percent.values[:, :1]).all()
    for replicate in range(2):
        log = open_results(out, f"events/{replicate}").load()
        assert log.sizes["event"] > 100
        engine = Engine(of, seed=1, replicate=replicate, log_events=True)
        np.testing.assert_array_equal(log.initial_state, engine.vesicles.state)
        engine.advance(int(log.time[-1] / of.run.step) + 1)
        expected = Events(*(column[: log.sizes["event"]] for column in engine.take_events()))
        position = np.stack([log[axis].values for axis in "xyz"], axis=1)
        found = Events(log.time.values, log.agent.values, log.transition.values, position, log.glut4.values)
        for name, ours, theirs in zip(Events._fields, found, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=name)


@pytest.mark.parametrize("verb", ["compare", "sweep"])
def test_a_study_that_is_killed_goes_on(tmp_path, program, verb):
    """When its first results are there, on the command line."""
    brief = small_scenario(
        [(0.0, 0.1), (20.0, 100.0), (80.0, 0.1)],
        step=1.0, duration=100.0, vesicles=20_000, receptors=40, glucose_agents=40,
    )  # fmt: skip
    for name, insulin in (("a", "1 nM"), ("b", "2 nM")):
        (tmp_path / f"{name}.toml").write_text(brief.to_toml().replace("100 nM", insulin))
    more = ["b.toml"] if verb == "compare" else ["--vary", "bath.insulin=1nM..2nM/8"]
    command = [verb, "a.toml", *more, "--replicates", "4", "--threads", "1", "-q"]
    process = start("-m", "glut4sim", *command, "--out", "out", cwd=tmp_path, start_new_session=True)
    first = "*/results.zarr/progress/reached/c/0/0" if verb == "compare" else "results.zarr/progress/ended/c/0"
    wait_until(lambda: any((tmp_path / "out").glob(first)), process)
    process.send_signal(signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    name = "compare.json" if verb == "compare" else "provenance.json"
    assert content(tmp_path / "out", name)["status"] == "running"
    assert program("resume", "out", "-q") == program(*command, "--out", "whole") == 0
    assert content(tmp_path / "out", f"{verb}.json") == content(tmp_path / "whole", f"{verb}.json")
    assert files(tmp_path / "out") == files(tmp_path / "whole")
