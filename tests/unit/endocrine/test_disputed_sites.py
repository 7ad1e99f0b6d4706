"""Where the literature disagrees a parameter reaches either side; and what acts beyond carriers is seen."""

import pytest

from glut4sim.sim.analysis import at_rest
from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.modulation import apply
from glut4sim.sim.scenario.scenario import Scenario

INSULIN = 0.5  # nM
HOUR, WEEK = 3600.0, 7 * 86400.0
EFFECTS = library.effects()


def rest(name, at, changes=None):
    """The cell of a scenario at rest at one of its assays, and what hormones multiply its steps by."""
    told = {f"effects.{key}": str(value) for key, value in (changes or {}).items()}
    scenario = Scenario.load(name, told).at_assay(at)
    factors = at_rest.factors(scenario)
    return at_rest.rest(apply(scenario.unmodulated, factors), INSULIN), factors


def change(name, at, since, changes=None, of="uptake"):
    """Change [percent] between two assays."""
    before, after = (getattr(rest(name, time, changes)[0], of) for time in (since, at))
    return 100.0 * (after / before - 1.0)


@pytest.mark.parametrize(("gain", "low", "high"), [(-0.95, -40.0, -10.0), (1.0, 8.0, 40.0)])
def test_low_dose_testosterone_in_women_reaches_both_published_signs(gain, low, high):
    """-20 % at 35 to 46 ng/dL (Zang 2006) and better (Shadid 2020): 5 mg of cypionate a week make about 50 ng/dL."""
    changes = {"testosterone-women.gain": gain}
    assert low < change("women/low-dose-testosterone-cypionate", 12 * WEEK, 0.0, changes) < high


@pytest.mark.parametrize(
    ("effect", "scenario", "at"),
    [("testosterone-receptor", "men/trt", 24 * WEEK), ("estradiol-receptor", "women/menopause-estradiol", 24 * WEEK)],
)
def test_sex_hormones_raise_or_lower_the_number_of_receptors(effect, scenario, at):
    """Of an effect without a range on both sides the second number would not change its sign."""
    low, high = EFFECTS[effect].plausible
    fewer, more = (
        rest(scenario, at, {f"{effect}.gain": gain})[1]["receptor_copies"]
        / rest(scenario, 0.0, {f"{effect}.gain": gain})[1]["receptor_copies"]
        for gain in (low, high)
    )
    assert fewer < 0.97 < 1.03 < more


def test_fatty_acids_lower_phosphorylation_of_the_receptor_or_leave_it():
    """Belfort 2005 on the one side, Bak 1991 on the other."""
    lost = [
        change("metabolic/lipid-infusion", 7 * HOUR, 0.0, {"ffa-receptor.gain": gain}, of="receptors_active")
        for gain in (-0.7, 0.0)
    ]
    assert lost[0] < -10.0
    assert lost[1] == pytest.approx(0.0, abs=1e-6)


def test_growth_hormone_acts_on_the_use_of_glucose_and_not_on_carriers():
    """Nellemann 2014, Hjelholt 2020: less is used while signalling is as before; acipimox prevents it."""
    before, _ = rest("growth-hormone/acute", 0.0)
    after, factors = rest("growth-hormone/acute", 6 * HOUR)
    signalling = [factors[step] for step in ("irs1", "akt", "as160", "translocation")]
    assert signalling == pytest.approx([1.0] * 4, rel=1e-6)
    lost, carriers = after.uptake / before.uptake - 1.0, after.surface_glut4 / before.surface_glut4 - 1.0
    assert lost < -0.2
    assert abs(carriers) < abs(lost) / 2
    _, prevented = rest("growth-hormone/acute-acipimox", 6 * HOUR)
    assert prevented["use"] > 3 * factors["use"]


@pytest.mark.parametrize(
    ("here", "there", "scenario", "at"),
    [
        ("cortisol-translocation", "cortisol-pi3k", "metabolic/stress", 10 * HOUR),
        ("lipolysis-use", "lipolysis-irs1", "growth-hormone/acute", 6 * HOUR),
    ],
)
def test_a_disputed_site_can_be_moved_as_the_entry_says(here, there, scenario, at):
    """With all of an effect at its other site, uptake still falls by a fifth and more."""
    moved = {f"{here}.gain": 0, f"{there}.gain": min(EFFECTS[there].plausible)}
    before, after = (rest(scenario, time, moved) for time in (0.0, at))
    assert after[1][EFFECTS[here].target] == pytest.approx(1.0, rel=1e-6)
    assert after[0].uptake < 0.8 * before[0].uptake


def test_less_use_lowers_net_uptake_and_leaves_the_carriers():
    parameters = Scenario.load("metabolic/clamp").parameter_set
    whole, less = (at_rest.rest(apply(parameters, {"use": factor}), 100.0) for factor in (1.0, 0.2))
    assert less.surface_glut4 == whole.surface_glut4
    assert less.uptake < 0.8 * whole.uptake
