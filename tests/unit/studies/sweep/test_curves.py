"""Several scenarios at the same levels: each curve is that of its own sweep, told and drawn beside the others."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

import glut4sim
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.studies import tasks
from glut4sim.sim.studies.run import replicate
from glut4sim.sim.studies.sweep import curves_report, figure
from glut4sim.sim.studies.sweep.sweep import sweep
from tests.markdown import NASTY, SEEN, headings, tables
from tests.runs import brief, muscle

AKT = "akt_stimulated_percent"
VARY = {"bath.insulin": "1nM,3nM,10nM,30nM,100nM,300nM"}
LESS, MORE = brief(), brief(parameters={"signalling.akt_phosphorylate_t308": "0.5 1/min"})


@pytest.fixture(scope="module")
def doses(tmp_path_factory):
    """Two mean fields that differ in a rate, and a label that Markdown would read."""
    out = tmp_path_factory.mktemp("curves") / "out"
    return sweep({NASTY: LESS, "more": MORE}, VARY, out=out, mean_field=True, observable=AKT)


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """Two conditions by two axes by two replicates of agents."""
    out = tmp_path_factory.mktemp("curves") / "grid"
    vary = {"bath.insulin": "0nM,1nM,100nM", "cell.vesicles": "30,60"}
    return sweep({"less": LESS, "more": MORE}, vary, out=out, replicates=2, seed=7, threads=2)


def test_each_curve_is_that_of_its_own_sweep(doses):
    assert (doses.status, doses.warnings, list(doses.sweeps)) == ("complete", (), [SEEN, "more"])
    for scenario, label in ((LESS, SEEN), (MORE, "more")):
        alone = sweep(scenario, VARY, mean_field=True, observable=AKT)
        assert doses.sweeps[label].dataset.identical(alone.dataset)
        assert doses.sweeps[label].content["fits"] == alone.content["fits"]
        np.testing.assert_array_equal(doses.dataset[AKT].sel(condition=label), alone.dataset[AKT])
    one, two = (condition["fits"][0]["ec50"]["value"] for condition in doses.content["conditions"])
    assert abs(one / two - 1.0) > 0.01  # or nothing would tell the conditions apart


def test_one_dataset_has_the_conditions_as_a_dimension(grid):
    stored = open_results(grid.out).load()
    assert stored[AKT].dims == ("condition", "bath.insulin", "cell.vesicles", "replicate")
    assert stored.condition.values.tolist() == ["less", "more"]
    assert stored["bath.insulin"].attrs == {"units": "nM", "long_name": "Insulin"}
    assert stored.attrs["seed"] == 7
    for name, values in grid.dataset.items():
        np.testing.assert_array_equal(stored[name], values)
    assert json.loads((grid.out / "curves.json").read_text()) == grid.content
    assert {path.name for path in grid.out.iterdir()} == {
        "0-less", "1-more", "curves.json", "figure.png", "report.md", "results.zarr",
    }  # fmt: skip


def test_conditions_share_their_random_numbers(grid):
    """Before insulin rises only a rate of Akt differs, which then does not act: the same cells, with the same luck."""
    basal = grid.dataset["glucose_uptake_basal_per_s"]
    assert (basal.sel(condition="less") == basal.sel(condition="more")).all()
    assert (grid.dataset[AKT].sel(condition="less") != grid.dataset[AKT].sel(condition="more")).any()


def test_seed_and_replicates_are_those_of_the_first_scenario():
    def seeded(scenario, **run):
        return scenario.model_copy(update={"run": scenario.run.model_copy(update=run)})

    first, second = seeded(LESS, seed=3, replicates=2), seeded(MORE, seed=4, replicates=5)
    result = sweep([("a", first), ("b", second)], {"bath.insulin": "1nM"})
    assert [(one.scenario.run.seed, one.scenario.run.replicates) for one in result.sweeps.values()] == [(3, 2), (3, 2)]
    basal = result.dataset["glucose_uptake_basal_per_s"]
    assert (basal.sel(condition="a") == basal.sel(condition="b")).all()


def test_memory_and_threads_change_nothing(grid):
    vary = {"bath.insulin": [0.0, 1.0, 100.0], "cell.vesicles": [30, 60]}
    again = sweep([("less", LESS), ("more", MORE)], vary, replicates=2, seed=7, threads=1)
    assert again.dataset.identical(grid.dataset)
    assert again.out is None
    assert {one["directory"] for one in again.content["conditions"]} == {None}


def test_fits_stand_beside_each_other(doses):
    columns, rows = curves_report.fits_table(doses)
    assert [row[0] for row in rows] == [SEEN, "more"]
    for row, one in zip(rows, doses.sweeps.values()):
        [(_, fit)] = one.fit()
        assert dict(zip(columns, row))["EC50"] == f"{fit.ec50.value:.4g} nM"
        assert dict(zip(columns, row))["Top"] == f"{fit.top.value:.4g}"
    report = (doses.out / "report.md").read_text()
    assert headings(report)[0] == "Akt stimulated [percent] against insulin"
    found = {table[0][0]: table for table in tables(report)}
    assert [row[:2] for row in found["Condition"][1:]] == [list(row[:2]) for row in rows]
    assert found["Value"] == [
        ["Value", SEEN, "more"],
        ["parameters.signalling.akt_phosphorylate_t308", "0.8613 1/min", "0.5 1/min"],
    ]
    levels = found["bath.insulin [nM]"]
    assert levels[0] == ["bath.insulin [nM]", SEEN, "more"]
    assert [float(row[0]) for row in levels[1:]] == [1.0, 3.0, 10.0, 30.0, 100.0, 300.0]
    assert float(levels[-1][2]) == pytest.approx(doses.dataset[AKT].sel(condition="more").values[-1, 0], rel=1e-3)


def test_why_there_is_no_curve_is_said_of_each():
    result = sweep([("a", LESS), ("b", MORE)], {"bath.insulin": "1nM,2nM"}, mean_field=True)
    assert [row[-1] for row in curves_report.fits_table(result)[1]] == [
        "no curve fitted (too few levels): a Hill curve takes at least 5 levels"
    ] * 2
    counts = sweep([("a", LESS), ("b", MORE)], {"cell.vesicles": "10,20"}, mean_field=True)  # no dose
    assert curves_report.fits_table(counts)[1] == []
    assert "## Curves" not in curves_report.markdown(counts)


def test_all_curves_are_in_one_panel_with_units(doses, grid):
    [ax] = figure.draw_curves(doses).axes
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("Insulin [nM]", "Akt stimulated [%]", "log")
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    _, rows = curves_report.fits_table(doses)
    assert ax.figure.texts[-1].get_text() == "Lines are Hill curves, diamonds their EC50"
    assert legend == [f"{label}: EC50 {ec50}" for label, ec50, *_ in rows]
    assert len({line.get_color() for line in ax.lines if line.get_label() in legend}) == 2
    panels = figure.draw_curves(grid).axes
    assert [ax.get_title(loc="left") for ax in panels] == ["cell.vesicles 30", "cell.vesicles 60"]
    assert [text.get_text() for text in panels[0].get_legend().get_texts()] == [
        "less: too few levels", "more: too few levels"
    ]  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_what_was_stopped_goes_on(grid, tmp_path, monkeypatch, share):
    out = tmp_path / "out"
    monkeypatch.setattr(tasks, "REPORT_SECONDS", 0.01)

    def stop(done, total):
        if done >= share * total:
            raise KeyboardInterrupt

    vary = {"bath.insulin": "0nM,1nM,100nM", "cell.vesicles": "30,60"}
    with pytest.raises(KeyboardInterrupt):
        sweep({"less": LESS, "more": MORE}, vary, out=out, replicates=2, seed=7, threads=1, progress=stop)
    assert json.loads((out / "curves.json").read_text())["status"] == "interrupted"
    told = []
    result = glut4sim.resume(out, progress=lambda done, total: told.append((done, total)))
    assert (result.status, result.content) == ("complete", grid.content)
    assert open_results(out).load().identical(open_results(grid.out).load())
    assert {total for _, total in told} == {2 * 6 * 2 * 100.0}
    assert told[-1][0] == told[-1][1]


@pytest.mark.usefixtures("faulty")
def test_a_failed_run_keeps_the_others(tmp_path):
    result = sweep({"a": LESS, "b": MORE}, {"bath.insulin": "1nM,2nM"}, out=tmp_path / "out", replicates=2)
    assert result.status == "failed"
    assert result.warnings[0] == "a: at bath.insulin = 1 nM: replicate 1 failed at 0 s: RuntimeError: dropped"
    assert [len(one["errors"]) for one in result.content["conditions"]] == [1, 1]
    assert np.isnan(result.dataset[AKT].values).sum() == 2
    assert not result.outside


def test_what_fails_around_the_program_is_told_from_a_fault_of_ours(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(replicate, "simulate", fail)
    assert sweep({"a": LESS, "b": MORE}, {"bath.insulin": "1nM,2nM"}).outside


def test_a_label_is_no_formula(doses):
    dollars = replace(doses, sweeps=dict(zip(("$5", r"$\nothing$"), doses.sweeps.values())))
    figure.draw_curves(dollars).savefig(io.BytesIO(), format="svg")


@pytest.mark.parametrize(
    ("scenarios", "vary", "message"),
    [
        ({}, VARY, "sweep: expected at least one scenario, got none."),
        ([LESS, LESS], VARY, "give each a label"),
        ([("a", LESS), ("a", MORE)], VARY, 'the label "a" stands for 2 conditions'),
        ({"a": LESS, "b": MORE}, {"cell.vesicle": "1,2"}, "--vary cell.vesicle=1,2"),
        ({"a": LESS, "b": MORE}, {}, "--vary: expected at least one path to vary"),
        ({"a": LESS, "b": MORE}, {"bath.insulin": "1nM..2nM/60lin"}, None),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is(scenarios, vary, message, tmp_path):
    more = {"replicates": 900} if message is None else {}  # few enough of each alone
    with pytest.raises(InputError) as caught:
        sweep(scenarios, vary, out=tmp_path / "out", **more)
    assert (message or "expected at most 100000 runs, got 108000") in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"conditions": [{"name": "a"}]}', "[1]"])
def test_no_whole_content_is_one_line(text, tmp_path):
    (tmp_path / "curves.json").write_text(text)
    with pytest.raises(InputError, match=r"directory of several sweeps, found no whole curves\.json in it"):
        glut4sim.resume(tmp_path)


# ---- the command line ----


def test_curves_from_the_command_line(glut4sim_in, tmp_path):
    (tmp_path / "a.toml").write_text(LESS.to_toml())
    (tmp_path / "b.toml").write_text(MORE.to_toml())
    doses = ["--vary", "bath.insulin=" + VARY["bath.insulin"], "--mean-field", "--observable", AKT]
    status, out, err = glut4sim_in("sweep", "low akt=a.toml", "high=b.toml", *doses)
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "bath.insulin [nM] low akt high" in lines
    assert any(line.startswith("low akt") and " nM " in line for line in lines)
    assert "Report results/low-akt-curves/report.md" in lines
    status, out, err = glut4sim_in("resume", "results/low-akt-curves", "--json")
    assert (status, err) == (0, "")
    assert [one["name"] for one in json.loads(out)["conditions"]] == ["low akt", "high"]
    status, out, err = glut4sim_in("export", "csv", "results/low-akt-curves")
    assert (status, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["condition"], row["bath.insulin [nM]"]) for row in rows[5:7]] == [("low akt", "300"), ("high", "1")]
    assert glut4sim_in("sweep", "x=a.toml", *doses, "-q")[1] == "results/x-curves\n"
    status, out, err = glut4sim_in("sweep", "a.toml", "a.toml", *doses)
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_doses_are_judged_by_all_assays_of_a_scenario():
    """As a baseline lies before the first dose, no assay of a curve of its own is told that it sees none."""
    gel = {"drug": "testosterone gel", "dose": "50 mg", "every": "1 d"}
    late, early = (
        muscle("gel", therapy=[gel | {"start": start}], assay={"at": ["0 d", "2 d"]}) for start in ("2 h", "0 h")
    )
    asked = {"vary": {"bath.insulin": "1nM,2nM"}, "mean_field": True, "threads": 1}
    assert sweep({"gel": late}, **asked).warnings == ()
    told = sweep({"early": early}, **asked).warnings
    assert [line.partition(" therapy")[0] for line in told] == ["early:", "early:"]
    assert "falls inside the assay at 0 d, which is no baseline then" in told[0]
