import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import plausibility
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.scenario import sampling
from glut4sim.sim.scenario.draws import Draws, read_draws, write_draws
from glut4sim.sim.scenario.sampling import HELD, SETS, SILENT, sample
from glut4sim.sim.scenario.scenario import Scenario

ACUTE = {"bath": {"insulin": [["0 s", "0 nM"], ["1 min", "100 nM"]]}, "run": {"duration": "10 min"}}
SOME = Draws(
    ("vesicle.fuse", "signalling.pten", "testosterone-pi3k.gain"),
    ("1/min", "1/min", "1"),
    np.array([[10.0, 0.1 + 0.2, 0.0], [1e-17, 30.0, 0.85], [np.pi, 12.0, -1.0]]),
    "a test",
)


def acute(preset="adipocyte", **tables):
    return Scenario.from_table({"cell": {"preset": preset}, **ACUTE, **tables})


def write(tmp_path, text):
    path = tmp_path / "posterior.csv"
    path.write_text(text, encoding="utf-8")
    return path


# ---- files ----


def test_what_is_written_is_read_to_the_bit(tmp_path):
    write_draws(tmp_path / "draws.csv", SOME)
    assert (tmp_path / "draws.csv").read_text().splitlines()[0] == (
        "vesicle.fuse [1/min],signalling.pten [1/min],testosterone-pi3k.gain [1]"
    )
    found = read_draws(tmp_path / "draws.csv")
    assert (found.names, found.units) == (SOME.names, SOME.units)
    np.testing.assert_array_equal(found.values, SOME.values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty file"),
        ("vesicle.fuse\n1\n", "NAME .UNIT."),
        ("vesicle.fuse [1/min],vesicle.fuse [1/s]\n1,1\n", "two columns"),
        ("vesicle.fuse [1/min]\n", "header only"),
        ("vesicle.fuse [1/min]\n1\n2,3\n", "line 3.*expected 1 numbers, got 2"),
        ("vesicle.fuse [1/min]\n1\nnan\n", "line 3.*expected a number"),
        ("vesicle.fuse [1/min]\nfast\n", "line 2.*expected a number"),
    ],
)
def test_a_faulty_file_is_refused_by_its_line(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        read_draws(write(tmp_path, text))


def test_a_file_of_what_there_is_not_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_draws(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r'Did you mean "vesicle.fuse"'):
        sample([acute()], write(tmp_path, "vesicle.fuze [1/min]\n1\n2\n"))
    with pytest.raises(InputError, match=r"vesicle\.fuse"):
        sample([acute()], write(tmp_path, "vesicle.fuse [nM]\n1\n2\n"))


# ---- from a file or a posterior ----


def test_a_file_is_taken_as_it_is_and_all_else_is_held(tmp_path):
    path = write(tmp_path, "vesicle.fuse [1/s],testosterone-pi3k.gain [1]\n0.2,1\n0.4,2\n0.1,3\n")
    found = sample([acute()], path, seed=9)
    (draws,) = found.draws
    assert draws.names == ("vesicle.fuse",)
    np.testing.assert_array_equal(draws.values[:, 0], [0.2, 0.4, 0.1])
    assert found.held["vesicle.dock"] == HELD
    assert found.held["testosterone-pi3k.gain"] == SILENT
    assert (found.tried, found.turned_away) == (3, {})
    assert draws.scenario(acute(), 1).preset.find("vesicle.fuse").value == pytest.approx(24.0)  # 1/min


def test_posterior_of_the_preset_is_drawn_from_unless_ranges_are_asked_for(monkeypatch):
    only = Draws(("vesicle.fuse",), ("1/min",), np.arange(1.0, 6.0)[:, None], "the posterior")
    monkeypatch.setattr(sampling, "posterior", {"adipocyte": only}.get)
    (draws,) = sample([acute()], 10, seed=4).draws
    assert draws.origin == "the posterior"
    assert sorted(draws.values[:5, 0]) == sorted(draws.values[5:, 0]) == [1.0, 2.0, 3.0, 4.0, 5.0]
    (ranges,) = sample([acute()], 2, seed=4, ranges=True).draws
    assert len(ranges.names) > 50


def test_effects_of_hormones_join_a_posterior_that_holds_none(monkeypatch):
    only = Draws(("vesicle.fuse",), ("1/min",), np.arange(1.0, 6.0)[:, None], "the posterior")
    monkeypatch.setattr(sampling, "posterior", {"skeletal-muscle": only}.get)
    monkeypatch.setattr(sampling, "posteriors_of_effects", tuple)
    hormonal = Scenario.load("men/hypogonadal")
    (draws,) = sample([hormonal], 4, seed=4).draws
    assert draws.origin == "the posterior and plausible ranges of effects"
    assert "testosterone-pi3k.gain" in draws.names
    gain = float(draws.values[0, draws.names.index("testosterone-pi3k.gain")])
    assert draws.scenario(hormonal, 0).effects["testosterone-pi3k.gain"] == repr(gain)


def test_a_file_replaces_what_a_scenario_sets_but_not_what_conditions_differ_in(tmp_path):
    path = write(tmp_path, "vesicle.fuse [1/min],vesicle.dock [1/min]\n1,2\n3,4\n")
    fitted = {"vesicle.fuse": "9 1/min"}
    other = acute(parameters=fitted | {"vesicle.dock": "0.5 1/min"})
    alone = sample([acute(parameters=fitted)], path)
    assert alone.draws[0].names == ("vesicle.fuse", "vesicle.dock")
    one, two = sample([acute(parameters=fitted), other], path).draws
    assert one.names == ("vesicle.fuse", "vesicle.dock")
    assert two.names == ("vesicle.fuse",)


# ---- from ranges ----


@pytest.fixture(scope="module")
def ranges():
    return sample([acute()], 8, seed=1, ranges=True)


def test_draws_from_ranges_lie_within_them_and_are_plausible_cells(ranges):
    (draws,) = ranges.draws
    assert draws.values.shape == (8, len(draws.names))
    for name, column in zip(draws.names, draws.values.T):
        factor = ranges.factors[name]
        assert factor.low <= column.min() < column.max() <= factor.high
    for k in range(8):
        assert plausibility.objection_to(draws.scenario(acute(), k).parameter_set) == ""
    assert ranges.tried == 8 + sum(ranges.turned_away.values())
    assert set(ranges.turned_away) <= set(plausibility.OBJECTIONS)


def test_the_first_draws_are_the_same_however_many_there_are_and_another_seed_gives_others(ranges):
    first = sample([acute()], 3, seed=1, ranges=True).draws[0].values
    np.testing.assert_array_equal(first, ranges.draws[0].values[:3])
    assert not np.any(sample([acute()], 3, seed=2, ranges=True).draws[0].values == first)


def test_conditions_of_one_cell_have_the_same_draws_and_what_one_sets_stands(ranges):
    changed = acute(parameters={"vesicle.fuse": "1 1/min"})
    found = sample([acute(), changed], 3, seed=1, ranges=True)
    one, two = found.draws
    np.testing.assert_array_equal(one.values, ranges.draws[0].values[:3])
    assert set(one.names) - set(two.names) == {"vesicle.fuse"}
    np.testing.assert_array_equal(one.only(two.names).values, two.values)
    alone = sample([changed], 3, seed=1, ranges=True)
    assert alone.held["vesicle.fuse"] == SETS
    np.testing.assert_array_equal(alone.draws[0].values, two.values)


def test_two_kinds_of_cells_share_what_both_have_and_no_more():
    cells = [acute("human-adipocyte"), acute("type-2-diabetes")]
    normal, diabetic = sample(cells, 2, seed=1, ranges=True).draws
    own = {name for name, a, b in zip(normal.names, normal.values.T, diabetic.values.T) if not np.any(a == b)}
    of = {preset: load_preset(preset).parameters for preset in ("human-adipocyte", "type-2-diabetes")}
    differ = {
        name
        for name, one in of["human-adipocyte"].items()
        if (one.value, one.low, one.high) != (lambda p: (p.value, p.low, p.high))(of["type-2-diabetes"][name])
    }
    assert own == differ & set(normal.names)


def test_a_posterior_holds_what_the_preset_takes_over_from_another_fit():
    """Type 2 diabetes has one value of its own fit; the others are as little known as those of the normal cell."""
    normal, diabetic = sample([acute("human-adipocyte"), acute("type-2-diabetes")], 5, seed=1).draws
    own = {"signalling.as160_phosphorylate"}
    taken = {p.name for p in load_preset("type-2-diabetes").parameters.values() if p.fit == "human-adipocyte"}
    assert own < set(diabetic.names) == own | taken
    assert len(taken) > 5
    np.testing.assert_array_equal(diabetic.only(sorted(taken)).values, normal.only(sorted(taken)).values)


def test_too_few_plausible_draws_are_refused_with_the_reasons(monkeypatch):
    monkeypatch.setattr(sampling, "TRIES", 2)
    monkeypatch.setattr(plausibility, "ANSWER", 1e6)
    with pytest.raises(InputError, match=r"of 4 draws from the ranges only 0 are a plausible cell: .*uptake"):
        sample([acute()], 2, ranges=True)


# ---- plausibility ----


@pytest.mark.parametrize("preset", PRESETS.names())
def test_presets_are_plausible(preset):
    assert plausibility.objection_to(load_preset(preset).build()) == ""


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"vesicle.dock": "1e-6 1/min"}, plausibility.NO_ANSWER),
        ({"receptor.phosphorylate": "1e-9 1/min"}, plausibility.NO_ANSWER),
        ({"signalling.pip3_synthesis_basal": "0.8 1/min"}, plausibility.NO_REST),
        ({"vesicle.inner_radius": "50 um"}, plausibility.COMBINED),
    ],
)
def test_what_is_no_cell_is_turned_away_for_its_reason(values, why):
    assert plausibility.objection(load_preset("adipocyte"), values) == why
