"""Every hormonal state does to the cell what its sources say: the sign, the size where one is known, and the timing.

By the mean field, in coarse bins; the checks of benchmarks/validation.toml have the agents. Uptake is what the carriers
bring in from the bath at the end of the clamp.
"""

from functools import cache

import numpy as np
import pytest

from glut4sim.agents import glucose
from glut4sim.sim.model import mean_field, signalling
from glut4sim.sim.scenario.scenario import Scenario

HOUR, DAY, WEEK = 3600.0, 86400.0, 7 * 86400.0
AKT = signalling.SPECIES.index("akt_active")


class Response:
    """The end of a clamp."""

    def __init__(self, scenario):
        trace = mean_field.solve(scenario, [0.0, scenario.run.duration], bins=12, capture_bins=4)
        bath = scenario.bath.glucose.values[-1]
        self.surface = trace.glut4_surface[-1]
        self.akt = trace.signalling[-1, AKT]
        self.receptors = trace.receptors[-1] / trace.receptors[-1].sum()
        self.uptake = bath * glucose.clearance(self.surface, bath, scenario.parameter_set.glucose)


@cache
def load(name, *changes):
    return Scenario.load(name, dict(changes))


@cache
def respond(name, assay=0, *changes):
    return Response(load(name, *changes).assays[assay])


def change(name, assay=0, *changes, since=("metabolic/clamp", 0)):
    """Percent change of uptake relative to another condition."""
    return 100.0 * (respond(name, assay, *changes).uptake / respond(*since).uptake - 1.0)


@cache
def course(name, days, *changes):
    return load(name, *changes).timeline(np.array(days) * DAY)


# ---- a meal ----


def test_uptake_follows_a_meal_and_returns():
    scenario = load("meal")
    minutes = np.arange(0, 481, 30)
    trace = mean_field.solve(scenario, 60.0 * minutes, bins=12, capture_bins=4)
    inflow = [
        bath * glucose.clearance(surface, bath, scenario.parameter_set.glucose)
        for bath, surface in zip(trace.glucose_bath, trace.glut4_surface)
    ]
    inflow = np.array(inflow) / inflow[0]
    assert 60 <= minutes[inflow.argmax()] <= 180
    assert inflow.max() > 1.5
    assert inflow[-1] == pytest.approx(1.0, abs=0.15)
    assert trace.insulin.max() == pytest.approx(0.256, rel=0.1)  # nM, Dalla Man 2007


# ---- testosterone in men ----


def test_akt_and_surface_glut4_rise_with_testosterone_at_the_same_insulin():
    levels = ("50 ng/dL", "200 ng/dL", "500 ng/dL", "900 ng/dL")
    found = [respond("men/eugonadal", 0, ("hormones.testosterone", level)) for level in levels]
    assert np.all(np.diff([r.akt for r in found]) > 0.0)
    assert np.all(np.diff([r.surface for r in found]) > 0.0)
    assert found[0].receptors == pytest.approx(found[-1].receptors)  # it acts below the receptor


def test_testosterone_does_nothing_where_its_receptor_is_blocked():
    blocked = ("hormones.blocked", '["AR"]')
    with_it, without = (
        respond("men/eugonadal", 0, blocked, ("hormones.testosterone", f"{n} ng/dL")) for n in (700, 30)
    )
    assert with_it.uptake == pytest.approx(without.uptake, rel=1e-3)
    assert with_it.uptake < 0.8 * respond("men/eugonadal").uptake


def test_testosterone_acts_within_minutes_in_part_and_over_days_for_the_rest():
    given = ("hormones.testosterone", '[["0 d", "200 ng/dL"], ["1 d", "600 ng/dL"]]')
    without_feedback = (f"effects.{name}-lh.gain" for name in ("testosterone", "estradiol"))
    scenario = load("men/eugonadal", given, *((key, "0") for key in without_feedback))
    found = scenario.timeline(DAY * np.array([1.0, 1.0 + 4 / 24, 1.0 + 7.0]))
    within_hours, within_days = found.effects["testosterone-translocation"], found.effects["testosterone-pi3k"]
    assert np.diff(within_hours)[0] > 0.8 * (within_hours[2] - within_hours[0]) > 0.0
    assert np.diff(within_days)[0] < 0.1 * (within_days[2] - within_days[0])


def test_hypogonadism_and_therapy():
    assert -45.0 < change("men/hypogonadal", since=("men/eugonadal", 0)) < -10.0  # -36 % in diabetic men, Dhindsa 2016
    assert -45.0 < change("men/testosterone-withdrawal", 3, since=("men/testosterone-withdrawal", 0)) < -15.0  # V21
    assert 15.0 < change("men/trt", 4, since=("men/trt", 0)) < 50.0  # V22


def test_therapy_suppresses_the_axis_gonadorelin_keeps_it_up_and_anastrozole_lowers_estradiol():
    days = tuple(np.arange(140.0, 168.0, 0.125))
    before, _ = course("men/trt", (0.0, 1.0)).own["testosterone"]
    lh = course("men/trt", (0.0, 1.0)).levels["lh"][0]
    alone, protocol = course("men/trt", days), course("men/trt-full-protocol", days)
    assert alone.own["testosterone"].mean() < 0.3 * before
    assert alone.levels["lh"].mean() < 0.2 * lh
    assert protocol.own["testosterone"].mean() > 2.0 * alone.own["testosterone"].mean()
    assert protocol.levels["lh"].mean() > 0.3 * lh
    without = load("men/trt-full-protocol").model_copy(
        update={"therapy": tuple(t for t in load("men/trt-full-protocol").therapy if t.drug != "anastrozole")}
    )
    e2 = without.timeline(np.array(days) * DAY).levels["estradiol"].mean()
    assert 100 * (protocol.levels["estradiol"].mean() / e2 - 1) == pytest.approx(-40.0, abs=8.0)


def test_testosterone_therapy_changes_the_body():
    start, end = (course("men/trt", (0.0, 168.0)).levels[name] for name in ("subcutaneous_fat", "lean_mass"))
    assert np.diff(start)[0] == pytest.approx(-3.3, abs=1.0)  # kg, Dhindsa 2016
    assert np.diff(end)[0] == pytest.approx(3.4, abs=1.0)


# ---- women ----


def test_glut4_follows_the_balance_of_the_estrogen_receptors_over_days():
    days = (0.0, 2.0, 4.0, 8.0, 28.0, 57.0)
    found = course("women/estradiol", days).factors["glut4"]
    assert np.all(np.diff(found[:5]) > 0.0)
    assert found[1] - found[0] < 0.8 * (found[3] - found[0])  # days, not hours
    assert found[5] < found[4]  # ER beta takes a part away, or all of it
    more = course("women/estradiol", days, ("effects.estradiol-erbeta-glut4.gain", "-0.45")).factors["glut4"]
    assert more[5] < more[0]
    alpha = course("women/estradiol", days, ("hormones.blocked", '["ERalpha"]')).factors["glut4"]
    beta = course("women/estradiol", days, ("hormones.blocked", '["ERbeta"]')).factors["glut4"]
    assert np.all(np.diff(alpha) <= 1e-9)
    assert alpha[4] < 0.8 * found[4]  # severely reduced without ER alpha, Barros 2006
    assert np.all(np.diff(beta) >= -1e-9)


def test_menopause_and_hormone_therapy():
    luteal = respond("women/premenopausal", 2).uptake  # Toth 2000
    menopause = 100.0 * (respond("women/menopause").uptake / luteal - 1.0)
    assert -15.0 < menopause < 3.0  # V25
    estradiol, both = (
        100.0 * (respond("women/menopause").uptake / respond(f"women/menopause-{name}", 4).uptake - 1.0)
        for name in ("estradiol", "estradiol-progesterone")
    )
    assert -25.0 < estradiol < -5.0  # V24, of 1 / sensitivity
    assert estradiol < both < 0.0  # a progestogen takes some of it, Li 2025


def test_perimenopause_varies_more_than_a_regular_cycle_and_from_woman_to_woman():
    days = tuple(np.arange(28.0, 196.0, 1.0))

    def highest(name, *changes):
        """The highest estradiol of each four weeks."""
        return course(name, days, *changes).levels["estradiol"].reshape(6, 28).max(axis=1)

    regular, irregular = (highest(f"women/{name}") for name in ("premenopausal", "perimenopause"))
    assert regular.std() / regular.mean() < 0.02
    assert irregular.std() / irregular.mean() > 0.15
    another = course("women/perimenopause", days, ("run.seed", "2")).levels["estradiol"]
    assert not np.allclose(another, course("women/perimenopause", days).levels["estradiol"])


def test_progesterone_by_dose_and_rescue_by_estradiol():
    uptakes = [change("women/progesterone", i, since=("women/progesterone", 0)) for i in range(5)]
    assert abs(uptakes[1]) < 3.0  # a low dose does nothing
    assert -25.0 < uptakes[3] < uptakes[2] < -5.0  # -21 % GLUT4 in rats, Campbell and Febbraio 2002
    assert uptakes[4] > -3.0  # rescued


def test_low_dose_testosterone_in_women_is_a_parameter():
    since = ("women/low-dose-testosterone", 0)
    assert -30.0 < change("women/low-dose-testosterone", 2, since=since) < -10.0  # -20 % by mouth, Zang 2006
    gain = ("effects.testosterone-women.gain", "1")
    raised = (respond("women/low-dose-testosterone", i, gain).uptake for i in (0, 2))
    assert 1.08 * next(raised) < next(raised)  # better after a year in trans men, Shadid 2020
    before, high = (("hormones.testosterone", f"{level} ng/dL") for level in (30, 700))  # of women before menopause
    since = ("women/menopause", 0, before)
    assert change("women/menopause", 0, high, since=since) == pytest.approx(-26.0, abs=8.0)  # Polderman 1994


# ---- growth hormone ----


def test_growth_hormone_first_lowers_sensitivity_and_then_gives_most_of_it_back():
    """M rose by 72 % in the end, Arafat 2010: that it goes beyond the start is not reached (docs/hormones.md)."""
    found = [change("growth-hormone/long-term", i, since=("growth-hormone/long-term", 0)) for i in (1, 2, 6)]
    assert found[0] < -10.0
    assert found[0] < found[1] < found[2]
    assert found[2] > 0.5 * found[0]
    body = course("growth-hormone/long-term", (0.0, 336.0))
    assert body.levels["visceral_fat"][1] < 0.8 * body.levels["visceral_fat"][0]
    assert body.levels["cytokines"][1] < 0.9 * body.levels["cytokines"][0]
    assert body.levels["igf1"][1] > 1.5 * body.levels["igf1"][0]


@pytest.mark.parametrize("name", ["sermorelin", "ipamorelin-cjc1295"])
def test_secretagogues_make_pulses_that_their_pharmacokinetics_time(name):
    scenario = load(f"growth-hormone/{name}")
    times = 20 * DAY + np.arange(0.0, DAY, 300.0)  # 8 am to 8 am; the dose is at 10 pm
    evening = (times - 20 * DAY) / HOUR
    gh, own = (s.timeline(times).levels["gh"] for s in (scenario, scenario.model_copy(update={"therapy": ()})))
    extra = gh - own
    peak = evening[extra.argmax()]
    assert 14.0 < peak < 16.0  # with the pulse of sleep at 11:30 pm, which it makes larger
    assert extra[np.abs(evening - peak - 4.0).argmin()] < 0.5 * extra.max()
    weeks = scenario.timeline(np.array([2.0, 60.0]) * DAY).levels["igf1"]
    assert weeks[1] > 1.1 * weeks[0]


def test_ghrh_of_long_half_life_lifts_the_troughs():
    scenario = load("growth-hormone/ipamorelin-cjc1295")
    times = 21 * DAY + np.arange(0.0, DAY, 600.0)
    troughs = [s.timeline(times).levels["gh"].min() for s in (scenario, load("growth-hormone/sermorelin"))]
    assert 2.0 < troughs[0] / troughs[1] < 12.0  # 7.5, Ionescu and Frohman 2006


def test_mk_677():
    found = course("growth-hormone/mk-677", (0.0, *np.arange(180.0, 182.0, 0.01)))

    def ratio(name):
        return found.levels[name][1:].mean() / found.levels[name][0]

    assert ratio("gh") == pytest.approx(1.8, rel=0.2)  # Nass 2008
    assert ratio("igf1") == pytest.approx(1.5, rel=0.15)
    rise = found.levels["fasting_glucose"][1:].mean() - found.levels["fasting_glucose"][0]
    assert rise == pytest.approx(0.28, abs=0.15)  # mM
    assert ratio("visceral_fat") == pytest.approx(1.0, abs=0.05)
    steps = (
        load("growth-hormone/mk-677", ("effects.mk677-sensitivity.gain", gain)).assays[1] for gain in ("-0.3", "0.2")
    )
    low, high = (Response(scenario).uptake for scenario in steps)
    assert low < high


# ---- the body ----


def test_obesity_acts_on_irs1_through_cytokines():
    assert change("metabolic/obesity") == pytest.approx(-56.0, abs=12.0)  # 23.1 against 52.9, Camastra 2005
    factors = course("metabolic/obesity", (0.0, 1.0))
    assert factors.levels["cytokines"][0] > 1.5
    assert factors.effects["cytokines-irs1"][0] < 0.8
    clear = course("metabolic/obesity", (0.0, 1.0), ("hormones.cytokines", "1"))
    assert clear.effects["cytokines-irs1"][0] == pytest.approx(1.0, abs=0.01)


def test_age():
    assert -35.0 < change("metabolic/ageing") < -3.0
    old = course("metabolic/clamp", (0.0, 1.0), ("body.age", "75 yr")).levels  # Yeap 2007
    found = [old[name][0] for name in ("testosterone", "shbg", "free_testosterone")]
    assert found == pytest.approx([444.0, 42.4, 8.01], rel=0.02)


def test_type_2_diabetes_halves_maximal_uptake():
    """V13, as it was measured: from 0.05 mM hexose, 15 to 45 min after 100 nM insulin."""
    bath = {"glucose": "0.05 mM", "insulin": [["0 min", "0 nM"], ["1 min", "100 nM"]]}

    def uptake(preset):
        scenario = Scenario.from_table({"cell": {"preset": preset}, "bath": bath, "run": {"duration": "46 min"}})
        surface = mean_field.solve(scenario, np.arange(960.0, 2761.0, 60.0), bins=12, capture_bins=4).glut4_surface
        return glucose.clearance(surface, 0.05, scenario.parameter_set.glucose).mean()

    assert 0.4 < uptake("type-2-diabetes") / uptake("human-adipocyte") < 0.6
