"""Effects that are set in vain, and why."""

import pytest

from glut4sim.sim.analysis import at_rest, idle_effects
from glut4sim.sim.analysis.idle_effects import idle, warnings
from glut4sim.sim.endocrine.library import effects
from tests.runs import muscle

GAIN = {"testosterone-pi3k.gain": "0.2"}
REFERENCE = {"testosterone": "531 ng/dL"}
LOW = {"testosterone": "100 ng/dL"}
FALLING = {"testosterone": [["0 d", "531 ng/dL"], ["1 d", "9 ng/dL"]]}


def why(**tables):
    return idle(muscle("x", **tables)).get(next(iter(tables["effects"])).partition(".")[0], "")


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({"effects": GAIN}, "free_testosterone is at its reference, 10.62 ng/dL; set hormones.free_testosterone to an"),
        ({"effects": GAIN, "hormones": REFERENCE}, "free_testosterone is at its reference, 10.62 ng/dL; set hormones"),
        ({"effects": GAIN, "body": {"sex": "woman"}}, "it acts in a man, and this is a woman"),
        ({"effects": {"gonadorelin-lh.gain": "3"}}, "no gonadorelin is there at the assay"),
        ({"effects": {"cytokines-irs1.gain": "-0.5"}}, "cytokines is at its reference, "),
        (
            {"effects": GAIN, "hormones": LOW, "bath": {"insulin": "0 nM"}},
            "it changes a step that does nothing in 0 nM insulin (PI3K: PIP3 made per bound PI3K)",
        ),
    ],
)
def test_what_cannot_act(tables, reason):
    assert why(**tables).startswith(reason)


@pytest.mark.parametrize(
    "tables",
    [
        {"effects": GAIN, "hormones": LOW},
        {"effects": {"testosterone-pi3k.gain": "0"}, "hormones": LOW},  # off, which is another cell
        {"effects": {"testosterone-lh.gain": "0"}, "hormones": FALLING, "assay": {"at": "8 d"}},  # of a level alone
        {"effects": {"testosterone-translocation.gain": "0"}, "hormones": LOW, "bath": {"insulin": "0 nM"}},
        {"effects": {"testosterone-pi3k.gain": f"{effects()['testosterone-pi3k'].gain!r}"}},  # as the library has it
        {"effects": GAIN, "therapy": [{"drug": "testosterone cypionate", "dose": "200 mg"}], "assay": {"at": "5 d"}},
    ],
)
def test_what_acts_or_asks_for_nothing(tables):
    assert idle(muscle("x", **tables)) == {}


def test_a_drug_that_comes_after_the_assay_is_not_there():
    given = [{"drug": "testosterone cypionate", "dose": "200 mg", "start": "5 d"}]
    assert why(effects=GAIN, therapy=given).startswith("free_testosterone is at its reference")
    assert why(effects=GAIN, therapy=given, assay={"at": ["0 d", "10 d"]}) == ""


def test_conditions_are_warned_of_what_acts_in_none_of_them():
    at, low, other = (muscle("x", effects=GAIN, hormones=levels) for levels in (REFERENCE, LOW, REFERENCE))
    line = "effects.testosterone-pi3k is set, but cannot act: free_testosterone is at its reference, 10.62 ng/dL; "
    assert warnings(at, low) == ()
    (found,) = warnings(at, other)
    assert found.startswith(line)
    assert found.endswith("set hormones.free_testosterone to another level, or give a drug.")
    assert warnings(at, muscle("x", hormones=LOW)) == (found,)
    assert warnings(muscle("x"), low) == ()


def test_of_a_cell_without_rest_nothing_is_said(monkeypatch):
    def fail(*_):
        raise ArithmeticError("no rest")

    monkeypatch.setattr(at_rest, "rest", fail)
    assert why(effects=GAIN, hormones=LOW, bath={"insulin": "0 nM"}) == ""
    assert why(effects=GAIN) != ""  # which asks for no rest


def test_it_is_the_setting_that_is_left_out(monkeypatch):
    """With a wrong threshold, nothing is ever idle."""
    monkeypatch.setattr(idle_effects, "NOTICED", -1.0)
    assert why(effects=GAIN) == ""
