"""Hormones reach the cell: the right parameters, at the right time, the same bits whatever the pieces of a run."""

import tomllib

import numpy as np
import pytest

from glut4sim.sim.endocrine.modulation import EXPRESSED, STEPS, apply
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import PARAMETERS

TABLE = {
    "cell": {"preset": "skeletal-muscle", "vesicles": 300, "receptors": 500, "glucose_agents": 200},
    "bath": {"insulin": "0.5 nM"},
    "run": {"duration": "20 min", "step": "0.5 s", "record_every": "30 s"},
}
PROGESTERONE = {
    "drug": "progesterone oral",
    "dose": "200 mg",
    "every": "1 d",
    "start": "12 weeks",
    "for": "14 d",
}
LIPID = {"drug": "lipid emulsion", "dose": "90 g", "over": "5 h"}


def scenario(**tables):
    return Scenario.from_table(TABLE | tables)


def test_factors_of_one_change_no_bit():
    assert apply(PARAMETERS, dict.fromkeys(STEPS, 1.0)) == PARAMETERS


@pytest.mark.parametrize("step", STEPS)
def test_each_step_multiplies_its_own_parameters_and_no_others(step):
    changed = apply(PARAMETERS, {step: 2.0})
    found = {
        f"{section}.{field}": value / before
        for section, values in changed._asdict().items()
        for (field, value), before in zip(values._asdict().items(), getattr(PARAMETERS, section))
        if value != before
    }
    assert found == {name: 2.0**power for name, power in STEPS[step].parameters.items()}


def test_without_hormones_the_preset_is_used_as_it_is():
    assert not scenario().has_hormones
    assert scenario().parameter_schedule == ((0.0,), (scenario().parameter_set,))
    healthy = scenario(body={"sex": "woman", "age": "30 yr"}, bath={"insulin": "30 pM"})
    assert healthy.has_hormones
    assert healthy.parameter_schedule.times == (0.0,)
    for section, values in healthy.parameter_set._asdict().items():
        assert values == pytest.approx(getattr(scenario().parameter_set, section), rel=1e-9)


def test_insulin_in_plasma_is_that_of_the_bath_in_an_assay_and_fasting_else():
    table = {"body": {"age": "40 yr"}, "bath": {"insulin": [["0 min", "0 nM"], ["10 min", "0.5 nM"]]}}
    assert scenario(**table, assay={"at": "1 d"}).plasma_insulin == (
        (0.0, 86400.0, 87000.0, 87600.0),
        (30.0, 0.0, 500.0, 30.0),
    )
    set_here = scenario(**table, hormones={"insulin": [["0 h", "60 pM"], ["1 h", "90 pM"]]})
    assert set_here.plasma_insulin == ((0.0, 600.0, 1200.0, 3600.0), (0.0, 500.0, 60.0, 90.0))
    assert scenario(**table, assay={"at": ["0 h", "1 d"]}).plasma_insulin is None  # of several assays none is followed
    assert scenario(bath=table["bath"]).plasma_insulin is None  # without hormones nothing is


def test_what_is_made_over_days_stays_as_it_is_in_a_run():
    """A step in EXPRESSED that is followed would change the receptors' number in the mean field, not that of agents."""
    own = {"title": "x", "driver": "ffa", "kind": "body", "source": "a test", "evidence": "assumed", "power": 0.5}
    effects = {f"x-{step}": own | {"target": step, "power_range": [0, 1]} for step in (*EXPRESSED, "use")}
    found = scenario(therapy=[LIPID], assay={"at": "0 h"}, effect=effects).parameter_schedule.values
    assert len({p.vesicle.glut4_copies for p in found}) == len({p.receptor.copies for p in found}) == 1
    assert len({p.glucose.use for p in found}) > 1


def test_parameters_change_while_a_lipid_infusion_goes_on():
    found = scenario(therapy=[LIPID], assay={"at": "4 h"}).parameter_schedule
    assert found.times[0] == 0.0
    assert len(found.times) > 3
    assert np.all(np.diff(found.times) >= 60.0)
    changed = np.array([p.signalling.pi3k_reference for p in found.values])
    assert np.all(np.diff(changed) > 0.0)  # PI3K is inhibited more and more
    assert len({p.receptor._replace(dephosphorylate=0.0) for p in found.values}) == 1  # binding is left alone
    assert len({p.vesicle.glut4_copies for p in found.values}) == 1


def test_the_bits_do_not_depend_on_the_pieces_of_a_run():
    changing = scenario(therapy=[LIPID], assay={"at": "4 h"})
    whole, pieces = (Engine(changing, seed=3) for _ in range(2))
    expected = whole.advance(2400)
    found = [pieces.advance(steps) for steps in (1, 119, 1, 500, 7, 1772)]
    for column, parts in zip(expected, zip(*found)):
        assert np.array_equal(column, np.concatenate(parts))
    fixed = Engine(scenario(therapy=[LIPID], assay={"at": "4 h"}), seed=3)
    fixed._changes = []  # the wrong model: no change reaches the cell
    assert not np.array_equal(fixed.advance(2400).signalling, expected.signalling)


def test_the_mean_field_follows_the_same_changes():
    times = np.array([0.0, 600.0, 1200.0])
    pi3k = 1  # PI3K bound to IRS1: upstream of the change
    rested, infused = (
        mean_field.solve(scenario(effects={"ffa-receptor.gain": "0"}, **tables), times)
        for tables in ({"assay": {"at": "4 h"}}, {"therapy": [LIPID], "assay": {"at": "4 h"}})
    )
    pip3 = infused.signalling[:, 2]
    assert np.all(np.diff(pip3) < 0.0)
    assert infused.signalling[:, pi3k] == pytest.approx(rested.signalling[:, pi3k], rel=0.02)
    assert pip3[-1] < 0.9 * rested.signalling[-1, 2]


def test_a_resolved_scenario_loads_as_the_same():
    tables = {
        "body": {"sex": "woman", "age": "62 yr", "visceral_fat": "1.5 kg"},
        "hormones": {
            "estradiol": [["0 d", "60 pg/mL"], ["90 d", "10 pg/mL"]],
            "blocked": ["AR"],
            "rhythms": ["cortisol"],
        },
        "therapy": [PROGESTERONE, LIPID],
        "cycle": {"length": "26 d", "anovulatory": 0.25},
        "assay": {"at": ["0 d", "28 d", "14 weeks"]},
        "effects": {"cortisol-pi3k.gain": -0.1},
    }
    first = scenario(**tables)
    again = Scenario.from_table(tomllib.loads(first.to_toml()))
    assert again == first
    assert again.to_toml() == first.to_toml()
    assert [part.assay.at for part in first.assays] == [(0.0,), (28 * 86400.0,), (98 * 86400.0,)]
    assert first.hash != scenario(**(tables | {"effects": {"cortisol-pi3k.gain": -0.2}})).hash


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"hormones": {"testosteron": "1 nM"}}, 'unknown hormone "testosteron". Did you mean "testosterone"?'),
        ({"hormones": {"testosterone": "5 mg"}}, "hormones.testosterone: expected a value of testosterone, total"),
        ({"hormones": {"grown_hormone": "1 ug/L"}}, 'hormones: unknown hormone "grown_hormone". Did you mean "gh"?'),
        ({"hormones": {"free_fat_acids": "1 mM"}}, 'unknown hormone "free_fat_acids". Did you mean "ffa"?'),
        ({"hormones": {"growth_hormone": "5 s"}}, "hormones.gh: expected a value of growth hormone, mean of the day"),
        ({"hormones": {"age": "5 yr"}}, 'hormones: unknown hormone "age".'),
        ({"hormones": {"blocked": ["AS"]}}, 'hormones.blocked[0]: unknown receptor "AS". Allowed: AR, ER'),
        ({"body": {"sex": "male"}}, 'body.sex: expected "man" or "woman", got "male".'),
        ({"body": {"age": "30"}}, "body.age: expected an age such as"),
        ({"body": {"waist": "90 cm"}}, 'body: unknown key "waist".'),
        ({"cycle": {"length": "28 d"}}, 'body.sex: expected body.sex = "woman" where there is a cycle.'),
        ({"therapy": [{"drug": "aspirin", "dose": "1 mg"}]}, 'therapy[0].drug: unknown drug "aspirin".'),
        ({"therapy": [LIPID, {"drug": "MK-677"}]}, "therapy[1].dose: expected a dose such as"),
        ({"therapy": [LIPID | {"dose": "5 h"}]}, "therapy[0].dose: expected a dose such as"),
        ({"therapy": [LIPID | {"dose": "5 mL"}]}, '(a volume)'),
        ({"therapy": [LIPID | {"dsoe": "5 h"}]}, 'therapy[0]: unknown key "dsoe". Did you mean "dose"?'),
        ({"therapy": [LIPID | {"for": "5 h"}]}, "therapy[0].every: is missing"),
        ({"therapy": [LIPID | {"every": "1 d", "for": "5 d", "stop": "9 d"}]}, "expected either `for` or `stop`"),
        ({"therapy": [LIPID | {"every": "1 us"}], "assay": {"at": "1 d"}}, "therapy[0].every: expected at most"),
        ({"therapy": LIPID}, "therapy: expected a list of tables, got a table."),
        ({"assay": {"at": ["2 d", "1 d"]}}, 'assay.at[1]: expected a time after "2 d", got "1 d".'),
        ({"assay": {"at": "12 kg"}}, "assay.at: expected a time such as"),
        ({"effects": {"ffa-pi3k.gian": 1}}, 'effects.ffa-pi3k.gian: unknown number of this effect "gian"'),
        ({"bath": {"meal": [{"at": "1 min", "carbohydrate": "75 g"}], "insulin": "1 nM"}}, "bath.insulin: meals set"),
        ({"bath": {"meal": [{"at": "1 h", "carbohydrate": "75 g"}]}}, "bath.meal[0].at: expected a time before"),
        ({"bath": {"meal": [{"at": "1 min", "carbohydrate": "75 mL"}]}}, "bath.meal[0].carbohydrate: expected a mass"),
        ({"bath": {"meal": [{"at": "1 min"}]}}, "bath.meal[0].carbohydrate: expected a mass of carbohydrate such as"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_that_names_the_place(tables, message):
    with pytest.raises(InputError) as error:
        scenario(**tables)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_parameters_set_in_a_run_hold_to_its_end():
    engine, other = (Engine(scenario(therapy=[LIPID], assay={"at": "4 h"}), seed=3) for _ in range(2))
    engine.advance(200)
    other.advance(200)
    engine.parameters = engine.parameters._replace(
        vesicle=engine.parameters.vesicle._replace(fuse=0.0, fuse_without_rab10=0.0)
    )
    blocked, free = engine.advance(2000), other.advance(2000)
    fusion = 7
    assert blocked.vesicle_events[-1, fusion] == blocked.vesicle_events[0, fusion]
    assert free.vesicle_events[-1, fusion] > free.vesicle_events[0, fusion] + 10
