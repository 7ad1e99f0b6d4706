"""Sweeps: the grid of runs, what they leave, and the command line."""

import csv
import io
import json
import shutil
import sys
from itertools import product

import numpy as np
import pytest
import xarray as xr

from glut4sim import resume, run
from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results.csv_table import write_csv
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import read_axis, with_levels
from glut4sim.sim.studies.sweep.result import describe_fits
from glut4sim.sim.studies.sweep.sweep import sweep
from tests.runs import FEW, brief
from tests.support import small_scenario

SWEEP = sys.modules["glut4sim.sim.studies.sweep.sweep"]


# ---- a sweep ----


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """Three levels of insulin by two of vesicles by three replicates."""
    out = tmp_path_factory.mktemp("sweep") / "grid"
    calls = []
    result = sweep(
        brief(),
        {"bath.insulin": "0nM,1nM,100nM", "cell.vesicles": "30,60"},
        out=out, seed=7, replicates=3, threads=2, progress=lambda done, total: calls.append((done, total)),
    )  # fmt: skip
    return result, calls


def test_a_grid_is_all_combinations(grid):
    result, _ = grid
    assert result.status == "complete"
    assert dict(result.dataset.sizes) == {"bath.insulin": 3, "cell.vesicles": 2, "replicate": 3}
    assert set(result.dataset.data_vars) == set(summary.UNITS)
    assert len(result.content["levels"]) == 6
    assert [entry["at"] for entry in result.content["levels"]] == [
        {"bath.insulin": insulin, "cell.vesicles": n} for insulin, n in product((0.0, 1.0, 100.0), (30, 60))
    ]


def test_each_run_is_that_of_its_scenario_with_the_same_seed(grid):
    """Which also says that levels share their random numbers."""
    result, _ = grid
    alone = run(
        small_scenario([(0.0, 0.1), (20.0, 1.0), (80.0, 0.1)], step=1.0, duration=100.0, **(FEW | {"vesicles": 60})),
        seed=7,
        replicates=3,
    )
    for name, numbers in alone.summary["observables"].items():
        found = result.dataset[name].sel({"bath.insulin": 1.0, "cell.vesicles": 60}).values
        if numbers["mean"] is None:
            assert np.isnan(found).all()
        else:
            assert np.nanmean(found) == pytest.approx(numbers["mean"], rel=1e-12)
            assert np.isfinite(found).sum() == numbers["n"]
    basal = result.dataset["glucose_uptake_basal_per_s"]  # insulin does not differ yet: nor does anything else
    assert (basal[0] == basal[1]).all()


def test_numbers_are_taken_at_the_scenarios_own_times(grid):
    """At level 0 insulin falls and rises again; the stimulated minute is still that from 20 to 80 s."""
    result, _ = grid
    level = small_scenario([(0.0, 0.1), (20.0, 0.0), (80.0, 0.1)], step=1.0, duration=100.0, **FEW)
    level = with_levels(level, {read_axis(level, "cell.vesicles", "30"): 30})
    dataset = run(level, seed=7, replicates=3).dataset
    expected = dataset["surface_glut4_percent"].values[:, 20:81]
    weights = np.r_[0.5, np.ones(59), 0.5] / 60.0
    found = result.dataset["surface_glut4_stimulated_percent"][0, 0].values
    np.testing.assert_allclose(found, expected @ weights, rtol=1e-9)


def test_threads_do_not_change_a_bit():
    numbers = [sweep(brief(), {"bath.insulin": "1nM,100nM"}, threads=n, replicates=2).dataset for n in (1, 3, 8)]
    for other in numbers[1:]:
        xr.testing.assert_identical(numbers[0], other)


def test_what_a_sweep_leaves(grid):
    result, _ = grid
    assert {path.name for path in result.out.iterdir()} == {
        "scenario.toml", "provenance.json", "results.zarr", "sweep.json", "figure.png",
    }  # fmt: skip
    stored = open_results(result.out)
    for name, unit in summary.UNITS.items():
        np.testing.assert_array_equal(stored[name].values, result.dataset[name].values)
        assert stored[name].attrs["units"] == unit
        assert stored[name].attrs["long_name"] == summary.readable(name)
        assert stored[name].dims == ("bath.insulin", "cell.vesicles", "replicate")
    assert stored["bath.insulin"].attrs == {"units": "nM", "long_name": "Insulin"}
    assert stored["bath.insulin"].values.tolist() == [0.0, 1.0, 100.0]
    assert stored["cell.vesicles"].values.tolist() == [30, 60]
    assert stored.attrs["seed"] == 7
    assert json.loads((result.out / "sweep.json").read_text()) == result.content
    provenance = json.loads((result.out / "provenance.json").read_text())
    assert (provenance["status"], provenance["method"], provenance["seed"]) == ("complete", "agents", 7)
    assert provenance["vary"]["bath.insulin"] == {"unit": "nM", "levels": [0.0, 1.0, 100.0]}
    assert provenance["seconds_simulated"] == [600.0] * 3
    assert Scenario.load(result.out / "scenario.toml").run.replicates == 3


def test_progress_counts_all_runs(grid):
    _, calls = grid
    assert {total for _, total in calls} == {1800.0}
    done = [done for done, _ in calls]
    assert done == sorted(done)
    assert done[-1] == 1800.0


def test_a_sweep_in_memory_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sweep(brief(), {"bath.insulin": "1nM,100nM"}).out is None
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_keeps_no_events(tmp_path):
    table = brief().resolved()
    table["run"]["events"] = True
    sweep(Scenario.from_table(table), {"bath.insulin": "1nM,100nM"}, out=tmp_path / "out")
    assert not Scenario.load(tmp_path / "out" / "scenario.toml").run.events
    assert not (tmp_path / "out" / "results.zarr" / "events").exists()


def test_an_existing_directory_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a new directory"):
        sweep(brief(), {"bath.insulin": "1nM,100nM"}, out=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vary": {}}, "--vary: expected at least one path to vary"),
        ({"vary": {"vesicle.fuse": "1 1/s", "parameters.vesicle.fuse": "2 1/s"}}, "--vary: parameters.vesicle.fuse is"),
        ({"vary": {"bath.insulin": "1nM..2nM/9999lin"}, "replicates": 11}, "expected at most 100000 runs, got 109989"),
        (
            {"vary": {"bath.insulin": "1nM"}, "observable": "surface_glut4"},
            'unknown observable "surface_glut4". Did you',
        ),
        (
            {"vary": {"cell.vesicles": "5,2147483648"}},
            "--vary cell.vesicles = 2147000000: cell.vesicles: expected a who",
        ),
        ({"vary": {"cell.receptors": "5,2147483647"}}, "needs about"),
        (
            {"vary": {"bath.insulin": "1nM"}, "mean_field": True, "replicates": 2},
            "replicates: expected 1: a mean field",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is(arguments, message, tmp_path, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 8e9}))
    with pytest.raises(InputError) as caught:
        sweep(brief(), out=tmp_path / "out", **arguments)
    assert message in str(caught.value)
    assert not (tmp_path / "out").exists()


# ---- what goes wrong on the way ----


def test_a_failed_run_keeps_the_others(faulty, unrendered, tmp_path):
    result = sweep(brief(), {"bath.insulin": "0.5nM,1nM,2nM"}, out=tmp_path / "out", replicates=2, threads=2)
    assert result.status == "failed"
    assert result.warnings == ("at bath.insulin = 1 nM: replicate 1 failed at 0 s: RuntimeError: dropped",)
    missing = np.isnan(open_results(result.out)["surface_glut4_stimulated_percent"].values)
    assert missing.tolist() == [[False, False], [False, True], [False, False]]
    [entry] = json.loads((result.out / "sweep.json").read_text())["errors"]
    assert entry == {
        "at": {"bath.insulin": 1.0}, "replicate": 1, "seconds_simulated": 0.0, "error": "RuntimeError: dropped",
    }  # fmt: skip
    provenance = json.loads((result.out / "provenance.json").read_text())
    assert provenance["status"] == "failed"
    assert "dropped" in provenance["errors"][0]["traceback"]
    assert (result.out / "figure.png").exists()


def test_ctrl_c_keeps_the_levels_that_are_done(unrendered, tmp_path):
    def interrupt(done, total):
        if done > 350.0:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        sweep(
            brief(vesicles=20_000), {"bath.insulin": "1nM..100nM/40"}, out=out, threads=1, progress=interrupt
        )  # fmt: skip
    assert json.loads((out / "provenance.json").read_text())["status"] == "interrupted"
    reached = np.isfinite(open_results(out)["surface_glut4_stimulated_percent"].values[:, 0])
    assert 1 <= reached.sum() < 40
    assert reached[: reached.sum()].all()
    content = json.loads((out / "sweep.json").read_text())
    assert content["status"] == "interrupted"
    assert content["levels"][-1]["observables"]["surface_glut4_stimulated_percent"]["n"] == 0


def test_a_damaged_store_is_named_and_can_be_made_anew(tmp_path):
    out = tmp_path / "out"
    whole = sweep(brief(), {"bath.insulin": "1nM,2nM"}, out=out, mean_field=True)
    chunk = out / "results.zarr" / "akt_basal_percent" / "c" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match=rf"^{chunk}: is damaged; restore it, or remove results\.zarr and resume"):
        resume(out)
    shutil.rmtree(out / "results.zarr")
    assert resume(out).dataset.identical(whole.dataset)


# ---- dose-response ----


@pytest.fixture(scope="module")
def dose_response(tmp_path_factory):
    """The mean field of the insulin pulse: six doses, by two rates of endocytosis."""
    out = tmp_path_factory.mktemp("sweep") / "dose"
    doses = "0nM,30pM,300pM,1nM,10nM,100nM"
    vary = {"bath.insulin": doses, "vesicle.endocytose": "0.178 1/min,0.356 1/min"}
    return sweep(Scenario.load("insulin-pulse", {"run.duration": "21 min"}), vary, out=out, mean_field=True)


def test_a_dose_response_has_a_curve_for_each_of_the_other_levels(dose_response):
    curves = dose_response.fit()
    assert [place for place, _ in curves] == [{"parameters.vesicle.endocytose": rate} for rate in (0.178, 0.356)]
    slow, fast = (fit for _, fit in curves)
    assert (slow.status, fast.status) == ("fitted", "fitted")
    assert 0.3 < slow.ec50.value < 1.1  # nM; Sedaghat's curve has 0.55
    assert slow.top.value > fast.top.value + 5.0
    assert slow.misfit < 0.03
    fits = dose_response.content["fits"]
    assert fits[0]["ec50"] == {"value": slow.ec50.value, "low": None, "high": None, "unit": "nM"}
    assert [fit["top"]["unit"] for fit in fits] == ["percent", "percent"]
    assert json.loads((dose_response.out / "provenance.json").read_text())["method"] == "mean field"
    assert dose_response.dataset.sizes["replicate"] == 1


def test_every_number_of_the_summary_can_be_fitted(dose_response):
    """Down the cascade, each step needs less insulin than the one before it."""
    names = ("receptors_active", "akt", "surface_glut4")
    steps = [dose_response.fit(f"{name}_stimulated_percent")[0][1].ec50.value for name in names]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 3.0 * steps[-1]


def test_fits_are_described_in_a_line_each(dose_response):
    first, second = describe_fits(dose_response)
    assert first.startswith("parameters.vesicle.endocytose = 0.178 1/min: EC50 0.")
    assert " nM, slope " in first
    assert second.endswith(" percent")


def test_replicates_give_the_curve_its_interval():
    """Receptors are counted, so their dose-response has little noise: four replicates of 2000."""
    scenario = brief([(0.0, 0.0), (20.0, 100.0), (99.0, 0.0)], receptors=2000, vesicles=5, glucose_agents=5)
    observable = "receptors_active_stimulated_percent"
    result = sweep(scenario, {"bath.insulin": "1nM..10uM/5"}, replicates=4, observable=observable)
    [(place, fit)] = result.fit()
    assert place == {}
    assert fit.status == "fitted"
    assert fit.ec50.low < fit.ec50.value < fit.ec50.high < 1.2 * fit.ec50.low
    exact = sweep(scenario, {"bath.insulin": "1nM..10uM/5"}, observable=observable, mean_field=True).fit()[0][1]
    assert fit.ec50.low / 1.02 < exact.ec50.value < fit.ec50.high * 1.02
    [line] = describe_fits(result)
    assert f"[{fit.ec50.low:.4g}, {fit.ec50.high:.4g}]" in line


def test_no_curve_is_claimed_where_there_is_none():
    narrow = sweep(brief(), {"bath.insulin": "1nM..2nM/5"}, mean_field=True)
    assert narrow.content["fits"][0]["ec50"] is None
    assert describe_fits(narrow)[0].startswith("no curve fitted (no plateau): ")
    few = sweep(brief(), {"bath.insulin": "1nM,2nM"}, mean_field=True)
    assert describe_fits(few) == ["no curve fitted (too few levels): a Hill curve takes at least 5 levels"]
    counts = sweep(brief(), {"cell.vesicles": "10,20"}, mean_field=True)  # no dose
    assert counts.fit() == counts.content["fits"] == describe_fits(counts) == []


@pytest.mark.parametrize(
    "vary",
    [
        {"cell.vesicles": "10,20,30"},
        {"bath.insulin": "1nM,2nM", "cell.vesicles": "10,20", "vesicle.fuse": "1 1/s,2 1/s"},
        {"bath.insulin": "0nM,1nM,1uM"},
        {"run.step": "0.5s,1s"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("error")
def test_a_figure_is_drawn_of_any_sweep(vary, drawn, tmp_path):
    result = sweep(brief(), vary, out=tmp_path / "out", replicates=2, observable="surface_glut4_half_time_fall_min")
    assert (result.out / "figure.png").stat().st_size > 5000


# ---- the command line ----


@pytest.fixture
def glut4sim(glut4sim_in):
    """The program, in an empty directory."""
    return glut4sim_in


@pytest.fixture
def scenario_file(tmp_path):
    path = tmp_path / "brief.toml"
    path.write_text(brief().to_toml(), encoding="utf-8")
    return path


def test_sweep_prints_a_table_and_the_curve(glut4sim, scenario_file, tmp_path):
    status, out, err = glut4sim("sweep", scenario_file, "--vary", "bath.insulin=1pM..1uM/5", "--mean-field")
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Surface GLUT4 stimulated [percent]" in lines
    assert "bath.insulin [nM] Mean SD n" in lines
    assert any(line.startswith("0.001 ") and line.endswith(" - 1") for line in lines)
    assert any(line.startswith(("EC50 ", "no curve fitted ")) for line in lines)
    assert any("are assumed: see `glut4sim parameters list`." in line for line in lines)
    assert (tmp_path / "results" / "brief-sweep" / "sweep.json").exists()


def test_sweep_passes_on_what_it_is_told(glut4sim, scenario_file):
    status, out, err = glut4sim(
        "sweep", scenario_file, "--vary", "bath.insulin=1nM,2nM", "--vary", "vesicle.fuse=1 1/s", "--set",
        "cell.receptors=5", "--seed", 3, "--replicates", 2, "--threads", 1, "--out", "here",
        "--observable", "akt_stimulated_percent", "--json",
    )  # fmt: skip
    assert (status, err) == (0, "")
    content = json.loads(out)
    assert content["out"] == "here"
    assert (content["seed"], content["replicates"], content["observable"]) == (3, 2, "akt_stimulated_percent")
    assert list(content["vary"]) == ["bath.insulin", "parameters.vesicle.fuse"]
    assert Scenario.load("here/scenario.toml").cell.receptors == 5
    assert glut4sim("sweep", scenario_file, "--vary", "bath.insulin=1nM", "-q")[1] == "results/brief-sweep\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--vary", "bath.insulin=1pM..5min/13"],
            '--vary bath.insulin=1pM..5min/13: both ends must be concentrations; "5',
        ),
        (["--vary", "bath.insulin"], "--vary bath.insulin: expected PATH=VALUE such as bath.insulin=1pM..100nM/13."),
        (
            ["--vary", "bath.insulin=1nM", "--vary", "bath.insulin=2nM"],
            "--vary bath.insulin=2nM: this path is varied tw",
        ),
        (["--vary", "bath.insulin=1nM", "--observable", "akt"], 'unknown observable "akt". '),
        ([], "--vary"),
        (["--vary", "bath.insulin=1nM", "--out", "."], "--out .: expected a new directory"),
    ],
)
def test_wrong_sweeps_are_one_line_and_exit_status_2(glut4sim, scenario_file, arguments, message):
    status, out, err = glut4sim("sweep", scenario_file, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_failed_sweep_warns_and_exits_with_1(glut4sim, scenario_file, faulty):
    status, out, err = glut4sim("sweep", scenario_file, "--vary", "bath.insulin=1nM,2nM", "--replicates", 2, "-q")
    assert (status, out) == (1, "results/brief-sweep\n")
    assert err == "Warning: at bath.insulin = 1 nM: replicate 1 failed at 0 s: RuntimeError: dropped\n"


def test_interrupted_sweep_says_what_is_kept(glut4sim, scenario_file, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(SWEEP, "fit_curves", stop)
    status, out, err = glut4sim("sweep", scenario_file, "--vary", "bath.insulin=1nM", "-q")
    assert (status, out, err) == (
        130,
        "",
        "Stopped; what was reached is kept in results/brief-sweep; go on: glut4sim resume results/brief-sweep\n",
    )


# ---- export ----


def test_export_csv_of_a_run_and_of_a_sweep(glut4sim, scenario_file, tmp_path):
    assert glut4sim("run", scenario_file, "--out", "run", "--replicates", 2, "-q")[0] == 0
    status, out, err = glut4sim("export", "csv", "run")
    assert (status, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    dataset = open_results(tmp_path / "run")
    assert len(rows) == 2 * 101
    assert list(rows[0])[:5] == ["replicate", "time [s]", "insulin [nM]", "receptors.free [receptors]",
                                 "receptors.bound [receptors]"]  # fmt: skip
    for replicate, time in ((0, 0), (1, 57), (1, 100)):
        row = rows[replicate * 101 + time]
        assert (row["replicate"], row["time [s]"]) == (str(replicate), str(time))
        here = dataset.sel(replicate=replicate, time=time)
        assert float(row["surface_glut4_percent [percent]"]) == here["surface_glut4_percent"].item()
        assert float(row["vesicles.fused [vesicles]"]) == here["vesicles"].sel(vesicle_state="fused").item()
    assert rows[0]["fusion_rate [1/min]"] == ""  # no rate at the start

    status, out, err = glut4sim("export", "csv", "run", "--columns", "vesicles.fused, insulin", "--time", "min")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "replicate,time [min],vesicles.fused [vesicles],insulin [nM]"
    assert out.splitlines()[31].startswith("0,0.5,")
    status, out, err = glut4sim("export", "csv", "run", "--columns", "insuline", "--out", "wrong.csv")
    assert (status, out, err) == (2, "", '--columns: unknown column "insuline". Did you mean "insulin"?\n')
    assert not (tmp_path / "wrong.csv").exists()

    assert glut4sim("sweep", scenario_file, "--vary", "bath.insulin=1nM,2nM", "--out", "sweep", "-q")[0] == 0
    assert glut4sim("export", "csv", "sweep", "--out", "sweep.csv") == (0, "", "")
    rows = list(csv.DictReader((tmp_path / "sweep.csv").open()))
    assert [(row["bath.insulin [nM]"], row["replicate"]) for row in rows] == [("1", "0"), ("2", "0")]
    assert list(rows[0])[2:4] == ["surface_glut4_basal_percent [percent]", "surface_glut4_stimulated_percent [percent]"]


def test_csv_leaves_out_what_was_not_reached():
    """And what does not stand once per record, such as a log of events."""
    dataset = run(brief(), replicates=2).dataset
    dataset = dataset.where((dataset["time"] <= 30.0) | (dataset["replicate"] == 0))
    dataset = dataset.assign(event_time=(("replicate", "event"), np.ones((2, 5))))
    file = io.StringIO()
    assert write_csv(dataset, file) == 101 + 31
    assert file.getvalue().count("\n") == 1 + 101 + 31
    assert "event_time" not in file.getvalue()


def test_export_sbml(glut4sim, scenario_file, tmp_path, monkeypatch):
    libsbml = pytest.importorskip("libsbml")
    status, out, err = glut4sim("export", "sbml", scenario_file, "--set", "bath.glucose=7 mM")
    assert (status, err) == (0, "")
    assert libsbml.readSBMLFromString(out).getModel().getParameter("glucose_bath").getValue() == 7.0
    assert glut4sim("export", "sbml", scenario_file, "--out", "model.xml") == (0, "", "")
    assert (tmp_path / "model.xml").read_text().startswith("<?xml")
    monkeypatch.setitem(sys.modules, "libsbml", None)
    status, out, err = glut4sim("export", "sbml", scenario_file, "--out", "another.xml")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("export sbml: needs python-libsbml; install it with: pip install ")
    assert not (tmp_path / "another.xml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["csv", "nowhere"], "nowhere: expected the directory of a run"),
        (["csv", "."], "expected the directory of a run"),
        (["csv", ".", "--out", "taken"], "--out taken: expected a new file, got one that exists; choose another."),
        (["sbml", "fasting", "--out", "taken"], "--out taken: expected a new file"),
        (["sbml", "fasting", "--out", "no/such/directory"], "--out no/such/directory: cannot be written: No such file"),
        (["sbml", "fastin"], 'unknown scenario "fastin"'),
    ],
)
def test_wrong_exports_are_one_line_and_exit_status_2(glut4sim, tmp_path, arguments, message):
    (tmp_path / "taken").touch()
    status, out, err = glut4sim("export", *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert (tmp_path / "taken").read_text() == ""
