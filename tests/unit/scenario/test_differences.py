"""What differs between scenarios, in words."""

import pytest

from glut4sim.sim.endocrine.library import effects
from glut4sim.sim.scenario.differences import NOT_SET, differences
from glut4sim.sim.scenario.scenario import Scenario
from tests.runs import CONTROL, LOW, muscle


def found(*scenarios):
    return {one.path: one.values for one in differences(scenarios)}


def test_values_have_their_units_and_who_says_nothing_is_told():
    assert found(CONTROL, LOW) == {"hormones.testosterone": ("531 ng/dL (not set)", "50 ng/dL")}
    values = found(Scenario.load("men/eugonadal"), Scenario.load("men/hypogonadal"))
    assert values == {
        "hormones.testosterone": ("531 ng/dL", "220 ng/dL"),
        "hormones.lh": ("5 IU/L (not set)", "3 IU/L"),
    }


def test_what_is_said_in_other_words_is_no_difference():
    table = {"run": {"duration": "10 min", "record_every": "60 s"}, "bath": {"glucose": "5 mM"}}
    same = {"title": "x", "description": "y", "run": {"duration": "600 s", "record_every": "1 min", "seed": 9}}
    assert found(Scenario.from_table(table), Scenario.from_table(same)) == {}
    number, share = (muscle("x", effects={"testosterone-pi3k.gain": text}) for text in ("0.5", "50 %"))
    assert found(number, share) == {}
    week, days = (
        muscle("x", therapy=[{"drug": "testosterone cypionate", "dose": dose, "every": every, "for": "4 weeks"}])
        for dose, every in (("100 mg", "1 week"), ("0.1 g", "7 d"))
    )
    assert found(week, days) == {}


def test_a_level_that_is_not_set_is_what_follows_from_the_rest():
    old, woman = (
        muscle("a", body={"age": "70 yr"}),
        muscle("b", body={"sex": "woman"}, hormones={"testosterone": "30 ng/dL"}),
    )
    values = found(old, woman)
    assert values["body.sex"] == ("man", "woman")
    assert values["body.age"] == ("70 yr", "30 yr (not set)")
    at_70 = float(old.timeline([0.0]).own["testosterone"][0])
    assert values["hormones.testosterone"] == (f"{at_70:.3g} ng/dL (not set)", "30 ng/dL")
    assert at_70 < 500.0


def test_doses_are_one_value_for_each_drug():
    cypionate = {"drug": "testosterone cypionate", "dose": "100 mg", "every": "7 d"}
    once = {"drug": "anastrozole", "dose": "1 mg", "start": "3 d"}
    first, second = muscle("a", therapy=[cypionate]), muscle("b", therapy=[cypionate | {"dose": "200 mg"}, once, once])
    assert found(first, second) == {
        "therapy.testosterone cypionate": (
            "100 mg every 7 d, from 0 d to the end (intramuscular)",
            "200 mg every 7 d, from 0 d to the end (intramuscular)",
        ),
        "therapy.anastrozole": (NOT_SET, "1 mg once, at 3 d (oral); 1 mg once, at 3 d (oral)"),
    }


def test_how_long_doses_are_given_is_told_in_the_unit_that_is_whole():
    gel = {"drug": "testosterone gel", "dose": "50 mg", "every": "1 d"}
    first, second = muscle("a", therapy=[gel | {"for": "12 weeks"}]), muscle("b", therapy=[gel | {"start": "2 h"}])
    third = muscle("c", therapy=[gel | {"start": "2 h", "for": "12 weeks"}])
    assert [found(first, other)["therapy.testosterone gel"] for other in (second, third)] == [
        ("50 mg every 1 d, from 0 d to 84 d (transdermal)", f"50 mg every 1 d, from 2 h {until} (transdermal)")
        for until in ("to the end", "for 84 d")
    ]


def test_courses_are_readable_and_cut_short_unless_they_differ_only_later():
    def insulin(*levels):
        return muscle("x", bath={"insulin": [[f"{i} min", f"{level} nM"] for i, level in enumerate(levels)]})

    assert found(insulin(0), insulin(0, 1)) == {"bath.insulin": ("0 nM", "0 nM, from 1 min 1 nM")}
    values = found(insulin(0), insulin(0, 1, 2, 3, 4, 5))["bath.insulin"]
    assert values[1] == "0 nM, from 1 min 1 nM, from 2 min 2 nM and 3 more changes"
    values = found(insulin(0, 1, 2, 3, 4, 5), insulin(0, 1, 2, 3, 4, 6))["bath.insulin"]
    assert values[1] == "0 nM, from 1 min 1 nM, from 2 min 2 nM, from 3 min 3 nM, from 4 min 4 nM, from 5 min 6 nM"
    meal = muscle("x", bath={"meal": [{"at": "1 min", "carbohydrate": "75 g"}]})
    assert found(insulin(0), meal) == {
        "bath.insulin": ("0 nM", "as after the meals"),
        "bath.glucose": ("5 mM", "as after the meals"),
        "bath.meal": (NOT_SET, "75 g at 1 min"),
    }


def test_numbers_of_parameters_and_effects_stand_beside_those_of_the_library():
    changed = muscle(
        "x",
        parameters={"vesicle.fuse": "20 1/min"},
        effects={
            "testosterone-pi3k.gain": "0.2",
            "testosterone-pi3k.lag": "12 h",
            "testosterone-pi3k.half": "400 ng/dL",
        },
    )
    values = found(muscle("y"), changed)
    preset = muscle("y").preset.parameters["vesicle.fuse"]
    assert values["parameters.vesicle.fuse"] == (str(preset), "20 1/min")
    assert values["effects.testosterone-pi3k.gain"] == (f"{effects()['testosterone-pi3k'].gain:g}", "0.2")
    assert values["effects.testosterone-pi3k.lag"] == ("3 d", "12 h")
    assert values["effects.testosterone-pi3k.half"][1] == "400 ng/dL"
    assert set(values) == {"parameters.vesicle.fuse", *(p for p in values if p.startswith("effects."))}


def test_cells_of_two_presets_differ_in_their_parameters():
    values = found(*(Scenario.load(f"metabolic/{name}") for name in ("human-adipocyte", "type-2-diabetes")))
    assert values["cell.preset"] == ("human-adipocyte", "type-2-diabetes")
    assert values["parameters.vesicle.glut4_copies"] == ("280000", "140000")
    assert values["parameters.receptor.copies"] == ("1", "0.55")
    assert "parameters.vesicle.endocytose" not in values
    close = (muscle("x", parameters={"vesicle.fuse": f"{rate} 1/min"}) for rate in ("20", "20.0000001"))
    assert found(*close) == {"parameters.vesicle.fuse": ("20 1/min", "20.0000001 1/min")}


def test_after_meals_the_rest_of_the_bath_may_still_differ():
    meal = {"meal": [{"at": "1 min", "carbohydrate": "75 g"}]}
    rest, work = (muscle("x", bath=meal | more) for more in ({}, {"contraction": "0.5"}))
    (path, values), *others = found(rest, work).items()
    assert (path, values[1]) == ("bath.contraction", "0.5")
    assert not others
    assert set(found(rest, muscle("x", bath=meal | {"plasma": True}))) == {"bath.plasma"}


@pytest.mark.parametrize("several", [(CONTROL,), (LOW, LOW)])
def test_what_says_the_same_differs_in_nothing(several):
    assert differences(several) == ()


def test_three_scenarios_have_three_values():
    open_ = "531 ng/dL (not set)"
    assert found(CONTROL, LOW, CONTROL)["hormones.testosterone"] == (open_, "50 ng/dL", open_)
    times = muscle("x", hormones={"testosterone": "50 ng/dL"}, assay={"at": "7 d"})
    assert found(LOW, times) == {"assay.at": ("0 d", "7 d")}
