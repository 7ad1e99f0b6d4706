"""Options of runs: checked in one place, the same names for all studies, and what they make of a scenario."""

import tracemalloc
from dataclasses import fields
from types import SimpleNamespace
from typing import get_type_hints

import numpy as np
import psutil
import pytest

from glut4sim import compare, resume, run
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field
from glut4sim.sim.studies.benchmark.suite import Experiment, Suite
from glut4sim.sim.studies.benchmark.suite_run import run_suite
from glut4sim.sim.studies.options import RunKeywords, RunOptions
from glut4sim.sim.studies.sensitivity.sensitivity import sensitivity
from glut4sim.sim.studies.sweep.sweep import sweep
from tests.support import small_scenario

SCENARIO = small_scenario(duration=1.0)


def test_keywords_are_the_fields():
    """Type checkers and editors know the first, the program the second."""
    assert get_type_hints(RunKeywords) == get_type_hints(RunOptions)
    assert [f.name for f in fields(RunOptions)] == list(RunKeywords.__annotations__)


@pytest.mark.parametrize(
    "study",
    [
        lambda **options: run(SCENARIO, **options),
        lambda **options: compare({"a": SCENARIO, "b": SCENARIO}, **options),
        lambda **options: sweep(SCENARIO, {"bath.insulin": "1nM"}, **options),
        lambda **options: resume("nowhere", **options),
    ],
    ids=["run", "compare", "sweep", "resume"],
)
def test_a_name_that_is_not_is_named(study):
    with pytest.raises(TypeError, match="unexpected keyword argument 'sed'"):
        study(sed=3)
    with pytest.raises(InputError, match=r"^threads: expected a whole number from 1 to 1024, got 0\."):
        study(threads=0)


FINE = {"run.record_every": "1 ms", "run.step": "1 ms", "run.duration": "30 d"}  # 2.6e9 records
WEEKS = {"body.age": "55 yr", "assay.at": ["0 d", "2 weeks"]}


def suite(fine):
    """A suite of one experiment."""
    return Suite("fine", "", "", {"fine": Experiment("fine", "", (fine,), None, None)}, ())


@pytest.mark.parametrize(
    "study",
    [
        lambda fine: run(fine, mean_field=True),
        lambda fine: run(fine.replaced(WEEKS), mean_field=True),
        lambda fine: compare([fine, fine.replaced(WEEKS | {"assay.at": "0 d"})], mean_field=True),
        lambda fine: sweep(fine, {"bath.insulin": "1nM"}, mean_field=True),
        lambda fine: sensitivity(fine, processes=1),
        lambda fine: run_suite(suite(fine), mean_field=True),
    ],
    ids=["run", "assays", "compare", "sweep", "sensitivity", "suite"],
)
def test_a_mean_field_that_does_not_fit_into_memory_is_refused(study, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=4e12))
    monkeypatch.setattr(mean_field, "solve", lambda *a, **k: pytest.fail("computed"))
    fine = small_scenario(duration=1.0).replaced(FINE)
    with pytest.raises(InputError, match=r"needs about \d+ GB, 4000 GB are free; raise run\.record_every"):
        study(fine)


def test_memory_of_a_mean_field_is_that_of_its_records(monkeypatch):
    scenario = small_scenario(duration=600.0).replaced({"run.record_every": "100 ms"})
    run(scenario, mean_field=True)  # what is read and compiled once is not counted
    tracemalloc.start()
    run(scenario, mean_field=True)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert scenario.mean_field_bytes / 3.0 < taken < scenario.mean_field_bytes
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1.5 * scenario.mean_field_bytes))
    scenario.check_memory(1, mean_field=True)
    with pytest.raises(InputError, match=r"raise run\.record_every"):
        scenario.check_memory(2, mean_field=True)


def test_resume_does_not_take_what_the_results_already_have(tmp_path):
    for name in ("seed", "replicates", "mean_field"):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
            resume(tmp_path, **{name: 1})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed: expected a whole number from 0 to 18446744073709551615, got -1."),
        ({"seed": True}, "seed: expected a whole number from 0 to 18446744073709551615, got true (a boolean)."),
        ({"replicates": 100_001}, "replicates: expected a whole number from 1 to 100000, got 100001."),
        ({"threads": 1025}, "threads: expected a whole number from 1 to 1024, got 1025."),
        ({"threads": 1.0}, "threads: expected a whole number from 1 to 1024, got 1.0."),
        ({"checkpoint_every": -1.0}, "checkpoint_every: expected a time above 0 s, got -1.0."),
        ({"checkpoint_every": float("nan")}, "checkpoint_every: expected a time above 0 s, got nan."),
        (
            {"checkpoint_every": 9.0, "mean_field": True},
            "checkpoint_every: there are no checkpoints of a mean field,",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(InputError) as caught:
        RunOptions(**options)
    assert str(caught.value).startswith(message)


def test_checkpoints_need_a_place_and_no_sweep(tmp_path):
    with pytest.raises(InputError, match=r"^checkpoint_every: there are no checkpoints of results in memory; leave"):
        compare({"a": SCENARIO, "b": SCENARIO}, checkpoint_every=5.0)
    with pytest.raises(InputError, match=r"^checkpoint_every: there are no checkpoints of a sweep; leave it out"):
        sweep(SCENARIO, {"bath.insulin": "1nM"}, tmp_path / "out", checkpoint_every=5.0)
    assert not (tmp_path / "out").exists()


def test_a_scenario_is_prepared():
    assert RunOptions().prepare(SCENARIO) is SCENARIO
    changed = RunOptions(seed=np.uint64(2**64 - 1), replicates=np.int32(3)).prepare(SCENARIO)
    assert (changed.run.seed, changed.run.replicates) == (2**64 - 1, 3)
    assert [type(n) for n in (changed.run.seed, changed.run.replicates)] == [int, int]  # as TOML and JSON write them
    logging = SCENARIO.replaced({"run.events": True, "run.replicates": 4})
    twin = RunOptions(mean_field=True).prepare(logging)
    assert (twin.run.replicates, twin.run.events) == (1, False)


def test_progress_of_a_part_counts_on():
    told = []
    part = RunOptions(progress=lambda *call: told.append(call)).as_part(before=60.0, total=180.0)
    part.progress(20.0, 60.0)
    assert told == [(80.0, 180.0)]
    assert RunOptions().as_part(60.0, 180.0).progress is None
