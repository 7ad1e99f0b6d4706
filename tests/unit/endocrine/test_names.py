"""What papers call levels and drugs, and the one name that each has here."""

from dataclasses import replace

import pytest

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.known import installed
from glut4sim.sim.endocrine.names import check_new, named, other_words, plain
from glut4sim.sim.inputs.errors import InputError

HORMONES = installed().hormones


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("gh", "gh"),
        ("GH", "gh"),
        ("growth_hormone", "gh"),
        ("Growth hormone", "gh"),
        ("growth-hormone", "gh"),
        ("FFA", "ffa"),
        ("free fatty acids", "ffa"),
        ("Non-esterified fatty acids", "ffa"),
        ("17beta-estradiol", "estradiol"),
        ("17β-estradiol", "estradiol"),
        ("17 β Oestradiol", None),  # "17 beta" is not "17beta": what is not known is not guessed
        ("insulin_like_growth_factor_1", "igf1"),
        ("IGF-1", "igf1"),
        ("luteinizing hormone", "lh"),
        ("luteinising_hormone", "lh"),
        ("inflammatory cytokines", "cytokines"),
    ],
)
def test_what_a_hormone_is_called(text, name):
    if name is None:
        with pytest.raises(InputError, match="unknown hormone"):
            named("hormone", text, HORMONES)
    else:
        assert named("hormone", text, HORMONES) == name


def test_words_of_installed_levels_mean_one_each():
    levels = library.levels()
    for level in levels.values():
        for word in (level.name, *level.also):
            assert other_words(levels)[plain(word)] == level.name


def test_a_name_is_that_of_its_entry_whatever_else_is_called_so():
    levels = {name: library.levels()[name] for name in ("testosterone", "gh")}
    other = replace(levels["testosterone"], name="free_testosterone", title="Testosterone, free")
    assert other_words(levels | {other.name: other})["testosterone"] == "testosterone"
    assert named("hormone", "TESTOSTERONE", levels | {other.name: other}) == "testosterone"


def test_a_drug_that_is_given_by_several_routes_is_not_found_by_its_title():
    drugs = library.drugs()
    assert drugs["estradiol oral"].title.startswith("Estradiol,")
    for word in ("estradiol", "progesterone", "hydrocortisone"):
        with pytest.raises(InputError, match=f'unknown drug "{word}"'):
            named("drug", word, drugs)
    assert named("drug", "  Testosterone   CYPIONATE ", drugs) == "testosterone cypionate"


def test_what_several_are_called_means_none():
    levels = library.levels()
    twice = {"one": levels["gh"], "other": levels["gh"]}
    assert "growth hormone" not in other_words(twice)
    assert other_words(twice)["other"] == "other"


def test_what_may_stand_besides_and_what_is_near():
    assert named("level or step", "GLUT4", HORMONES, ("glut4", "akt")) == "glut4"
    with pytest.raises(InputError, match=r'unknown hormone "growht hormone"\. Did you mean "gh"\?'):
        named("hormone", "growht hormone", HORMONES)


@pytest.mark.parametrize("name", ["", " x", "x ", "a.b", "a[0]", "a/b", "x" * 61, "-x", "a\nb"])
def test_what_is_no_name(name):
    with pytest.raises(InputError, match="expected a name of up to 60 letters"):
        check_new(name, {}, "")


@pytest.mark.parametrize("name", ["x", "leptin", "my drug 2", "a-b_c+d", "Überschuss", "x" * 60])
def test_names(name):
    check_new(name, {"other": "something"}, "")
    with pytest.raises(InputError, match=r"is the name of something already; do this\."):
        check_new(name, {plain(name): "something"}, "do this")
