"""A run that was stopped goes on to the results of one that was not, bit for bit, whatever stopped it and where."""

import json
import random
import shutil
import threading

import numpy as np
import pytest

from glut4sim import resume, run
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.results import checkpoint
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.run import ensemble
from glut4sim.sim.studies.run.replicate import simulate
from tests.runs import assert_same_results
from tests.runs import make_scenario as make

SECONDS = 300.0  # of a run
EVERY = 137.0  # s between checkpoints, no multiple of a block of steps


def make_scenario(**run):
    return make(duration=f"{SECONDS:g} s", **run)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch, request):
    """They are tested elsewhere."""
    if "figures" not in request.fixturenames:
        monkeypatch.setattr(ensemble, "_draw", lambda *_: None)


@pytest.fixture
def figures():
    """Draw them all the same."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing stopped, with events."""
    out = tmp_path_factory.mktemp("whole") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "_draw", lambda *_: None)
        run(make_scenario(events=True), out, threads=2)
    return out


class StopAfter:
    """A stop sign that is set when it has been looked at so many times."""

    def __init__(self, looks):
        self.looks = looks

    def is_set(self):
        self.looks -= 1
        return self.looks < 0


def stopped(scenario, out, looks, every):
    """A run whose replicates were stopped after so many blocks of steps each."""
    writer = Writer(scenario, out, {"method": "agents"}, every)
    writer.open()
    for replicate, n in enumerate(looks):
        simulate(scenario, replicate, 1, writer, StopAfter(n))
    writer.finish(None, "interrupted", [])


def provenance(out):
    return json.loads((out / "provenance.json").read_text())


@pytest.mark.parametrize("every", [EVERY, None])
@pytest.mark.parametrize("seed", range(3))
def test_stopped_anywhere(whole, tmp_path, monkeypatch, every, seed):
    monkeypatch.setattr("glut4sim.sim.studies.run.replicate.CHUNK", 256)  # small blocks: many places to stop at
    looks = random.Random(seed).choices(range(18), k=2)
    out = tmp_path / "out"
    stopped(make_scenario(events=True), out, looks, every)  # and one replicate was never begun
    reached = provenance(out)["seconds_simulated"]
    assert max(reached) < SECONDS
    assert checkpoint.path_of(out, 0).exists() == (every is not None)
    result = resume(out, threads=2)
    assert (result.status, result.warnings) == ("complete", ())
    assert_same_results(out, whole)
    assert not (out / "checkpoints").exists()
    assert provenance(out)["status"] == "complete"
    assert provenance(out).get("checkpoint_every") == every


def test_a_checkpoint_is_not_computed_again(tmp_path, monkeypatch):
    stopped(make_scenario(), tmp_path / "out", [11, 11, 11], EVERY)
    reached = provenance(tmp_path / "out")["seconds_simulated"]
    assert 100.0 < min(reached) <= max(reached) < SECONDS
    steps, advance = [], Engine.advance

    def count(engine, n):
        steps.append(n)
        return advance(engine, n)

    monkeypatch.setattr(Engine, "advance", count)
    resume(tmp_path / "out")
    assert sum(steps) == round((3 * SECONDS - sum(reached)) / 0.1)
    steps.clear()
    assert resume(tmp_path / "out").status == "complete"
    assert steps == []


def test_a_failed_replicate_alone_is_run_again(whole, tmp_path, monkeypatch):
    advance, ran = Engine.advance, []

    def fail(engine, n):
        ran.append(id(engine))
        if engine.receptors.state.tobytes() and len(engine.receptors) == third and engine.time > 150.0:
            raise RuntimeError("numbers went wrong")
        return advance(engine, n)

    scenario, out = make_scenario(events=True), tmp_path / "out"
    third = len(Engine(scenario, seed=scenario.run.seed, replicate=2).receptors)
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "advance", fail)
        result = run(scenario, out, threads=1, checkpoint_every=EVERY)
    assert result.status == "failed"
    [error] = provenance(out)["errors"]
    assert (error["replicate"], error["error"]) == (2, "RuntimeError: numbers went wrong")
    assert error["seconds_simulated"] > 150.0
    ran.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "advance", lambda engine, n: ran.append(engine) or advance(engine, n))
        assert resume(out, threads=1).status == "complete"
    assert len(set(map(id, ran))) == 1
    assert provenance(out)["errors"] == []
    assert_same_results(out, whole)


def test_a_damaged_checkpoint_is_told_and_done_without(whole, tmp_path):
    out = tmp_path / "out"
    stopped(make_scenario(events=True), out, [11, 11, 11], EVERY)
    path = checkpoint.path_of(out, 1)
    path.write_bytes(path.read_bytes()[:1000])
    result = resume(out)
    assert result.status == "complete"
    [warning] = result.warnings
    assert warning.startswith("replicate 1 was begun anew: ")
    assert_same_results(out, whole)


def test_killed_before_the_store_was_made(tmp_path):
    out = tmp_path / "out"
    Writer(make_scenario(), out, {"method": "agents"})
    result = resume(out)
    assert result.status == "complete"
    assert result.dataset.equals(run(make_scenario()).dataset)


# ---- one replicate alone ----


def test_a_replicate_alone_is_the_same_as_among_all(whole, tmp_path):
    out = tmp_path / "out"
    result = run(make_scenario(events=True), out, only=2)
    assert result.status == "complete"
    assert result.summary["observables"]["surface_glut4_peak_percent"]["n"] == 1
    ours, theirs = (open_results(place).isel(replicate=[2]).load() for place in (out, whole))
    assert ours.identical(theirs)
    assert open_results(out, "events/2").load().identical(open_results(whole, "events/2").load())
    assert np.isnan(open_results(out).insulin.values[:2]).all()
    assert provenance(out)["only"] == 2
    assert resume(out).status == "complete"  # the others
    assert_same_results(out, whole)


def test_a_replicate_that_is_not_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"^replicate: expected a whole number from 0 to 2, got 3"):
        run(make_scenario(), tmp_path / "out", only=3)
    assert not (tmp_path / "out").exists()


# ---- several assays, mean field, hormones ----


def hormonal(at):
    return Scenario.from_table(
        {
            "cell": {"vesicles": 100, "receptors": 100, "glucose_agents": 100},
            "bath": {"insulin": [["0 s", "0 nM"], ["10 s", "5 nM"]]},
            "run": {"duration": "2 min", "replicates": 2},
            "hormones": {"testosterone": [["0 d", "531 ng/dL"], ["1 d", "28 ng/dL"]]},
            "assay": {"at": at},
        },
        "hormonal",
    )


def test_assays_that_were_not_done_are_done(tmp_path, monkeypatch, figures):
    scenario, run_one = hormonal(["0 d", "7 d"]), ensemble.run

    def stop(at, *rest, **options):
        if at.assay.at[0] > 0.0:
            raise KeyboardInterrupt
        return run_one(at, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "run", stop)
        with pytest.raises(KeyboardInterrupt):
            run(scenario, tmp_path / "out")
    result = resume(tmp_path / "out")
    assert result.status == "complete"
    again = run(scenario, tmp_path / "again")
    assert result.summary == again.summary
    names = {path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file()} == names


def test_a_run_that_is_complete_is_drawn_again(tmp_path, figures):
    run(hormonal(["7 d"]), tmp_path / "out")
    (tmp_path / "out" / "figure.png").unlink()
    assert resume(tmp_path / "out").status == "complete"
    assert (tmp_path / "out" / "figure.png").exists()


def test_a_mean_field_begins_anew(tmp_path):
    Writer(RunOptions(mean_field=True).prepare(make_scenario()), tmp_path / "out", {"method": "mean field"})
    assert resume(tmp_path / "out").dataset.equals(run(make_scenario(), mean_field=True).dataset)


# ---- elsewhere than on this machine's disk ----


def test_results_may_lie_wherever_fsspec_reaches(whole, tmp_path, figures):
    upath = pytest.importorskip("upath")
    out = upath.UPath(f"memory://{tmp_path.name}/out")
    stopped(make_scenario(events=True), str(out), [11, 10, 5], EVERY)
    assert checkpoint.path_of(out, 0).exists()
    result = resume(str(out), threads=2)
    assert result.status == "complete"
    assert {path.name for path in out.iterdir()} == {
        "scenario.toml", "provenance.json", "results.zarr", "summary.json", "figure.png", "single_vesicle.png",
    }  # fmt: skip
    assert (out / "figure.png").read_bytes() == b"not drawn"
    for group in (None, "single_vesicle", "events/0", "events/2"):
        assert open_results(str(out), group).load().identical(open_results(whole, group).load())
    with pytest.raises(InputError, match="expected a new directory, got one that exists"):
        run(make_scenario(), str(out))


def test_a_file_address_is_a_directory(tmp_path):
    assert storage.place(f"file://{tmp_path}") == tmp_path
    assert run(make_scenario(), f"file://{tmp_path}/out").out == tmp_path / "out"


# ---- refusals ----


@pytest.fixture
def undone(tmp_path):
    stopped(make_scenario(), tmp_path / "out", [5, 5, 5], None)
    return tmp_path / "out"


def test_another_scenario_is_refused(undone):
    path = undone / "scenario.toml"
    before = path.read_text()
    path.write_text(before.replace('"300 s"', '"360 s"').replace('"5 min"', '"6 min"'))
    assert path.read_text() != before
    wanted = (
        r"results\.zarr was written by glut4sim .* of scenario \w{8}, not of this scenario\.toml \(\w{8}\); restore"
    )
    with pytest.raises(InputError, match=wanted):
        resume(undone)
    path.write_text("run = 3")
    with pytest.raises(InputError, match="is no longer the scenario of the run"):
        resume(undone)
    path.write_text(before)
    assert resume(undone).status == "complete"


def test_another_version_is_refused(undone):
    content = provenance(undone) | {"version": "0.0.1"}
    (undone / "provenance.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"was written by glut4sim 0\.0\.1, not by this one .*; install that version"):
        resume(undone)


def test_what_is_no_run_is_refused(tmp_path, undone):
    with pytest.raises(InputError, match="there is no such directory"):
        resume(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"found no whole scenario\.toml and provenance\.json in it"):
        resume(tmp_path / "empty")
    (undone / "provenance.json").write_text(json.dumps(provenance(undone) | {"method": "magic"}))
    with pytest.raises(InputError, match="expected the directory of a run, a comparison or a sweep"):
        resume(undone)


def test_replicates_of_which_something_is_lost_are_run_again(whole, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    chunk = out / "results.zarr" / "insulin" / "c" / "1" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"!")
    shutil.rmtree(out / "results.zarr" / "events" / "2" / "agent")
    result = resume(out, threads=1)
    assert result.status == "complete"
    assert [line.split(" was begun anew")[0] for line in result.warnings] == ["replicate 1", "replicate 2"]
    assert "insulin/c/1/0 is damaged" in result.warnings[0]
    assert_same_results(out, whole)


def test_damage_is_told_in_one_line(glut4sim, whole, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    chunk = out / "results.zarr" / "insulin" / "c" / "1" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"!")
    status, said, error = glut4sim("export", "csv", out)
    assert (status, error) == (2, f"{chunk}: is damaged; `glut4sim resume` runs again what it held.\n")
    (out / "results.zarr" / "replicate" / "c" / "0").unlink()
    for command in (["export", "csv"], ["resume"]):
        status, said, error = glut4sim(*command, out)
        assert (status, said, error.count("\n")) == (2, "", 1)
        assert error.startswith(f"{out / 'results.zarr' / 'replicate' / 'c' / '0'}: is missing; restore it, or ")


def without(key):
    return lambda content: {name: value for name, value in content.items() if name != key}


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: [],
        lambda _: None,
        without("version"),
        without("method"),
        without("scenario_hash"),
        without("wall_seconds"),
        lambda content: content | {"started": "yesterday"},
        lambda content: content | {"wall_seconds": "long"},
        lambda content: content | {"checkpoint_every": []},
    ],
)
def test_a_damaged_provenance_is_refused(undone, damage):
    (undone / "provenance.json").write_text(json.dumps(damage(provenance(undone))))
    with pytest.raises(
        InputError, match=r"expected the directory of a run, found no whole .*provenance\.json in it\.$"
    ):
        resume(undone)


def test_what_editors_begin_a_file_with_is_no_matter(undone):
    for name in ("scenario.toml", "provenance.json"):
        (undone / name).write_bytes(b"\xef\xbb\xbf" + (undone / name).read_bytes())
    assert resume(undone, threads=1).status == "complete"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"checkpoint_every": 0.0}, "checkpoint_every: expected a time above 0 s"),
        ({"checkpoint_every": 10.0, "out": None}, "no checkpoints of results in memory"),
        ({"checkpoint_every": 10.0, "mean_field": True}, "no checkpoints of a mean field"),
    ],
)
def test_checkpoints_that_make_no_sense_are_refused(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        run(make_scenario(), **{"out": tmp_path / "out"} | arguments)
    assert not (tmp_path / "out").exists()


# ---- the command ----


def test_the_command_resumes(glut4sim, undone, whole):
    assert glut4sim("resume", undone, "-q", "--threads", "1") == (0, f"{undone}\n", "")
    status, out, _ = glut4sim("resume", undone, "--json")
    assert status == 0
    assert json.loads(out)["observables"] == json.loads((undone / "summary.json").read_text())["observables"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--executor", "thread"], '--executor: unknown executor "thread". Did you mean "threads"?'),
        (["--executor", "threads", "--scheduler", "tcp://a:1"], "--executor: a scheduler has its own workers"),
        (["--scheduler", "here"], '--scheduler: expected an address such as tcp://10.0.0.1:8786, got "here"'),
        (["--checkpoint-every", "5 mM"], "--checkpoint-every: expected a time"),
    ],
)
def test_options_that_make_no_sense_are_refused(glut4sim, undone, options, message):
    for command in (["resume", undone], ["run", "fasting"]):
        status, _, error = glut4sim(*command, *options)
        assert (status, error.count("\n")) == (2, 1)
        assert error.startswith(message)


def test_no_thread_is_left_behind(undone):
    resume(undone)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("task")]
