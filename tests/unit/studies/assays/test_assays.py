"""Several assays of one scenario, each a run of its own, and hormones alone."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from glut4sim import Cell, run
from glut4sim.sim.analysis import timeline
from glut4sim.sim.endocrine import evidence, library
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.observables import OBSERVABLES
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.assays import report
from glut4sim.sim.studies.assays.result import PairedChange, paired_change
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.run import ensemble, hormones, timeline_figure
from glut4sim.sim.studies.run import replicate as one
from glut4sim.sim.studies.run.result import RunResult
from glut4sim.sim.studies.sweep.sweep import sweep
from tests.markdown import NASTY, SEEN, headings, tables

DAY = 86400.0
WITHDRAWAL = {"testosterone": [["0 d", "531 ng/dL"], ["1 d", "28 ng/dL"]]}


def make_scenario(at=("0 d", "28 d"), hormones=WITHDRAWAL, therapy=(), replicates=2, **tables):
    """A man whose testosterone is withdrawn after a day, and a cell so small that it runs in no time."""
    return Scenario.from_table(
        {
            "title": "Withdrawal",
            "cell": {"vesicles": 200, "receptors": 500, "glucose_agents": 300},
            "bath": {"insulin": [["0 s", "0 nM"], ["10 s", "5 nM"]]},
            "run": {"duration": "2 min", "record_every": "1 s", "replicates": replicates},
            "hormones": dict(hormones),
            "therapy": list(therapy),
            "assay": {"at": list(at) if len(at) > 1 else at[0]},
            "effects": {"testosterone-receptor.gain": "0"} if hormones else {},  # receptors are the same at all assays
            **tables,
        },
        "withdrawal",
    )


CYPIONATE = {"drug": "testosterone cypionate", "dose": "100 mg", "every": "7 d"}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Two assays on disk."""
    return run(make_scenario(), out=tmp_path_factory.mktemp("assays") / "out", threads=2)


# ---- what is left ----


def test_each_assay_is_an_ordinary_run_and_above_them_is_what_changed(done):
    above = {"scenario.toml", "hormones.zarr", "hormones.png", "summary.json", "figure.png", "report.md"}
    assert {path.name for path in done.out.iterdir()} == above | {"provenance.json", "assay-0-d", "assay-28-d"}
    ordinary = {"scenario.toml", "provenance.json", "results.zarr", "summary.json", "figure.png"}
    for folder in ("assay-0-d", "assay-28-d"):
        assert {path.name for path in (done.out / folder).iterdir()} == ordinary | {"hormones.zarr", "hormones.png"}
    assert Scenario.load(done.out / "scenario.toml") == make_scenario()
    assert Scenario.load(done.out / "assay-28-d" / "scenario.toml") == make_scenario(at=["28 d"])


def test_the_summary_has_each_assay(done):
    content = json.loads((done.out / "summary.json").read_text())
    assert content == done.summary
    assert (content["scenario"], content["seed"]) == ("withdrawal", 1)
    assert [(a["at"], a["at_days"]) for a in content["assays"]] == [("0 d", 0.0), ("28 d", 28.0)]
    for assay, result in zip(content["assays"], done.assays, strict=True):
        assert assay["observables"] == result.summary["observables"]


def test_two_assays_have_different_modulations_and_cells(done):
    before, after = (one.parameter_set for one in done.scenario.assays)
    assert after.signalling.pi3k_reference > 1.1 * before.signalling.pi3k_reference
    akt = [a["observables"]["akt_stimulated_percent"]["mean"] for a in done.summary["assays"]]
    assert akt[1] < 0.9 * akt[0]
    assert done.change("akt_stimulated_percent", 1).percent == pytest.approx(100.0 * (akt[1] / akt[0] - 1.0))


def test_an_assay_is_bit_for_bit_the_run_of_it_alone(done):
    alone = run(make_scenario(at=["28 d"])).dataset
    for o in OBSERVABLES:
        np.testing.assert_array_equal(alone[o.name].values, done.assays[1].dataset[o.name].values, err_msg=o.name)


def test_replicates_of_two_assays_share_their_random_numbers(done):
    """Receptors do not know testosterone here: they are the same at both."""
    change = done.change("receptors_active_stimulated_percent", 1)
    assert change == PairedChange(0.0, 0.0, 0.0, 2)
    spread = [run.summary["observables"]["receptors_active_stimulated_percent"]["sd"] for run in done.assays]
    assert spread[0] == spread[1] > 0.0


def test_the_report_says_what_changed(done):
    text = (done.out / "report.md").read_text()
    change = done.change("akt_stimulated_percent", 1)
    assert f"| 28 d | {done.assays[1].summary['observables']['akt_stimulated_percent']['mean']:.4g} |" in text
    assert f"{change.told} | {change.difference:.4g} | {change.error:.4g} |" in text
    days = hormones.run(done.scenario).dataset["testosterone"].sel(time=[0.0, 28.0]).values
    assert f"| Testosterone, total [ng/dL] | {days[0]:.4g} | {days[1]:.4g} |" in text
    assert "| PI3K: PIP3 made per bound PI3K | 1.000 | 0." in text
    assert evidence.WHOLE_BODY in text
    assert "consistent with" in evidence.WHOLE_BODY
    assert "Therapies" not in text


def test_a_title_breaks_no_heading(done):
    named = replace(done, scenario=done.scenario.model_copy(update={"title": NASTY}))
    text = report.markdown(named, timeline.dataset(done.scenario))
    assert headings(text)[:2] == [SEEN, "Change of the cell"]
    changes, levels, steps = tables(text)
    assert [row[1] for row in changes] == ["assay", *["0 d", "28 d"] * (len(changes) // 2)]
    assert levels[0] == ["", "0 d", "28 d"]
    assert [row[0] for row in steps[1:]] == [step.title for step in STEPS.values()]


def test_the_provenance_says_what_acts_and_how_it_is_known(done):
    content = json.loads((done.out / "provenance.json").read_text())
    assert (content["status"], content["method"]) == ("complete", "agents")
    assert content["assays"] == ["0 d", "28 d"]
    assert content["seconds_simulated"] == [240.0, 240.0]
    told = content["hormones"]
    assert told["sex"] == "man"
    assert {"testosterone-pi3k", "testosterone-akt"} <= {effect["name"] for effect in told["effects"]}
    assert all(effect["evidence"] and effect["source"] for effect in told["effects"])
    assert told["disclaimers"] == [evidence.WHOLE_BODY, evidence.NOT_ADVICE]


# ---- what stops it ----


def failing(monkeypatch, error):
    """The second assay's replicate 1 fails."""
    simulate = one.simulate

    def fail(scenario, replicate, *rest):
        if scenario.assay.at[0] > 0.0 and replicate == 1:
            raise error
        return simulate(scenario, replicate, *rest)

    monkeypatch.setattr(one, "simulate", fail)


def test_a_failed_assay_keeps_the_others(monkeypatch, unrendered, tmp_path):
    failing(monkeypatch, RuntimeError("no more"))
    result = run(make_scenario(at=["0 d", "7 d", "14 d"]), out=tmp_path / "out")
    assert result.status == "failed"
    assert result.warnings[0].startswith("at 7 d: replicate 1 failed at 0 s: RuntimeError: no more")
    counts = [a["observables"]["akt_stimulated_percent"]["n"] for a in result.summary["assays"]]
    assert counts == [2, 1, 1]
    assert result.change("akt_stimulated_percent", 1).n == 1
    assert "7 d" in (tmp_path / "out" / "report.md").read_text()
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["status"] == "failed"


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "interrupted"), (OSError("disk full"), "failed")])
def test_what_ends_it_leaves_the_assays_that_were_done(monkeypatch, tmp_path, error, status):
    run_one = ensemble.run

    def stop(scenario, *rest, **options):
        if scenario.assay.at[0] > 0.0:
            raise error
        return run_one(scenario, *rest, **options)

    monkeypatch.setattr(ensemble, "run", stop)
    with pytest.raises((KeyboardInterrupt, OSError)):
        run(make_scenario(), out=tmp_path / "out")
    content = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [a["at"] for a in content["assays"]] == ["0 d"]
    assert open_results(tmp_path / "out" / "assay-0-d").sizes["time"] == 121
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["status"] == status


def test_progress_counts_all_assays():
    told = []
    run(make_scenario(replicates=1), mean_field=True, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (240.0, 240.0)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    "use",
    [
        lambda scenario: ensemble.run(scenario, None, RunOptions()),
        Cell,
        lambda scenario: sweep(scenario, {"bath.insulin": "1nM,2nM"}),
        lambda scenario: scenario.parameter_set,
    ],
    ids=["ensemble.run", "Cell", "sweep", "parameter_set"],
)
def test_what_takes_one_assay_says_so(use):
    message = r'^withdrawal: assay.at: expected one time, got a list of 2; choose one: --set assay.at="28 d"\.$'
    with pytest.raises(InputError, match=message):
        use(make_scenario())


def test_an_assay_can_be_chosen_by_override(done):
    chosen = Scenario.load(done.out / "scenario.toml", {"assay.at": "28 d"})
    assert chosen.assay.at == (28 * DAY,)
    cell = Cell(make_scenario(), **{"assay.at": "28 d"})
    assert cell.engine.parameters == chosen.parameter_set


def test_several_assays_need_hormones(tmp_path):
    with pytest.raises(InputError, match=r"assay\.at: expected one time: without hormones all assays are the same"):
        run(make_scenario(hormones={}), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_directory_of_several_is_not_that_of_one(done):
    with pytest.raises(InputError, match=r"holds 2 assays; choose one: .*assay-0-d\."):
        open_results(done.out)


def test_hormones_are_drawn_once(monkeypatch, tmp_path):
    drawn, save = [], timeline_figure.save_figure
    monkeypatch.setattr(timeline_figure, "save_figure", lambda *what: drawn.append(what) or save(*what))
    out = run(make_scenario(replicates=1), out=tmp_path / "out", mean_field=True).out
    assert len(drawn) == 1
    pictures = {(folder / "hormones.png").read_bytes() for folder in (out, out / "assay-0-d", out / "assay-28-d")}
    assert len(pictures) == 1
    shown = xr.open_zarr(out / "assay-0-d" / "hormones.zarr", consolidated=False)
    xr.testing.assert_identical(shown.load(), xr.open_zarr(out / "hormones.zarr", consolidated=False).load())


# ---- change ----


def test_paired_change():
    change = paired_change([1.0, 2.0, None, 3.0], [2.0, 2.5, 9.0, 4.5])
    assert change.difference == pytest.approx(1.0)
    assert change.error == pytest.approx(0.5 / np.sqrt(3))
    assert (change.percent, change.n) == (pytest.approx(50.0), 3)
    assert change.told == "+50.0 %"
    assert change.told_with_error == "+50.0 ± 14 %"  # of differences 1, 0.5 and 1.5 from a mean of 2
    assert paired_change([2.0, 2.0], [1.5, 1.6]).told_with_error == "-22.5 ± 2.5 %"
    assert paired_change([100.0], [90.0]).told_with_error == "-10.0 %"
    assert paired_change([1.0, 2.0], [1.0, 2.0]).told_with_error == "+0.0 %"
    assert paired_change([0.0], [1.0]).told_with_error == ""
    assert paired_change([100.0], [99.99]).told == "+0.0 %"
    assert paired_change([0.0], [1.0]) == PairedChange(1.0, None, None, 1)
    assert paired_change([None], [1.0]) == PairedChange(None, None, None, 0)


# ---- one assay ----


def test_a_run_with_hormones_says_what_they_do(drawn, tmp_path):
    scenario = make_scenario(at=["3 d"], therapy=[CYPIONATE], replicates=1)
    result = run(scenario, out=tmp_path / "out", mean_field=True)
    assert isinstance(result, RunResult)
    assert (result.out / "hormones.png").read_bytes().startswith(b"\x89PNG")
    data = xr.open_zarr(result.out / "hormones.zarr", consolidated=False)
    assert data.time.attrs["units"] == "d"
    assert float(data.time[-1]) == pytest.approx(3.0 + 120.0 / DAY)
    assert data["testosterone"].attrs == {"units": "ng/dL", "long_name": "Testosterone, total"}
    assert data["testosterone cypionate"].attrs["units"] == "ng/dL"
    assert data["effect_factor"].dims == ("effect", "time")
    pi3k = data["step_factor"].sel(step="pi3k").values
    first, then = (make_scenario(at=[at], therapy=[CYPIONATE]).parameter_set for at in ("0 d", "3 d"))
    ratio = first.signalling.pi3k_reference / then.signalling.pi3k_reference
    at = np.searchsorted(data.time.values, 3.0 + 30.0 / DAY)
    assert pi3k[at] / pi3k[0] == pytest.approx(ratio, rel=1e-3)
    told = json.loads((result.out / "provenance.json").read_text())["hormones"]["therapies"]
    assert told == [
        {
            "drug": "testosterone cypionate",
            "dose": "100 mg",
            "start": "0 d",
            "every": "7 d",
            "standing": library.drugs()["testosterone cypionate"].standing,
        }
    ]


def test_a_run_without_hormones_is_as_ever(tmp_path):
    result = run(make_scenario(at=["0 d"], hormones={}), out=tmp_path / "out", mean_field=True)
    assert {path.name for path in result.out.iterdir()} == {
        "scenario.toml", "provenance.json", "results.zarr", "summary.json", "figure.png",
    }  # fmt: skip
    content = json.loads((result.out / "provenance.json").read_text())
    assert not {"hormones", "assays"} & set(content)


# ---- hormones alone ----


def test_hormones_alone(tmp_path):
    scenario = make_scenario(therapy=[CYPIONATE])
    result = hormones.run(scenario, out=tmp_path / "out")
    assert {path.name for path in result.out.iterdir()} == {
        "scenario.toml", "provenance.json", "summary.json", "hormones.zarr", "hormones.png",
    }  # fmt: skip
    assert json.loads((result.out / "summary.json").read_text()) == result.summary
    level = result.summary["courses"]["testosterone"]
    course, days = result.dataset["testosterone"].values, result.dataset["time"].values
    assert level["start"] == pytest.approx(531.0)
    assert (level["min"], level["max"], level["unit"]) == (course.min(), course.max(), "ng/dL")
    assert level["at_last_assay"] == pytest.approx(course[days == 28.0][0])
    fine = np.linspace(days[-1] - 7.0, days[-1], 10_001)
    assert level["mean_last_week"] == pytest.approx(np.interp(fine, days, course).mean(), rel=1e-4)
    assert result.summary["courses"]["pi3k_factor"]["start"] == pytest.approx(1.0, abs=1e-6)
    provenance = json.loads((result.out / "provenance.json").read_text())
    assert (provenance["status"], provenance["method"]) == ("complete", "hormones only")
    xr.testing.assert_allclose(xr.open_zarr(result.out / "hormones.zarr", consolidated=False).load(), result.dataset)


def test_hormones_alone_need_hormones(tmp_path):
    with pytest.raises(InputError, match=r"^withdrawal: it sets no hormones: expected a table such as \[hormones\]"):
        hormones.run(make_scenario(at=["0 d"], hormones={}), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


# ---- who acts ----


def test_only_what_something_sets_going_acts():
    names = {effect.name for effect in evidence.acting(make_scenario())}
    assert {"testosterone-pi3k", "testosterone-lh"} <= names
    assert not names & {"cortisol-translocation", "estradiol-eralpha-glut4", "mk677-gh", "gonadorelin-lh"}
    idle = evidence.acting(make_scenario(hormones={"cortisol": "250 nM"}))
    assert [effect.name for effect in idle] == ["cortisol-translocation"]


def test_effects_that_do_not_act_multiply_by_one():
    scenario = make_scenario()
    data = timeline.dataset(scenario)
    acting = {effect.name for effect in evidence.acting(scenario)}
    for name in data["effect"].values:
        if str(name) not in acting:
            np.testing.assert_allclose(data["effect_factor"].sel(effect=name).values, 1.0, rtol=1e-6, err_msg=name)


def test_a_blocked_receptor_acts_by_its_absence():
    scenario = make_scenario(at=["0 d"], hormones={"blocked": ["AR"]})
    found = {effect.name: effect for effect in evidence.acting(scenario)}
    assert "AR blocked" in evidence.describe_effect(found["testosterone-pi3k"], scenario)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0 d"), (28 * DAY, "28 d"), (3.5 * DAY, "3.5 d"), (1.5 * DAY, "36 h"), (5400.0, "90 min"), (0.5, "0.5 s")],
)
def test_times_are_said_as_people_say_them(seconds, said):
    assert evidence.say(seconds) == said
