"""Every command reads and writes at an address as it does in a directory of this machine."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import xarray as xr

from glut4sim import compare, resume, run
from glut4sim.benchmarks.stress import object_store, small
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.run import hormones

SMALL, HORMONES = small.SCENARIO, small.THERAPY


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Scenarios in a working directory, in which nothing else may appear."""
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(SMALL)
    Path("other.toml").write_text(SMALL.replace("5 nM", "50 nM"))
    Path("therapy.toml").write_text(SMALL + HORMONES)
    yield
    assert {path.name for path in tmp_path.iterdir()} <= {"small.toml", "other.toml", "therapy.toml", "there"}


@pytest.fixture
def there(request, tmp_path):
    """An address to write to; its kind is the memory of this process, or what a test says."""
    kind = getattr(request, "param", "memory")
    if kind == "file":
        return f"file://{tmp_path}/there"
    pytest.importorskip("upath")
    if kind == "s3":
        return f"{request.getfixturevalue('bucket')}/{tmp_path.name}"
    return f"memory://{tmp_path.name}"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """At a real S3 server, but for its memory."""
    s3fs = pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    folder = tmp_path_factory.mktemp("s3") / "server"
    with object_store.server(folder) as (_, settings), pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem().mkdir("tests")
        yield "s3://tests"


@pytest.fixture
def glut4sim(glut4sim, files):
    def call(*arguments, status=0):
        ended, out, err = glut4sim(*arguments)
        assert (ended, err.count("\n")) == (status, int(status > 0)), err
        return err if status else out

    return call


def names(address):
    return {path.name for path in storage.place(address).iterdir()}


RUN = {"scenario.toml", "provenance.json", "results.zarr", "summary.json", "figure.png"}


@pytest.mark.parametrize("there", ["memory", "file", "s3"], indirect=True)
def test_a_run_is_made_gone_on_with_and_exported(glut4sim, there):
    address = f"{there}/run"
    said = glut4sim("run", "small.toml", "--out", address, "-q", "--threads", 1)
    assert said == f"{storage.place(address)}\n"
    assert names(address) == RUN
    assert "expected a new directory" in glut4sim("run", "small.toml", "--out", address, status=2)
    content = json.loads(glut4sim("resume", address, "--json"))
    assert content["status"] == "complete"
    table = glut4sim("export", "csv", address)
    assert table.count("\n") == 1 + 2 * open_results(address).sizes["time"]
    assert glut4sim("export", "csv", address, "--out", f"{there}/run.csv") == ""
    assert storage.read_text(storage.place(there) / "run.csv") == table
    assert "--out" in glut4sim("export", "csv", address, "--out", f"{there}/run.csv", status=2)
    assert glut4sim("export", "sbml", "small.toml", "--out", f"{there}/model.xml") == ""
    assert storage.read_text(storage.place(there) / "model.xml").startswith("<?xml")


def test_a_therapy(glut4sim, there):
    address = f"{there}/therapy"
    glut4sim("run", "therapy.toml", "--out", address, "-q", "--threads", 1)
    wanted = {"assay-0-d", "assay-7-d", "hormones.zarr", "hormones.png", "report.md", "figure.png"}
    assert names(address) == {"scenario.toml", "provenance.json", "summary.json"} | wanted
    assert names(f"{address}/assay-7-d") == RUN | {"hormones.zarr", "hormones.png"}
    storage.remove(storage.place(address) / "assay-7-d")
    before = storage.read_json(storage.place(address) / "summary.json")
    glut4sim("resume", address, "-q")
    assert names(f"{address}/assay-7-d") == RUN | {"hormones.zarr", "hormones.png"}
    assert storage.read_json(storage.place(address) / "summary.json") == before
    glut4sim("resume", address, "-q")  # of which nothing is missing
    assert storage.read_json(storage.place(address) / "summary.json") == before
    assert glut4sim("export", "csv", address).startswith("assay,replicate,time")


@pytest.mark.parametrize("there", ["memory", "file"], indirect=True)
def test_hormones_alone(glut4sim, there):
    address = f"{there}/hormones"
    glut4sim("run", "therapy.toml", "--endocrine-only", "--out", address, "-q")
    files = {"scenario.toml", "provenance.json", "summary.json", "hormones.zarr", "hormones.png"}
    assert names(address) == files
    hormones.save(Scenario.load("therapy.toml"), storage.place(address))  # once more, as when it is gone on with
    assert names(address) == files
    assert "step_factor" in xr.open_zarr(
        storage.zarr_store(storage.place(address) / "hormones.zarr"), consolidated=False
    )


def test_a_comparison(glut4sim, there):
    address = f"{there}/compared"
    glut4sim("compare", "small=small.toml", "10 x=other.toml", "--out", address, "-q", "--threads", 1)
    place = storage.place(address)
    assert names(address) == {"compare.json", "report.md", "figure.png", "pairing.zarr", "0-small", "1-10-x"}
    before = storage.read_json(place / "compare.json")
    storage.write_json(place / "compare.json", before | {"status": "interrupted"})
    glut4sim("resume", address, "-q")
    assert storage.read_json(place / "compare.json") == before


@pytest.mark.parametrize("there", ["memory", "s3"], indirect=True)
def test_a_sweep(glut4sim, there):
    address = f"{there}/swept"
    glut4sim("sweep", "small.toml", "--vary", "bath.insulin=1nM,10nM", "--mean-field", "--out", address, "-q")
    assert names(address) == {"scenario.toml", "provenance.json", "results.zarr", "sweep.json", "figure.png"}
    place = storage.place(address)
    before = storage.read_json(place / "sweep.json")
    storage.remove(place / "sweep.json")
    glut4sim("resume", address, "-q")
    assert storage.read_json(place / "sweep.json") == before
    assert glut4sim("export", "csv", address).startswith("bath.insulin [nM],replicate,")


def test_a_sensitivity_analysis(glut4sim, there):
    pytest.importorskip("SALib")
    address = f"{there}/ranked"
    options = "--method", "morris", "--trajectories", 2, "--parameters", "vesicle.fuse,vesicle.dock", "--processes", 1
    glut4sim("sensitivity", "small.toml", *options, "--out", address, "-q")
    files = {"scenario.toml", "provenance.json", "results.zarr", "sensitivity.json", "report.md", "figure.png"}
    assert names(address) == files
    assert open_results(address).sizes["run"] == 6


@pytest.fixture
def given(there):
    """An address at which scenarios lie, and suites with what they name."""
    place = storage.place(f"{there}/given")
    storage.write(place / "small.toml", SMALL)
    storage.write(place / "cells" / "strong.toml", 'extends = "../small.toml"\n[bath]\ninsulin = "50 nM"\n')
    storage.write(place / "cells" / "therapy.toml", SMALL + HORMONES)
    storage.write(place / "suite.toml", SUITE.format(data="curve.csv pip3"))
    storage.write(place / "lost.toml", SUITE.format(data="nowhere.csv pip3"))
    storage.write(place / "data" / "curve.csv", "time_min,pip3\n0,1\n1,1\n")
    storage.write(place / "conditions.toml", CONDITIONS.format(scenario=f"{place}/cells/therapy.toml"))
    return f"{place}"


SUITE = """
title = "A small suite"
[experiments.pulse]
title = "A pulse"
run.duration = "2 min"
bath.insulin = [["0 s", "0 nM"], ["30 s", "5 nM"]]
[measurements.curve]
measure = "rms_deviation"
experiment = "pulse"
observable = "pip3"
data = "{data}"
[[checks]]
id = "A1"
group = "Curves"
quantity = "PIP3"
measurement = "curve"
expect = [0, 1]
source = "somebody 2001"
"""
CONDITIONS = """
title = "One condition"
[insulin]
fasting = "30 pM"
[cell]
vesicles = 60
[run]
duration = "1 min"
[[conditions]]
group = "Men"
name = "Low testosterone"
scenario = "{scenario}"
at = "7 d"
reference = "{scenario}"
reference_at = "0 d"
"""


def test_scenarios_lie_at_an_address(glut4sim, there, given):
    strong = f"{given}/cells/strong.toml"
    assert glut4sim("scenarios", "check", f"{given}/small.toml", strong).count(": ok\n") == 2
    assert 'insulin = "50 nM"' in glut4sim("scenarios", "show", strong)
    glut4sim("run", strong, "--mean-field", "--out", f"{there}/run", "-q")
    assert Scenario.load(f"{there}/run/scenario.toml").bath.insulin.values == (50.0,)
    glut4sim("compare", f"{given}/small.toml", strong, "--mean-field", "--out", f"{there}/compared", "-q")
    assert {"0-Small", "1-strong"} < names(f"{there}/compared")
    assert glut4sim("export", "sbml", strong).startswith("<?xml")


@pytest.mark.parametrize("command", ["run", "compare", "sensitivity", "dashboard", "bench", "scenarios check"])
def test_a_scenario_that_is_not_at_its_address(glut4sim, there, command):
    said = glut4sim(*command.split(), f"{there}/nowhere.toml", status=2)
    assert said == f"{there}/nowhere.toml: there is no such file.\n"
    assert "nokind://a.toml: expected" in glut4sim(*command.split(), "nokind://a.toml", status=2)


def test_suites_and_conditions_lie_at_an_address(given):
    from glut4sim.sim.studies.benchmark import conditions, suite

    assert suite.load_suite(f"{given}/suite.toml").checks[0].measurement.data.y.tolist() == [1.0, 1.0]
    with pytest.raises(
        InputError, match=r"/lost\.toml: measurements\.curve\.data: nowhere\.csv cannot be read: there "
    ):
        suite.load_suite(f"{given}/lost.toml")
    assert not suite.says_conditions(f"{given}/suite.toml")
    assert suite.says_conditions(f"{given}/conditions.toml")
    found = conditions.load(f"{given}/conditions.toml").conditions[0]
    assert (found.scenario.name, found.scenario.assay.at) == ("therapy", (7 * 86400.0,))


def test_reports_of_suites(there, files):
    from glut4sim.sim.studies.benchmark import conditions_report, suite_report

    def figure(*arguments):
        Path(arguments[-1]).write_bytes(b"PNG")

    with pytest.MonkeyPatch.context() as patch:
        for module in (conditions_report, suite_report):
            patch.setattr(module, "markdown", lambda *_: "# Report\n")
        patch.setattr(conditions_report, "_content", lambda _: {"a": 1})
        patch.setattr("glut4sim.sim.studies.benchmark.conditions_figure.save_figure", figure)
        patch.setattr(suite_report, "content", lambda *_: {"a": 1, "figures": ["one", "two"]})
        patch.setattr("glut4sim.sim.studies.benchmark.suite_figures.save_figure", figure)
        result = SimpleNamespace(suite=SimpleNamespace(name="suite"))
        for module, made in ((conditions_report, "conditions"), (suite_report, "suites")):
            out = storage.place(f"{there}/{made}")
            assert module.write(result, out)["a"] == 1
            assert storage.read_json(out / "suite.json")["a"] == 1
            assert storage.read_text(out / "suite.md") == "# Report\n"
            with pytest.raises(InputError, match="expected a new directory"):
                module.write(result, out)
    assert names(f"{there}/conditions") == {"suite.json", "suite.md", conditions_report.FIGURE}
    assert names(f"{there}/suites/suite") == {"one.png", "two.png"}


def test_other_processes_cannot_write_into_the_memory_of_this_one(files, tmp_path):
    pytest.importorskip("upath")
    address = f"memory://{tmp_path.name}/run"
    small = Scenario.load("small.toml")
    message = "lies in the memory of this process, where no other can write"
    for work in (run, lambda s, *a, **k: compare({"one": s, "same": s}, *a, **k)):
        with pytest.raises(InputError, match=message):
            work(small, address, executor="processes")
    assert not storage.place(address).exists()
    run(small, address)
    with pytest.raises(InputError, match=message):
        resume(address, executor="processes")
