"""Fits of presets: what a fit found goes into the preset as it is, and nothing is called fitted here but by a fit."""

import tomllib

import pytest

from glut4sim.benchmarks.fits.adopt import DOCS, rounded, with_values
from glut4sim.sim.endocrine.library import effects
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.scenario.draws import own_posterior
from glut4sim.sim.studies.fit.problem import PROBLEMS, load_problem

PRESET = '[vesicle.fuse]\nvalue = 30\nunit = "1/min"\n\n[vesicle.dock]\nvalue = 12\nunit = "1/min"\n'
NAMES = ("adipocyte", "human-adipocyte", "skeletal-muscle", "type-2-diabetes")


@pytest.mark.parametrize(
    ("quantity", "number"),
    [("2.82044 1/min", "2.82"), ("198777000 1/(M*min)", "198800000"), ("0.000333333 1/min", "0.0003333"), ("1", "1")],
)
def test_a_preset_holds_four_digits(quantity, number):
    assert rounded(quantity) == number


def test_only_the_values_change():
    changed = with_values(PRESET, {"vesicle.dock": "11.5"})
    assert changed == PRESET.replace("value = 12", "value = 11.5")
    with pytest.raises(ValueError, match=r"vesicle\.endocytose is not in the file"):
        with_values(PRESET, {"vesicle.endocytose": "1"})


# ---- the presets ----


def own(name):
    """The parameters that a preset's own file has, and does not take over from the one that it extends."""
    told = tomllib.loads((PRESETS.folder / f"{name}.toml").read_text("utf-8"))
    names = {f"{section}.{key}" for section, keys in told.items() if isinstance(keys, dict) for key in keys}
    return {key: p for key, p in load_preset(name).parameters.items() if key in names}


def test_every_preset_that_is_fitted_has_a_problem():
    assert {name for name in PRESETS.names() if any(p.fit for p in own(name).values())} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_fitted_here_names_the_fit_and_what_a_source_fitted_does_not(name):
    for p in own(name).values():
        if p.evidence == "fitted":
            assert ("fitted here" in p.source) == (p.fit == name), p.name
        assert "set so that" not in p.source, p.name


@pytest.mark.parametrize("name", NAMES)
def test_what_a_problem_leaves_free_is_what_the_preset_has_from_it(name):
    free = {factor.name for factor in load_problem(name).factors}
    assert {p.name for p in own(name).values() if p.fit} == free


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_that_the_fit_found(name):
    """If not, run `make fits`."""
    found = tomllib.loads((DOCS / name / "fitted.toml").read_text("utf-8"))
    assert found["cell"]["preset"] == name
    fitted = {p.name: p.value for p in own(name).values() if p.fit}
    assert fitted == {key: float(rounded(text)) for key, text in found["parameters"].items()}


@pytest.mark.parametrize("name", NAMES)
def test_draws_of_the_posterior_are_of_the_free_values_and_within_their_ranges(name):
    draws, problem = own_posterior(name), load_problem(name)
    assert draws.columns == tuple((factor.name, factor.unit) for factor in problem.factors)
    assert len(draws) >= 200
    for free in problem.free:
        values = draws.values[:, draws.names.index(free.name)]
        assert free.factor.low * 0.999 <= values.min() < values.max() <= free.factor.high * 1.001
        best = load_preset(name).parameters[free.name].value  # perhaps at the edge of the range
        assert 0.95 * values.min() <= best <= 1.05 * values.max(), free.name


@pytest.mark.parametrize("name", NAMES)
def test_the_report_of_the_fit_is_in_docs(name):
    text = (DOCS / name / "report.md").read_text("utf-8")
    assert text.startswith(f"# Fit: {load_problem(name).title}")
    profiled = "The likelihood was not profiled" not in text  # takes long where much is free
    for figure in ("fit.png", *(["profiles.png"] if profiled else [])):
        assert figure in text
        assert (DOCS / name / figure).is_file()


# ---- effects of hormones ----

HORMONES = tuple(sorted(name for name in PROBLEMS.names() if name.startswith("hormones-")))


@pytest.mark.parametrize("name", HORMONES)
def test_gains_of_effects_are_those_that_the_fit_found(name):
    """To three digits."""
    found = tomllib.loads((DOCS / name / "fitted.toml").read_text("utf-8"))["effects"]
    assert set(found) == {factor.name for factor in load_problem(name).factors}
    for key, text in found.items():
        effect = effects()[key.removesuffix(".gain")]
        assert effect.gain == pytest.approx(float(text), abs=1e-3)
        assert effect.evidence == "fitted"
        assert "fitted here" in effect.source
    assert (DOCS / name / "report.md").read_text("utf-8").startswith(f"# Fit: {load_problem(name).title}")
