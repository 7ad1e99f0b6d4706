"""Comparisons and sweeps that were stopped, or failed in part, go on to what nothing had stopped would have given."""

import json
import shutil

import numpy as np
import pytest

import glut4sim
from glut4sim import compare
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.studies import tasks
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.run import ensemble, replicate
from glut4sim.sim.studies.sweep.sweep import sweep
from tests.runs import CONTROL, LOW, brief

VARY = {"bath.insulin": "0.5nM,1nM,2nM", "vesicle.fuse": "1 1/s,2 1/s"}


def content(out, name):
    return json.loads((out / name).read_text())


def files(out):
    """All but what a killed zarr leaves behind."""
    return {path.relative_to(out) for path in out.rglob("*") if path.is_file() and path.suffix != ".partial"}


def simulated(monkeypatch):
    """Where calls of `replicate.simulate` are noted from now on."""
    calls, simulate = [], replicate.simulate
    monkeypatch.setattr(
        replicate, "simulate", lambda of, r, *rest: calls.append((of.name, r)) or simulate(of, r, *rest)
    )
    return calls


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep that nothing stopped."""
    return sweep(brief(), VARY, out=tmp_path_factory.mktemp("sweep") / "out", replicates=2)


def stop_after(share):
    """A progress that is met by Ctrl-C when so much is done."""

    def progress(done, total):
        if done > share * total:
            raise KeyboardInterrupt

    return progress


# ---- comparisons ----


@pytest.mark.parametrize("share", [0.0, 0.4, 0.6])
def test_a_comparison_goes_on(compared, tmp_path, monkeypatch, share):
    out = tmp_path / "out"
    monkeypatch.setattr(replicate, "BLOCK_SECONDS", 0.01)
    monkeypatch.setattr(tasks, "REPORT_SECONDS", 0.01)
    with pytest.raises(KeyboardInterrupt):
        compare([CONTROL, LOW], out=out, progress=stop_after(share), threads=1)
    stopped = content(out, "compare.json")
    assert (stopped["status"], stopped["effects"]) == ("interrupted", [])
    assert [condition["name"] for condition in stopped["conditions"]] == ["control", "low"]
    result = glut4sim.resume(out)
    assert (result.status, result.reference) == ("complete", "control")
    assert content(out, "compare.json") == content(compared.out, "compare.json")
    assert files(out) == files(compared.out)


def test_conditions_that_are_done_are_not_run_again(tmp_path, monkeypatch):
    def fail(of, *rest):
        raise RuntimeError("dropped")

    simulate = replicate.simulate
    with monkeypatch.context() as patch:
        patch.setattr(replicate, "simulate", lambda of, *rest: (fail if of.name == "low" else simulate)(of, *rest))
        assert compare([CONTROL, LOW], out=tmp_path / "out").status == "failed"
    calls = simulated(monkeypatch)
    assert glut4sim.resume(tmp_path / "out").status == "complete"
    assert sorted(calls) == [("low", 0), ("low", 1), ("low", 2)]


def test_ctrl_c_takes_nothing_from_a_comparison_that_was_there(compared, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(compared.out, out)

    def stop(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("glut4sim.sim.studies.comparison.comparison.effects_on", stop)
        with pytest.raises(KeyboardInterrupt):
            glut4sim.resume(out)
    before, now = content(compared.out, "compare.json"), content(out, "compare.json")
    assert now == before | {"status": "interrupted"}
    assert glut4sim.resume(out).content == before


@pytest.mark.parametrize("mean_field", [False, True])
def test_conditions_of_one_scenario_go_on_wherever_they_run(tmp_path, monkeypatch, mean_field):
    monkeypatch.setattr(ensemble, "_draw", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    three = {"control": CONTROL, "low": LOW, "control again": CONTROL}
    whole = compare(three, out="whole", mean_field=mean_field)
    with pytest.raises(KeyboardInterrupt):
        compare(three, out="threads", mean_field=mean_field, progress=stop_after(0.0))
    shutil.copytree("threads", "processes")
    for executor in ("threads", "processes"):
        assert glut4sim.resume(executor, executor=executor).content == whole.content
    assert [condition["name"] for condition in whole.content["conditions"]] == list(three)


def test_a_comparison_that_could_not_be_begun_leaves_nothing(tmp_path, monkeypatch):
    begun = []

    def fail(*arguments):
        begun.append(arguments)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return Writer(*arguments)

    monkeypatch.setattr("glut4sim.sim.studies.comparison.comparison.Writer", fail)
    with pytest.raises(KeyboardInterrupt):
        compare([CONTROL, LOW], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


NO_CONDITIONS = '{"conditions": [], "seed": 1, "method": "agents", "effects": []}'


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"conditions": [{"name": "a"}]}', NO_CONDITIONS])
def test_what_is_no_comparison_is_refused(tmp_path, text):
    (tmp_path / "compare.json").write_text(text)
    with pytest.raises(InputError, match=r"expected the directory of a comparison, found no whole compare\.json in it"):
        glut4sim.resume(tmp_path)


def test_a_comparison_whose_scenario_was_changed_is_refused(tmp_path):
    compare([CONTROL, LOW], out=tmp_path / "out", mean_field=True)
    path = tmp_path / "out" / "1-low" / "scenario.toml"
    path.write_text(path.read_text().replace("50 ng/dL", "60 ng/dL"))
    with pytest.raises(InputError, match=r"1-low.*not of this scenario\.toml"):
        glut4sim.resume(tmp_path / "out")


# ---- sweeps ----


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_a_sweep_goes_on(swept, tmp_path, monkeypatch, share):
    out = tmp_path / "out"
    monkeypatch.setattr(tasks, "REPORT_SECONDS", 0.01)
    with pytest.raises(KeyboardInterrupt):
        sweep(brief(), VARY, out=out, replicates=2, threads=1, progress=stop_after(share))
    done = np.isfinite(open_results(out)["surface_glut4_stimulated_percent"].values).all(axis=-1).sum()
    calls = simulated(monkeypatch)
    result = glut4sim.resume(out)
    assert (result.status, result.observable) == ("complete", swept.observable)
    assert len(calls) == 2 * (6 - done) > 0
    assert open_results(out).load().identical(open_results(swept.out).load())
    assert content(out, "sweep.json") == content(swept.out, "sweep.json")
    assert content(out, "provenance.json")["seconds_simulated"] == [600.0] * 2
    assert content(out, "provenance.json")["status"] == "complete"
    assert files(out) == files(swept.out)


def test_levels_at_which_a_run_failed_are_run_again(tmp_path, request, monkeypatch):
    vary, out = {"bath.insulin": "0.5nM,1nM,2nM"}, tmp_path / "out"
    request.getfixturevalue("faulty")
    assert sweep(brief(), vary, out=out, replicates=2).status == "failed"
    monkeypatch.undo()
    calls = simulated(monkeypatch)
    result = glut4sim.resume(out)
    assert (result.status, result.warnings) == ("complete", ())
    assert [replicate for _, replicate in sorted(calls)] == [0, 1]
    again = sweep(brief(), vary, out=tmp_path / "again", replicates=2)
    assert result.content == again.content
    assert result.dataset.identical(again.dataset)


def test_a_sweep_killed_before_its_store_was_made(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("glut4sim.sim.studies.sweep.sweep.SweepStore", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sweep(brief(), {"bath.insulin": "1nM"}, out=tmp_path / "out")
    result = glut4sim.resume(tmp_path / "out")
    assert result.dataset.identical(sweep(brief(), {"bath.insulin": "1nM"}).dataset)


def test_a_sweep_whose_store_was_not_finished_begins_anew(swept, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(swept.out, out)
    shutil.rmtree(out / "results.zarr" / "progress")
    assert glut4sim.resume(out).dataset.identical(swept.dataset)


def test_only_one_can_resume(swept, compared):
    for out in (swept.out, compared.out):
        with storage.held(out), pytest.raises(InputError, match="is being written by another process"):
            glut4sim.resume(out)


def test_workers_are_as_many_as_runs_are_missing(swept, monkeypatch):
    asked, workers = [], RunOptions.workers

    def note(options, count, scenarios):
        asked.append(count)
        return workers(options, count, scenarios)

    monkeypatch.setattr(RunOptions, "workers", note)
    assert glut4sim.resume(swept.out).dataset.identical(swept.dataset)
    assert asked == [0]


def test_a_sweep_is_no_run_and_has_no_checkpoints(swept):
    with pytest.raises(InputError, match="found that of a sweep"):
        ensemble.resume(swept.out, RunOptions())
    with pytest.raises(InputError, match=r"^checkpoint_every: there are no checkpoints of a sweep; leave it out"):
        glut4sim.resume(swept.out, checkpoint_every=10.0)


# ---- the command ----


@pytest.mark.parametrize(("made", "said"), [("compared", "low"), ("swept", "bath.insulin [nM]")])
def test_the_command_says_what_came_out(request, made, said, glut4sim, tmp_path):
    shutil.copytree(request.getfixturevalue(made).out, tmp_path / "out")
    status, out, _ = glut4sim("resume", tmp_path / "out")
    assert status == 0
    assert said in " ".join(out.split())
