"""Threads, processes and Dask: the same bits from each, and what happens when one of them dies."""

import json
import os
import signal
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest

from glut4sim import compare, run
from glut4sim.sim.inputs.errors import InputError, OutsideError
from glut4sim.sim.results import layout
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import executors, tasks
from glut4sim.sim.studies.run.replicate import compute_elsewhere
from tests.processes import PATIENCE, has_ended, wait_until
from tests.runs import assert_same_results, make_scenario
from tests.support import ROOT

# where a process finds the functions that tests have it run
PATH = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
ENVIRONMENT = os.environ | {"PYTHONPATH": PATH, "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"}


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A run on threads, with events."""
    out = tmp_path_factory.mktemp("local") / "out"
    run(make_scenario(events=True), out, threads=2)
    return out


# ---- processes ----


@pytest.mark.parametrize("guarded", [False, True])
def test_a_script_without_a_guard_is_told_of_it(guarded, tmp_path):
    lines = [
        "from glut4sim import Scenario, run",
        "small = {'cell.vesicles': '20', 'cell.receptors': '20', 'cell.glucose_agents': '20', 'run.duration': '5 s'}",
        "def main():",
        "    print(run(Scenario.load('fasting', small), replicates=2, executor='processes').status)",
        "if __name__ == '__main__':" if guarded else "if True:",
        "    main()",
    ]
    (tmp_path / "script.py").write_text("\n".join(lines))
    ended = subprocess.run(
        [sys.executable, tmp_path / "script.py"], env=ENVIRONMENT, capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    if guarded:
        assert (ended.returncode, ended.stdout) == (0, "complete\n")
    else:
        assert (ended.returncode, ended.stdout) == (1, "")
        last = ended.stderr.strip().splitlines()[-1]
        assert "InputError: executor: the processes ended as they began" in last
        assert '`if __name__ == "__main__":`' in last


def test_processes_give_the_bits_of_threads(local, tmp_path):
    told = []
    result = run(
        make_scenario(events=True), tmp_path / "out", threads=2, executor="processes",
        progress=lambda *call: told.append(call),
    )  # fmt: skip
    assert (result.status, result.warnings) == ("complete", ())
    assert_same_results(tmp_path / "out", local)
    assert told[-1] == (pytest.approx(1800.0), 1800.0)
    in_memory = run(make_scenario(events=True), threads=2, executor="processes")
    assert in_memory.dataset.drop_attrs().equals(open_results(local).load().drop_attrs())
    assert in_memory.single_vesicle.equals(open_results(local, "single_vesicle").load())
    assert in_memory.summary == result.summary


def work(what, stop):
    match what:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise ValueError("wrong")
        case "wait":
            while not stop.is_set():
                time.sleep(0.01)
    return what, os.getpid()


def environment(stop):
    return dict(os.environ)


def test_processes_have_the_environment_of_the_moment(monkeypatch):
    """Where secrets of an object store may be: though what they are forked from is older."""
    for name, other in (("ONE", "OTHER"), ("OTHER", "ONE")):
        monkeypatch.setenv(name, "set")
        monkeypatch.delenv(other, raising=False)
        with executors.choose("processes", 1, 1) as processes:
            assert processes.submit(environment).result() == dict(os.environ)


def test_a_process_that_dies_takes_only_its_own_task_with_it():
    with executors.choose("processes", 2, 9) as processes:
        assert (processes.count, processes.threads) == (2, 1)
        futures = [processes.submit(work, what) for what in ("die", "ok", "raise", "ok", "ok")]
        errors = [future.exception() for future in futures]
        assert [type(error) for error in errors] == [OutsideError, type(None), ValueError, type(None), type(None)]
        assert "process was killed" in str(errors[0])
        assert os.getpid() not in {futures[i].result()[1] for i in (1, 3, 4)}


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_stopping_ends_what_is_at_work_and_drops_the_rest(kind):
    with executors.choose(kind, 1, 2) as workers:
        stop = weakref.ref(workers._stop)
        pid = workers.submit(work, "ok").result()[1]
        if kind == "processes":  # what ends the first process comes to the others too, which are not to hear it
            for number in executors.ENDING:
                os.kill(pid, number)
        first, second = workers.submit(work, "wait"), workers.submit(work, "wait")
        wait_until(first.running)
        workers.stop()
        assert first.result(timeout=PATIENCE) == ("wait", pid)
    assert second.cancelled()
    if kind == "processes":
        assert stop() is None  # nor are its semaphores, which would else outlive the program


def test_processes_end_when_the_first_is_killed(tmp_path):
    """Else they would write on, perhaps while the run is resumed."""
    program = (
        "import os, time\n"
        "from glut4sim.sim.studies import executors\n"
        "def tell(stop): return os.getpid()\n"
        "def wait(stop):\n"
        "    while not stop.is_set(): time.sleep(0.01)\n"
        "if __name__ == '__main__':\n"
        "    p = executors.choose('processes', 1, 1); print(p.submit(tell).result(), flush=True)\n"
        "    p.submit(wait).result()\n"
    )
    (tmp_path / "program.py").write_text(program)
    process = subprocess.Popen([sys.executable, tmp_path / "program.py"], env=ENVIRONMENT, stdout=subprocess.PIPE)
    child = int(process.stdout.readline())
    process.kill()
    process.communicate(timeout=PATIENCE)
    wait_until(lambda: has_ended(child))


# ---- Dask ----


def start(*command):
    arguments = [sys.executable, "-m", *command]
    return subprocess.Popen(arguments, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address of a scheduler on loopback, and its two workers."""
    pytest.importorskip("distributed")
    about = tmp_path_factory.mktemp("dask") / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(about)]
    processes = [start("distributed.cli.dask_scheduler", *options)]
    try:
        wait_until(lambda: about.exists() and about.read_text().rstrip().endswith("}"), processes[0])
        worker = ["--scheduler-file", str(about), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        worker += ["--local-directory", str(about.parent)]
        processes += [start("distributed.cli.dask_worker", *worker) for _ in range(2)]
        yield json.loads(about.read_text())["address"], processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_dask_gives_the_bits_of_threads_when_replicates_share_chunks(local, cluster, tmp_path, monkeypatch):
    """Of which the workers know nothing: they see no store."""
    monkeypatch.setattr(executors, "CONNECT_SECONDS", PATIENCE)
    monkeypatch.setattr(layout, "FEW", 1)
    result = run(make_scenario(events=True), tmp_path / "out", executor=cluster[0])
    assert (result.status, result.warnings) == ("complete", ())
    assert_same_results(tmp_path / "out", local)
    assert not (tmp_path / "out" / "results.zarr" / "events" / "0").exists()


def test_dask_gives_bodies_the_bits_of_threads(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "CONNECT_SECONDS", PATIENCE)
    cells = {"cells": 2, "vesicles": 50, "receptors": 50}
    asked = Scenario.from_table(
        {
            "assay": {"kind": "clamp", "duration": "2 min"},
            "tissue": {"muscle": cells, "fat": cells},
            "run": {"duration": "1 min", "replicates": 2, "seed": 3},
        }
    )
    here, there = run(asked, None, threads=2), run(asked, tmp_path / "out", executor=cluster[0])
    assert (there.status, there.warnings) == ("complete", here.warnings)
    for name, values in here.dataset.items():
        np.testing.assert_array_equal(there.dataset[name].values, values.values)
    uptake = here.dataset["muscle_uptake"].values
    assert np.ptp(uptake, axis=1).max() > 0.0  # wrong: the same cells in both bodies


def test_dask_gives_the_bits_of_threads_though_a_worker_is_killed(local, cluster, tmp_path, monkeypatch):
    address, workers = cluster
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)

    began_with = []

    def kill(done, total):
        if not began_with and done > 0.0:
            began_with.append(done)
            workers[0].kill()

    monkeypatch.setattr(executors, "CONNECT_SECONDS", PATIENCE)
    monkeypatch.setattr(tasks, "REFRESH_SECONDS", 0.1)
    result = run(make_scenario(events=True), tmp_path / "out", executor=address, progress=kill, checkpoint_every=100.0)
    assert began_with[0] < 1800.0
    assert (result.status, result.warnings) == ("complete", ())
    assert_same_results(tmp_path / "out", local)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("VERSION", "no_such_package.version:__version__", r"has no glut4sim \(No module named 'no_such_package'\)"),
        ("__version__", "0.0.1", r"has glut4sim \d\S*; install glut4sim 0\.0\.1 where it runs"),
    ],
)
def test_workers_that_lack_the_package_are_refused(cluster, monkeypatch, name, value, said):
    monkeypatch.setattr(executors, "CONNECT_SECONDS", PATIENCE)
    monkeypatch.setattr(executors, name, value)
    with pytest.raises(InputError, match=rf"^--scheduler {cluster[0]}: the worker tcp://\S* {said}"):
        executors.choose(cluster[0], 1, 1)


# ---- refusals ----


def test_an_unknown_executor_is_refused(tmp_path):
    with pytest.raises(InputError, match=r'unknown executor "proceses"\. Did you mean "processes"'):
        run(make_scenario(), tmp_path / "out", executor="proceses")
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 0.5)
    with pytest.raises(InputError, match=r"^--scheduler tcp://127.0.0.1:9: expected the address of a Dask scheduler"):
        run(make_scenario(), tmp_path / "out", executor="tcp://127.0.0.1:9")
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_is_lost_while_it_is_asked_is_told_as_one_that_is_gone(monkeypatch):
    """A broken connection shows in what is asked, and a moment later in the client's status."""

    class Client:
        status = "running"

        def nthreads(self):
            raise ConnectionResetError("in <TCP local=tcp://127.0.0.1:1>: Connection reset by peer")

    class Event:
        def set(self):
            raise ConnectionResetError

    monkeypatch.setattr(executors, "LOOK_SECONDS", 0.0)
    workers = executors.Dask.__new__(executors.Dask)
    workers._client, workers._place, workers._seen, workers._stop = Client(), "--scheduler a", time.monotonic(), Event()
    workers.check()
    workers._stop_tasks()
    workers._client.status = "connecting"
    with pytest.raises(OutsideError, match=r"^--scheduler a: the scheduler is gone$"):
        workers.check()


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'glut4sim\[cluster\]'"):
        executors.choose("tcp://127.0.0.1:9", 1, 1)


def test_a_worker_of_another_version_is_refused(monkeypatch):
    with pytest.raises(RuntimeError, match=r"this worker has glut4sim .*, the run 0\.0\.1; install the same"):
        executors._on_worker("0.0.1", "stop", work, ("ok",))


def test_a_worker_that_does_not_reach_the_results_says_so(tmp_path):
    stop = executors.Threads(1, 1)._stop
    with pytest.raises(RuntimeError, match="choose an --out that all workers share"):
        compute_elsewhere(make_scenario(), 0, 1, False, tmp_path / "nowhere", None, stop)


def test_nothing_heavy_is_imported_with_the_executors():
    slow = ("dask", "distributed", "numpy")
    program = f"import sys, glut4sim.sim.studies.executors; print([m for m in {slow} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_series_are_the_same_wherever_they_are_kept(local):
    """What other tests of the bits rest on: the series hold numbers."""
    assert np.isfinite(open_results(local).surface_glut4_percent.values).all()


# ---- sweeps and comparisons ----


def test_sweeps_and_comparisons_run_on_processes_too():
    """A sweep of several scenarios is one of each."""
    from glut4sim.sim.studies.sweep.sweep import sweep

    scenario = make_scenario(duration="60 s", replicates=2)
    two = {"one": scenario, "other": scenario.model_copy(update={"parameters": {}})}
    of, by = (sweep(two, {"bath.insulin": "1nM,10nM"}, threads=1, executor=kind) for kind in (None, "processes"))
    assert of.dataset.identical(by.dataset)
    assert by.status == "complete"
    of, by = (compare([*two.values()], threads=2, executor=kind) for kind in (None, "processes"))
    assert of.effects == by.effects
