"""Levels, effects and lags do what their equations say, on a small library of their own."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import gamma

from glut4sim.sim.endocrine import library, model, rhythm
from glut4sim.sim.endocrine.known import installed
from glut4sim.sim.endocrine.model import Plan, solve
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.endocrine.pharmacokinetics import concentration, regimen
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule

HOUR, DAY = 3600.0, 86400.0

LEVELS = """
[drive]
title = "Drive"
unit = "1"
man = "1"
woman = "2"
half_life = "1 h"
source = "test"
evidence = "assumed"

[product]
title = "Product"
unit = "ng/mL"
man = "10 ng/mL"
woman = "10 ng/mL"
half_life = "10 h"
rhythm = "pulses"
source = "test"
evidence = "assumed"
"""
DRUGS = """
[pill]
title = "Pill"
route = "by mouth"
unit = "ng/mL"
absorption_half_life = "1 h"
elimination_half_life = "6 h"
volume = "100 L"
dose = "1 mg"
every = "1 d"
source = "test"
evidence = "assumed"
standing = "none"

[hormone]
title = "Hormone"
route = "intravenous"
delivers = "product"
elimination_half_life = "6 h"
volume = "100 L"
dose = "1 mg"
source = "test"
evidence = "assumed"
standing = "none"
"""
EFFECTS = """
[drive-product]
title = "Drive makes product"
driver = "drive"
target = "product"
power = 2
power_range = [0, 3]
kind = "body"
source = "test"
evidence = "assumed"

[product-akt]
title = "Product acts on Akt"
driver = "product"
target = "akt"
receptor = "PR"
gain = 0.8
gain_range = [0, 2]
half = "20 ng/mL"
hill = 2
opposed_by = "drive"
opposed_half = 4
kind = "non-genomic"
source = "test"
evidence = "assumed"

[pill-glut4]
title = "Pill acts on GLUT4, late"
driver = "pill"
target = "glut4"
sex = "man"
gain = -0.5
gain_range = [-1, 0]
half = "1 ng/mL"
lag = "12 h"
stages = 4
kind = "genomic"
source = "test"
evidence = "assumed"

[product-irs1]
title = "Product acts on IRS1, late"
driver = "product"
target = "irs1"
power = 1
power_range = [0, 2]
lag = "12 h"
stages = 4
kind = "genomic"
source = "test"
evidence = "assumed"
"""


@pytest.fixture(autouse=True)
def small_library(tmp_path, monkeypatch):
    for name, text in (("levels", LEVELS), ("drugs", DRUGS), ("effects", EFFECTS), ("published", "")):
        (tmp_path / f"{name}.toml").write_text(text)
    monkeypatch.setattr(library, "DATA", tmp_path)
    cached = (library.levels, library.drug_tables, library.drugs, library.effect_tables, library.effects)
    for read in cached:
        read.cache_clear()
    yield
    for read in cached:
        read.cache_clear()


def plan(**content):
    return Plan(effects=library.effects(), **content)


def course(*pairs):
    return Schedule(*zip(*pairs))


@pytest.mark.parametrize("sex", ["man", "woman"])
def test_a_healthy_person_leaves_the_cell_alone_and_stays_as_they_are(sex):
    found = solve(plan(sex=sex), np.linspace(0.0, 30 * DAY, 7))
    assert set(found.factors) == set(STEPS)
    for factor in found.factors.values():
        assert factor == pytest.approx(np.ones(7), rel=1e-9)
    for name, level in library.levels().items():
        assert found.levels[name] == pytest.approx(np.full(7, level.reference[sex]), rel=1e-9)


def test_a_level_follows_its_set_point_with_its_half_life():
    times = np.array([0.0, 2 * DAY, 2 * DAY + 1 * HOUR, 2 * DAY + 3 * HOUR, 9 * DAY])
    found = solve(plan(baseline={"drive": course((0.0, 1.0), (2 * DAY, 0.2))}), times)
    expected = np.array([1.0, 1.0, 0.2 + 0.8 / 2, 0.2 + 0.8 / 8, 0.2])
    assert found.levels["drive"] == pytest.approx(expected, rel=1e-5)
    assert found.levels["product"][-1] == pytest.approx(10.0 * 0.2**2, rel=1e-3)
    assert found.effects["drive-product"][-1] == pytest.approx(0.2**2, rel=1e-5)


def test_levels_that_are_not_set_follow_from_those_that_are():
    found = solve(plan(baseline={"drive": course((0.0, 0.5))}), np.array([0.0, 10 * DAY]))
    assert found.levels["product"] == pytest.approx(np.full(2, 10.0 * 0.5**2), rel=1e-9)
    assert found.effects["drive-product"] == pytest.approx(np.ones(2))  # relative to their own baseline
    given = solve(
        plan(baseline={"drive": course((0.0, 0.5)), "product": course((0.0, 7.0))}), np.array([0.0, 10 * DAY])
    )
    assert given.levels["product"] == pytest.approx(np.full(2, 7.0), rel=1e-9)


def test_hill_form_with_an_opponent():
    found = solve(plan(baseline={"product": course((0.0, 30.0)), "drive": course((0.0, 3.0))}), np.array([0.0]))

    def hill(product, drive):
        return 1.0 + 0.8 * (1.0 - drive / (4.0 + drive)) * product**2 / (20.0**2 + product**2)

    assert found.factors["akt"][0] == pytest.approx(hill(30.0, 3.0) / hill(10.0, 1.0), rel=1e-12)
    assert hill(30.0, 3.0) != pytest.approx(hill(30.0, 1.0), rel=0.05)  # an opponent that did nothing would show


def test_a_blocked_receptor_sees_nothing_and_all_else_goes_on():
    times = np.array([0.0])
    high = {"product": course((0.0, 500.0))}
    blocked = solve(plan(blocked=("PR",), baseline=high), times)
    without = solve(plan(baseline={"product": course((0.0, 1e-6))}), times)
    assert blocked.factors["akt"][0] == pytest.approx(without.factors["akt"][0], rel=1e-9)
    assert blocked.factors["irs1"][0] == pytest.approx(50.0, rel=1e-9)


def test_a_lag_is_a_chain_of_equal_compartments():
    times = np.linspace(0.0, 3 * DAY, 25)
    found = solve(plan(baseline={"drive": course((0.0, 1.0))}, doses={"hormone": regimen(1000.0, 0.0, 60.0, 4 * DAY)}),
                  times[:1])  # fmt: skip
    assert found.factors["irs1"][0] == pytest.approx(1.0)
    # a driver that jumps from 10 to 20 at once: its product's set-point jumps, and no turnover delays it
    fast = LEVELS.replace('half_life = "10 h"', 'half_life = "0.01 s"')
    (library.DATA / "levels.toml").write_text(fast)
    for read in (library.levels, library.effect_tables, library.effects):
        read.cache_clear()
    found = solve(plan(baseline={"product": course((0.0, 10.0), (HOUR, 20.0))}), times)
    seen = gamma.cdf(times - HOUR, 4, scale=12 * HOUR / 4)
    assert found.factors["irs1"] == pytest.approx(1.0 + seen, abs=1e-3)  # the jump is seen half a step late
    one_stage = gamma.cdf(times - HOUR, 1, scale=12 * HOUR)
    assert np.abs(one_stage - seen).max() > 0.1


def test_what_drugs_deliver_adds_to_what_is_made():
    times = np.linspace(0.0, 2 * DAY, 30)
    doses = regimen(2.0, 6 * HOUR, 12 * HOUR, 2 * DAY)
    found = solve(plan(doses={"hormone": doses}), times)
    delivered = concentration(library.drugs()["hormone"].kinetics, doses, times)
    assert found.drugs["hormone"] == pytest.approx(delivered, rel=1e-9)
    assert delivered.max() == pytest.approx(20.0 + 20.0 / 4 + 20.0 / 16 + 20.0 / 64, rel=0.3)  # 2 mg in 100 L
    assert found.levels["product"] == pytest.approx(10.0 + delivered, rel=1e-6)
    assert found.own["product"] == pytest.approx(np.full(30, 10.0), rel=1e-6)


def test_a_drug_acts_through_its_effect_and_only_in_the_sex_it_is_known_in():
    times = np.array([0.0, 10 * DAY])
    doses = {"pill": regimen(1000.0, 0.0, HOUR, 20 * DAY)}
    man, woman = (solve(plan(sex=sex, doses=doses), times) for sex in ("man", "woman"))
    assert man.factors["glut4"] == pytest.approx([1.0, 0.5], rel=1e-2)  # the drug saturates it
    assert woman.factors["glut4"] == pytest.approx([1.0, 1.0])


def test_rhythms_leave_the_mean_and_make_pulses():
    times = np.arange(0.0, 12 * DAY, 600.0)
    even, pulsed = (solve(plan(rhythms=names), times).levels["product"] for names in ((), ("product",)))
    late = times >= 8 * DAY
    assert even == pytest.approx(np.full(len(times), 10.0))
    assert pulsed[late].mean() == pytest.approx(10.0, rel=0.01)
    assert pulsed[late].max() > 1.3 * pulsed[late].min()


@pytest.mark.parametrize("found", [rhythm.pulses(), rhythm.day()])
def test_a_rhythm_is_one_on_average_and_periodic(found):
    times = np.linspace(0.0, found.period, 20_000, endpoint=False)
    values = np.array([found.at(time) for time in times])
    assert values.mean() == pytest.approx(1.0, rel=1e-3)
    assert values.min() > 0.0
    assert found.at(0.3 * DAY) == pytest.approx(found.at(0.3 * DAY + 5 * found.period))


def test_what_happened_before_is_remembered_to_the_bit_and_taken_for_nothing_else(monkeypatch):
    doses = {"hormone": regimen(2.0, 0.0, DAY, 9 * DAY), "pill": regimen(1.0, 6 * HOUR, 2 * DAY, 8 * DAY)}
    larger = (*doses["hormone"][:3], doses["hormone"][3]._replace(amount=2.1), *doses["hormone"][4:])
    cases = [
        plan(doses=doses),
        plan(doses=doses | {"hormone": larger}),  # on one day
        plan(doses=doses | {"hormone": doses["hormone"][:5]}),
        plan(doses=doses, baseline={"drive": course((0.0, 1.1))}),
        plan(doses=doses, baseline={"drive": course((0.0, 1.0), (2 * DAY, 1.2))}),
        plan(doses=doses, blocked=("PR",)),
        plan(doses=doses, rhythms=("product",)),
        plan(doses=doses, sex="woman"),
    ]
    stretches = []
    monkeypatch.setattr(model, "advance", lambda *given, once=model.advance: stretches.append(1) or once(*given))

    def follow(case):
        found = solve(case, np.array([9.3 * DAY]))
        return [float(values[0]) for table in (found.levels, found.effects) for values in table.values()]

    def follow_anew(case):
        model._end_of_stretch.cache_clear()
        return follow(case)

    anew, of_one = [follow_anew(case) for case in cases], len(stretches) / len(cases)
    assert len({tuple(each) for each in anew}) == len(cases)
    model._end_of_stretch.cache_clear()
    assert [follow(case) for case in cases] == anew
    stretches.clear()
    assert [follow(case) for case in cases] == anew
    assert len(stretches) == len(cases) < of_one  # the last of each alone


def test_overrides_change_one_number_and_name_what_is_wrong():
    changed = installed().override({"product-akt.gain": "0.1", "pill-glut4.half": "2 ug/L"})
    assert changed["product-akt"].gain == 0.1
    assert changed["pill-glut4"].half == 2.0
    assert changed["product-irs1"] == library.effects()["product-irs1"]
    for path, message in (
        ("product-atk.gain", 'product-atk.gain: unknown effect "product-atk". Did you mean "product-akt"?'),
        ("product-akt.gian", 'product-akt.gian: unknown number of this effect "gian". Did you mean "gain"?'),
        ("product-akt.power", "product-akt.power: unknown number of this effect"),
    ):
        with pytest.raises(InputError) as error:
            installed().override({path: "1"})
        assert str(error.value).startswith(message)
    with pytest.raises(InputError, match=r"gain: expected a number from -1 to 1000"):
        installed().override({"product-akt.gain": "-2"})


def test_a_faulty_entry_is_named():
    for old, new, message in (
        ('driver = "pill"', 'driver = "bill"', "effects.toml: pill-glut4.driver: unknown level or drug"),
        ("gain = -0.5\n", "", 'effects.toml: pill-glut4: "gain" is missing'),
        ('target = "glut4"', 'target = "glut5"', "effects.toml: pill-glut4.target: unknown level or step of the cell"),
        ('half = "1 ng/mL"', 'half = "1 h"', "effects.toml: pill-glut4.half: expected"),
        ('kind = "genomic"\n', 'kind = "genomic"\ncolour = "red"\n', 'unknown key "colour"'),
    ):
        assert old in EFFECTS
        (library.DATA / "effects.toml").write_text(EFFECTS.replace(old, new))
        library.effect_tables.cache_clear()
        library.effects.cache_clear()
        with pytest.raises(InputError) as error:
            library.effects()
        assert message in str(error.value)


def test_regular_cycles_repeat_and_ovulate():
    cycle = rhythm.Cycle(length=30 * DAY)
    days = np.arange(0.0, 90.0, 0.25)
    found = {
        name: np.array([rhythm.cycles(name, cycle, 90 * DAY, 1).at(day * DAY) for day in days])
        for name in ("estradiol", "progesterone", "lh")
    }
    for values in found.values():
        assert values[:120] == pytest.approx(values[120:240])
        assert values.mean() == pytest.approx(1.0, rel=0.02)
    surge, luteal = (days[found[name][:120].argmax()] for name in ("lh", "progesterone"))
    assert surge == pytest.approx(15.0, abs=0.5)  # half of the cycle, as measured
    assert surge + 4.0 < luteal < 28.0


def test_irregular_cycles_are_drawn_from_the_seed():
    span, cycle = 720 * DAY, rhythm.Cycle(length_sd=0.3, amplitude_sd=0.5, anovulatory=0.5)
    times = np.arange(0.0, span, DAY / 2)

    def course(name, seed, cycle=cycle):
        found = rhythm.cycles(name, cycle, span, seed)
        return np.array([found.at(time) for time in times])

    assert np.array_equal(course("estradiol", 1), course("estradiol", 1))
    assert not np.array_equal(course("estradiol", 1), course("estradiol", 2))

    def luteal_phases(values):
        high = values > 1.5
        return int((high[1:] & ~high[:-1]).sum())

    ovulations = [luteal_phases(course("progesterone", seed)) for seed in range(6)]
    always = luteal_phases(course("progesterone", 1, cycle._replace(anovulatory=0.0, amplitude_sd=0.0)))
    assert 20 <= always <= 32
    assert np.mean(ovulations) == pytest.approx(always / 2, rel=0.3)
    assert max(ovulations) > min(ovulations)


def twin(doses, set_points, pulses, times):
    """The same person by the equations as they are written, for a stiff solver of scipy: drive, product, two chains."""
    drive, product, irs1, glut4 = 0, 1, slice(2, 6), slice(6, 10)
    chain = 4 / (12 * HOUR)

    def derivative(t, y):
        pill = concentration(library.drugs()["pill"].kinetics, doses, [t])[0]
        out = np.empty(10)
        out[drive] = np.log(2.0) / HOUR * (set_points.at(t) - y[drive])
        out[product] = np.log(2.0) / (10 * HOUR) * (10.0 * y[drive] ** 2 * pulses.at(t) - y[product])
        for part, driver in ((irs1, y[product]), (glut4, pill)):
            out[part] = chain * (np.append(driver, y[part][:-1]) - y[part])
        return out

    y = np.concatenate([[1.0], np.full(5, 10.0), np.zeros(4)])
    kinks = np.unique([0.0, *set_points.times, *(dose.time for dose in doses), times[-1]])
    rows = []
    for start, end in pairwise(kinks):
        wanted = times[(times > start) & (times <= end)]
        found = solve_ivp(
            derivative, (start, end), y, "LSODA", np.union1d(wanted, end), rtol=1e-9, atol=1e-10, max_step=HOUR
        )
        rows += list(found.y.T[: len(wanted)])
        y = found.y[:, -1]
    rows = np.array(rows)
    return rows[:, drive], rows[:, product], rows[:, 5] / 10.0, 1.0 - 0.5 * rows[:, 9] / (1.0 + rows[:, 9])


def test_against_a_stiff_solver_of_scipy_with_an_error_that_falls_with_the_square_of_the_step(monkeypatch):
    times = np.arange(1.0, 60.0) * HOUR
    set_points, doses = course((0.0, 1.0), (20.5 * HOUR, 1.7)), regimen(3.0, 3 * HOUR, DAY, 3 * DAY)
    expected = twin(doses, set_points, rhythm.pulses(), times)
    errors = []
    for step in (480.0, 240.0, 120.0, 60.0):
        monkeypatch.setattr(model, "STEP", step)
        found = solve(plan(baseline={"drive": set_points}, rhythms=("product",), doses={"pill": doses}), times)
        series = found.levels["drive"], found.levels["product"], found.factors["irs1"], found.factors["glut4"]
        errors.append([np.abs(f / e - 1.0).max() for f, e in zip(series, expected)])
    errors = np.array(errors)
    assert errors[-1].max() < 2e-4
    order = np.log2(errors[:-1, 1:] / errors[1:, 1:])  # the drive is exact: it relaxes to what does not change
    assert errors[:, 0].max() < 1e-8
    assert order == pytest.approx(np.full(order.shape, 2.0), abs=0.4)
