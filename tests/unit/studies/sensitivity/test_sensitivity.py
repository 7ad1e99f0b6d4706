"""Sensitivity: indices of models whose own are known, what is varied, runs without a value, and the command line."""

import json
import sys

import numpy as np
import pytest
import typer
import xarray as xr
from typer.testing import CliRunner

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.global_sensitivity import FLOOR, decompose, ranked, screen
from glut4sim.sim.cli.sensitivity import sensitivity as command
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.factors import Factor, changed
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import expected, tasks
from glut4sim.sim.studies.expected import numbers
from glut4sim.sim.studies.sensitivity.figure import draw
from glut4sim.sim.studies.sensitivity.report import direction, markdown, verdict
from glut4sim.sim.studies.sensitivity.sensitivity import sensitivity
from tests.extras import need
from tests.markdown import NASTY, SEEN, headings, tables

need("SALib")

MODULE = sys.modules["glut4sim.sim.studies.sensitivity.sensitivity"]
PULSE = Scenario.load("insulin-pulse")
BRIEF = Scenario.from_table(
    {
        "title": "A minute",
        "bath": {"insulin": [["0 s", "0 nM"], ["20 s", "100 nM"]], "glucose": "5 mM"},
        "run": {"duration": "1 min", "record_every": "5 s", "seed": 7},
    },
    "brief",
)
THREE = ("vesicle.endocytose", "signalling.pten", "vesicle.tether")


def factor(name, low, high, value=None, unit="1", evidence="assumed"):
    return Factor(name, low if value is None else value, unit, low, high, evidence, "a test")


# ---- models whose indices are known ----

ANGLES = [factor(name, -np.pi, np.pi, 0.0) for name in "abc"]


def ishigami(points, b=0.1):
    """Ishigami, Homma, ISUMA '90 (1990), with a = 7."""
    x = points.T
    return np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + b * x[2] ** 4 * np.sin(x[0])


def shares_of_ishigami(a=7.0, b=0.1):
    """S1 and ST of each factor, from the integrals."""
    first, second = (1.0 + b * np.pi**4 / 5.0) ** 2 / 2.0, a**2 / 8.0
    third = b**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    total = first + second + third
    return np.array([first, second, 0.0]) / total, np.array([first + third, second, third]) / total


def distance(indices, b=0.1):
    """How far the indices are from those of Ishigami's function, in their standard errors."""
    s1, st = shares_of_ishigami(b=b)
    errors = np.concatenate([indices.s1_error, indices.st_error]) / 1.96
    return np.abs(np.concatenate([indices.s1 - s1, indices.st - st])) / errors


def test_variance_of_ishigami():
    indices = decompose(ANGLES, ishigami, (0, 1, 2), 1024, seed=1)
    assert distance(indices).max() < 3.0
    assert np.all(np.concatenate([indices.s1_error, indices.st_error]) < 0.13)
    # without the interaction of a and c, a would explain less and c nothing
    wrong = decompose(ANGLES, lambda points: ishigami(points, b=0.0), (0, 1, 2), 1024, seed=1)
    assert np.abs(wrong.st - shares_of_ishigami()[1]).max() > 3.0 * indices.st_error.max() / 1.96
    assert distance(indices, b=0.05).max() > 6.0


def test_only_the_chosen_factors_vary():
    seen = []
    factors = [*ANGLES, factor("d", 0.0, 2.0, 0.5)]

    def model(points):
        seen.append(points)
        return points @ [0.0, 3.0, 1.0, 100.0]

    indices = decompose(factors, model, (2, 1), 64, seed=3)
    assert indices.chosen == (2, 1)
    np.testing.assert_allclose(indices.st, [0.1, 0.9], atol=3.0 * indices.st_error.max() / 1.96)
    points = np.concatenate(seen)
    assert len(points) == 64 * 4
    np.testing.assert_array_equal(points[:, [0, 3]], [[0.0, 0.5]] * len(points))


def test_effects_of_a_linear_model_are_exact():
    """mu of a linear model is slope times range, sigma 0; in equal ratios so is that of a logarithm."""
    factors = [factor("a", -1.0, 3.0), factor("b", 1.0, 100.0), factor("c", 2.0, 5.0)]
    assert [f.is_log for f in factors] == [False, True, False]

    def model(points):
        return 2.0 * points[:, 0] - 3.0 * np.log10(points[:, 1]) + 0.5 * points[:, 2]

    found = screen(factors, model, 4, seed=1)
    np.testing.assert_allclose(found.mu, [8.0, -6.0, 1.5], rtol=1e-12)
    np.testing.assert_allclose(found.mu_star, [8.0, 6.0, 1.5], rtol=1e-12)
    np.testing.assert_allclose(found.sigma, 0.0, atol=1e-12)
    assert found.kept == 4
    rows = ranked(factors, found, None)
    assert [row["name"] for row in rows] == ["a", "b", "c"]
    assert [direction(row) for row in rows] == ["+", "−", "+"]
    # with its range taken in equal distances, b would not be linear
    wrong = screen(factors, lambda points: -3.0 * np.log10(1.0 + 99.0 * np.log10(points[:, 1]) / 2.0), 4, seed=1)
    assert wrong.sigma[1] > 0.1


def test_interaction_shows_as_spread():
    found = screen(ANGLES, lambda points: points[:, 0] * points[:, 1] + points[:, 2], 40, seed=2)
    assert found.sigma[2] < 1e-9 < 10.0 < found.sigma.min(initial=np.inf, where=[True, True, False])
    rows = ranked(ANGLES, found, None)
    assert {row["name"]: direction(row) for row in rows} == {"a": "+/−", "b": "+/−", "c": "+"}


def test_samples_depend_on_the_seed_alone():
    for seed in (0, 2**64 - 1):
        first, second = (screen(ANGLES, ishigami, 5, seed=seed) for _ in range(2))
        np.testing.assert_array_equal(first.mu_star_error, second.mu_star_error)
        first, second = (decompose(ANGLES, ishigami, (0, 1, 2), 8, seed=seed) for _ in range(2))
        np.testing.assert_array_equal(first.st_error, second.st_error)
    assert not np.array_equal(screen(ANGLES, ishigami, 5, 1).mu, screen(ANGLES, ishigami, 5, 2).mu)


# ---- runs without a value ----


def linear(points):
    return points @ [1.0, -2.0, 0.5]


def with_holes(points, fill=np.nan):
    return np.where(points[:, 0] > 3.0, fill, linear(points))


def test_trajectories_with_a_hole_are_left_out():
    """What is left of a linear model is exact; with a made-up value in the holes it would not be."""
    seen = []

    def model(points):
        seen.append(points)
        return with_holes(points)

    found = screen(ANGLES, model, 12, seed=1)
    holes = np.isnan(with_holes(seen[0])).reshape(12, 4).any(axis=1).sum()
    assert 0 < holes < 12
    assert found.kept == 12 - holes
    np.testing.assert_allclose(found.mu, 2.0 * np.pi * np.array([1.0, -2.0, 0.5]), rtol=1e-12)
    np.testing.assert_allclose(found.sigma, 0.0, atol=1e-12)
    assert screen(ANGLES, lambda points: with_holes(points, 0.0), 12, seed=1).sigma.max() > 0.1


def test_rows_of_the_sobol_sample_with_a_hole_are_left_out():
    whole = decompose(ANGLES, linear, (0, 1, 2), 256, seed=1)
    holed = decompose(ANGLES, with_holes, (0, 1, 2), 256, seed=1)
    assert holed.kept < whole.kept == 256
    exact = np.array([1.0, 4.0, 0.25]) / 5.25
    for indices in (whole, holed):
        np.testing.assert_allclose(indices.st, exact, atol=3.0 * indices.st_error.max() / 1.96)


def test_too_few_runs_with_a_value_rank_nothing():
    def nothing(points):
        return np.full(len(points), np.nan)

    assert screen(ANGLES, nothing, 4, seed=1) is None
    assert decompose(ANGLES, nothing, (0, 1), 8, seed=1) is None


def test_what_does_not_change_has_no_variance_to_share():
    flat = decompose(ANGLES, lambda points: 5.0 + FLOOR * points[:, 0], (0, 1), 8, seed=1)
    assert flat.kept == 8
    assert np.isnan([flat.s1, flat.st]).all()
    assert {row["st"] for row in ranked(ANGLES, None, flat)} == {None}


def test_forbidden_combinations_are_not_drawn():
    factors = [factor("small", 8.0, 14.0), factor("large", 10.0, 20.0)]
    seen = []

    def model(points):
        seen.append(points)
        return points.sum(axis=1)

    def may(points):
        return points[:, 0] < points[:, 1]

    assert screen(factors, model, 10, 1, may).kept == 10
    assert decompose(factors, model, (0, 1), 16, 1, may).kept == 16
    assert [len(points) for points in seen] == [30, 64]
    assert np.all(may(np.concatenate(seen)))
    with pytest.raises(InputError, match="hardly any combination"):
        screen(factors, model, 2, 1, lambda points: points[:, 0] > 1e9)


# ---- from end to end ----


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    out = tmp_path_factory.mktemp("sensitivity") / "out"
    return sensitivity(BRIEF, out, trajectories=2, samples=2, top=1, parameters=THREE, processes=2)


def test_what_an_analysis_leaves(analysed):
    assert analysed.status == "complete"
    assert analysed.warnings == ()
    names = {path.name for path in analysed.out.iterdir()}
    assert names == {
        "results.zarr", "sensitivity.json", "report.md", "figure.png", "scenario.toml", "provenance.json"
    }  # fmt: skip
    with open_results(analysed.out) as stored:
        assert dict(stored.sizes) == {"run": 2 * 4 + 2 * 3}
        assert stored["vesicle.endocytose"].attrs["units"] == "1/min"
        assert stored["surface_glut4_stimulated_percent"].attrs["long_name"] == "Surface GLUT4 stimulated"
        assert stored["stage"].values.tolist() == [0] * 8 + [1] * 6
        # a run again gives the number that is stored for it
        row = stored.isel(run=11)
        again = changed(BRIEF, analysed.factors, [float(row[f.name]) for f in analysed.factors])
        assert numbers(again)["surface_glut4_stimulated_percent"] == float(row["surface_glut4_stimulated_percent"])
        # and the effects are those of the numbers
        steps = np.diff(stored["surface_glut4_stimulated_percent"].values[:8].reshape(2, 4)) * 1.5
        np.testing.assert_allclose(np.abs(steps).sum(), analysed.screening.mu_star.sum() * 2.0, rtol=1e-9)
    content = json.loads((analysed.out / "sensitivity.json").read_text())
    assert content == analysed.content
    assert {row["name"] for row in content["parameters"]} == set(THREE)
    assert [row["st"] is None for row in content["parameters"]] == [False, True, True]
    assert json.loads((analysed.out / "provenance.json").read_text())["status"] == "complete"
    report = (analysed.out / "report.md").read_text()
    assert "vesicle.tether | 60 | 1/min | 10 to 300 | equal ratios | assumed" in report
    assert r"1 is assumed: vesicle.tether (mu\* " in report


def test_names_break_no_table(analysed):
    content = json.loads(json.dumps(analysed.content)) | {"title": NASTY, "left_out": {NASTY: NASTY}}
    content["parameters"][1] |= {"name": NASTY, "source": NASTY}
    text = markdown(content)
    assert headings(text) == [f"What moves surface GLUT4 stimulated: {SEEN}"]
    [ranking] = tables(text)
    assert [row[0] for row in ranking] == ["", "1", "2", "3"]
    assert (ranking[0][7], ranking[0][-1]) == ("mu*", "Source")
    assert (ranking[2][1], ranking[2][-1]) == (SEEN, SEEN)


def test_any_number_of_processes_gives_the_same(analysed):
    alone = sensitivity(BRIEF, trajectories=2, samples=2, top=1, parameters=THREE, processes=1)
    assert alone.content == analysed.content
    xr.testing.assert_identical(alone.dataset, analysed.dataset)


@pytest.fixture
def cheap(monkeypatch):
    """A cell whose every number depends on endocytosis and tethering alone."""

    def of(scenario):
        p = scenario.parameter_set.vesicle
        return dict.fromkeys(summary.UNITS, 100.0 * p.endocytose - p.tether)

    monkeypatch.setattr(expected, "numbers", of)


def test_failed_runs_are_missing_and_reported(monkeypatch):
    def fragile(scenario):
        if scenario.parameter_set.vesicle.tether * 60.0 > 200.0:
            raise ArithmeticError("the mean field could not be solved")
        return dict.fromkeys(summary.UNITS, scenario.parameter_set.vesicle.tether)

    monkeypatch.setattr(expected, "numbers", fragile)
    result = sensitivity(BRIEF, trajectories=9, samples=16, parameters=THREE, processes=1)
    missing = result.content["missing"]
    assert 0 < len(missing) < result.content["runs"] == 9 * 4 + 16 * 5
    assert missing[0]["error"] == "ArithmeticError: the mean field could not be solved"
    assert result.content["trajectories"]["kept"] < 9
    assert result.warnings[0].startswith(f"{len(missing)} of 116 runs have no value, the first because: Arithmetic")
    assert " of 9 trajectories hold such a run and are left out" in result.warnings[1]
    assert f"; {len(missing)} have no value" in markdown(result.content)
    kept = result.dataset["vesicle.tether"].values <= 200.0
    np.testing.assert_array_equal(np.isfinite(result.dataset["akt_peak_percent"].values), kept)


def test_what_moves_nothing_is_said_so(cheap):
    result = sensitivity(
        BRIEF, observable="akt_stimulated_percent", trajectories=2, samples=2, parameters=["vesicle.sort"], processes=1
    )
    assert result.status == "complete"
    assert result.warnings == (
        "akt_stimulated_percent changes by less than the twin resolves: there is no variance to share",
    )


def test_stopping_keeps_what_was_reached(tmp_path, cheap, monkeypatch):
    monkeypatch.setattr(tasks, "REPORT_SECONDS", 0.0)

    seen = []  # runs that have ended; they do so in batches

    def stop(done, total):
        seen.append(round(done / BRIEF.run.duration))
        if seen[-1] >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sensitivity(BRIEF, tmp_path / "out", trajectories=2, parameters=THREE, processes=1, progress=stop)
    assert 3 <= seen[-1] < 8
    with open_results(tmp_path / "out") as stored:
        assert np.isfinite(stored["surface_glut4_stimulated_percent"].values).sum() == seen[-1]
    content = json.loads((tmp_path / "out" / "sensitivity.json").read_text())
    assert (content["status"], content["runs"]) == ("interrupted", seen[-1])
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["status"] == "interrupted"


def test_figure_says_evidence_by_colour_and_hatch(analysed):
    content = json.loads(json.dumps(analysed.content))
    for row, evidence in zip(content["parameters"], ("measured", "fitted", "assumed")):
        row["evidence"] = evidence
    figure = draw(content)
    left, right = figure.axes
    bars = left.patches
    assert len({bar.get_facecolor() for bar in bars}) == len({bar.get_hatch() for bar in bars}) == 3
    assert [label.get_text() for label in left.get_yticklabels()] == [row["name"] for row in content["parameters"]]
    assert len(right.get_yticks()) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()][:3] == ["measured", "fitted", "assumed"]
    content["parameters"][2]["evidence"] = "fitted"
    assert verdict(content).endswith("none is assumed.")


# ---- the command line ----

WRONG = {
    "--observable surface": '--observable: unknown observable "surface". Allowed: akt_basal_percent, ',
    "--observable surface_glut4_half_time_fall_min": "--observable: brief has no surface_glut4_half_time_fall_min;",
    "--method fast": '--method: unknown method "fast". Allowed: both, morris, sobol.',
    "--trajectories 1": "--trajectories: expected a whole number of at least 2, got 1.",
    "--top 0": "--top: expected a whole number of at least 1, got 0.",
    "--samples 60": "--samples: expected a power of 2, got 60.",
    "--samples 1048576": "expected at most 100000 runs, got ",
    "--parameters vesicle.fuze": '--parameters: unknown parameter "vesicle.fuze". Did you mean "vesicle.fuse"?',
    "--parameters glucose.supply": "--parameters: nothing is left to vary (glucose.supply: it is what the agents",
    "--out .": "--out .: expected a new directory, got one that exists; choose another.",
    "--seed 18446744073709551616": "--seed: expected a whole number from 0 to 18446744073709551615",
    '--set assay.at=["0d","1d"]': "assay.at: expected one time, got a list of 2",
}


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Calls the command in an empty directory with BRIEF as brief.toml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brief.toml").write_text(BRIEF.to_toml())
    app = typer.Typer()
    app.command()(command)
    return lambda *arguments: CliRunner().invoke(app, ["brief.toml", *map(str, arguments)])


@pytest.mark.parametrize("options", WRONG)
def test_wrong_input_is_one_line(call, tmp_path, options):
    error = call(*options.split(" ", 1)).exception
    assert isinstance(error, InputError)
    assert WRONG[options] in str(error)
    assert "\n" not in str(error)
    assert not (tmp_path / "results").exists()


def test_without_salib_it_says_what_to_install(call, monkeypatch):
    monkeypatch.setattr(MODULE, "find_spec", lambda name: None)
    error = call().exception
    assert str(error) == "sensitivity: needs SALib; install it with: pip install 'glut4sim[sensitivity]'"


def test_command(call, tmp_path, cheap):
    some = ("--parameters", ",".join(THREE), "--trajectories", 2, "--samples", 2, "--top", 1, "--processes", 1)
    told = call(*some)
    assert told.exit_code == 0, told.exception
    assert "vesicle.tether" in told.stdout
    assert "Of the 1 value that moves surface GLUT4 stimulated most, 1 is assumed: vesicle.tether (mu* " in told.stdout
    assert (tmp_path / "results" / "brief-sensitivity" / "figure.png").exists()
    as_json = json.loads(call(*some, "--method", "sobol", "--json").stdout)
    assert as_json["out"] == "results/brief-sensitivity-2"
    assert {row["mu_star"] for row in as_json["parameters"]} == {None}
    quiet = call(*some, "--method", "morris", "--quiet", "--out", "here", "--seed", 9)
    assert quiet.stdout == "here\n"
    assert json.loads((tmp_path / "here" / "sensitivity.json").read_text())["seed"] == 9
