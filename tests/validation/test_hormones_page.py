"""What docs/hormones.md says that the model gives is what it gives: each number in its tables is worked out again.

By the mean field, at rest, as the page says: net uptake at 0.5 nM of insulin and 5 mM of glucose when the assay begins.
"""

from functools import cache

import numpy as np
import pytest

from glut4sim.sim.analysis import at_rest
from glut4sim.sim.endocrine.modulation import apply
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import ROOT

PAGE = " ".join((ROOT / "docs" / "hormones.md").read_text("utf-8").split())
INSULIN = 0.5  # nM
HOUR, DAY, WEEK = 3600.0, 86400.0, 7 * 86400.0


@cache
def load(name, *changes):
    return Scenario.load(name, dict(changes))


@cache
def rest(name, at=0.0, *changes, insulin=INSULIN):
    """The cell at rest as an assay at this time [s] begins."""
    scenario = load(name, *changes).at_assay(at)
    return at_rest.rest(apply(scenario.unmodulated, at_rest.factors(scenario)), insulin)


@cache
def levels(name, at=0.0, *changes):
    return {key: float(value[0]) for key, value in load(name, *changes).timeline(np.array([at])).levels.items()}


@cache
def mean(key, name, since, until, *changes):
    """A level on average over some time [s]."""
    at = np.arange(since, until, HOUR / 2)
    return float(load(name, *changes).timeline(at).levels[key].mean())


def of_start(key, name, since, until):
    """A level on average over some time, in terms of that at the start."""
    return mean(key, name, since, until) / levels(name)[key]


def percent(after, before):
    """A change as the page prints it."""
    change = round(100.0 * (after / before - 1.0))
    return f"{change:+d}" if change else "0"


def uptake(name, at=0.0, *changes, since=None, of="uptake", insulin=INSULIN):
    """Change against another scenario and time, or against the same at the start."""
    before = rest(*since) if since else rest(name, 0.0, *changes, insulin=insulin)
    return percent(getattr(rest(name, at, *changes, insulin=insulin), of), getattr(before, of))


def level(key, name, at):
    return percent(levels(name, at)[key], levels(name)[key])


def times(key, name, at):
    return f"x{levels(name, at)[key] / levels(name)[key]:.1f}"


@cache
def of_cycle():
    """Uptake on average over a cycle."""
    return np.mean([rest("women/premenopausal", day * DAY).uptake for day in range(28, 56, 4)])


def on_estrogens(dose):
    """Change of uptake in 24 weeks of conjugated estrogens alone."""
    therapy = [{"drug": "conjugated estrogens", "dose": dose, "every": "1 d", "start": "2 h"}]
    scenario = Scenario.load("women/menopause-conjugated-estrogens", {"therapy": therapy}).at_assay(24 * WEEK)
    after = at_rest.rest(apply(scenario.unmodulated, at_rest.factors(scenario)), INSULIN)
    return percent(after.uptake, rest("women/menopause-conjugated-estrogens").uptake)


MORE, LESS = ("effects.testosterone-women.gain", "1"), ("effects.estradiol-erbeta-glut4.gain", "-0.45")
LOW_DOSE = [f"women/low-dose-testosterone{how}" for how in ("", "-cypionate", "-capsules")]
SALINE, CLAMP = ("metabolic/lipid-saline", 6 * HOUR), ("metabolic/clamp",)
GH = "growth-hormone/"

TOLD = [
    (
        "| `men/hypogonadal` | {} % against it; active Akt {} %",
        lambda: [uptake("men/hypogonadal", since=("men/eugonadal",), of=of) for of in ("uptake", "akt")],
    ),
    (
        "| `men/testosterone-withdrawal` | {} % after a day, {} % after 14",
        lambda: [uptake("men/testosterone-withdrawal", day * DAY) for day in (2, 15)],
    ),
    ("| `men/trt` | {} % at 24 weeks", lambda: [uptake("men/trt", 24 * WEEK)]),
    ("| `men/trt-full-protocol` | {} %;", lambda: [uptake("men/trt-full-protocol", 24 * WEEK)]),
    (
        "| `men/letrozole` | estradiol {} %, LH {}, testosterone {}, uptake {} %",
        lambda: [
            level("estradiol", "men/letrozole", 28 * DAY),
            times("lh", "men/letrozole", 28 * DAY),
            times("testosterone", "men/letrozole", 28 * DAY),
            uptake("men/letrozole", 56 * DAY),
        ],
    ),
    (
        "| `men/clomiphene`, `men/hcg` | testosterone {} and {}, uptake {} and {} %",
        lambda: [
            *(
                f"x{of_start('testosterone', f'men/{drug}', 11 * WEEK, 12 * WEEK):.1f}"
                for drug in ("clomiphene", "hcg")
            ),
            *(uptake(f"men/{drug}", 84 * DAY) for drug in ("clomiphene", "hcg")),
        ],
    ),
    (
        "| `men/gel-diabetes`, `men/testosterone-elderly` | {} % in 24 weeks, {} % in two years",
        lambda: [uptake("men/gel-diabetes", 24 * WEEK), uptake("men/testosterone-elderly", 104 * WEEK)],
    ),
    (
        "LH as before, or {:.0f} % of it after four weeks; uptake {} and {} %",
        lambda: [
            100.0 * levels("men/gonadorelin-constant", 27 * DAY)["lh"] / levels("men/gonadorelin-constant")["lh"],
            uptake("men/gonadorelin-pulses", 27 * DAY),
            uptake("men/gonadorelin-constant", 27 * DAY),
        ],
    ),
    (
        "over the cycle {}, {} and {} % of its mean",
        lambda: [percent(rest("women/premenopausal", day * DAY).uptake, of_cycle()) for day in (33, 40, 49)],
    ),
    (
        "| `women/menopause` | {} % against the mean of the cycle and {} % against its luteal phase",
        lambda: [
            percent(rest("women/menopause").uptake, of_cycle()),
            uptake("women/menopause", since=("women/premenopausal", 49 * DAY)),
        ],
    ),
    ("| `women/menopause-estradiol` | {} % at 24 weeks", lambda: [uptake("women/menopause-estradiol", 24 * WEEK)]),
    (
        "| `women/menopause-estradiol-progesterone` | {} %:",
        lambda: [uptake("women/menopause-estradiol-progesterone", 24 * WEEK)],
    ),
    (
        "| `women/menopause-conjugated-estrogens` | SHBG {}, IGF-1 {} %, uptake {} %",
        lambda: [
            times("shbg", "women/menopause-conjugated-estrogens", 24 * WEEK),
            level("igf1", "women/menopause-conjugated-estrogens", 24 * WEEK),
            uptake("women/menopause-conjugated-estrogens", 24 * WEEK),
        ],
    ),
    ("worse on 1.25 mg ({} % here;", lambda: [on_estrogens("1.25 mg")]),
    (
        "| `women/menopause-estradiol-oral` | SHBG {} %, uptake {} %",
        lambda: [
            level("shbg", "women/menopause-estradiol-oral", 24 * WEEK),
            uptake("women/menopause-estradiol-oral", 24 * WEEK),
        ],
    ),
    (
        "| `women/contraceptive` | SHBG {}, free testosterone half, uptake {} %",
        lambda: [times("shbg", "women/contraceptive", 84 * DAY), uptake("women/contraceptive", 84 * DAY)],
    ),
    (
        "| `women/estradiol` | {} % at 50 pg/mL, {} % at 300 pg/mL, where ER beta takes a part away; with "
        "`effects.estradiol-erbeta-glut4.gain=-0.45`, which the data allow, {} %",
        lambda: [*(uptake("women/estradiol", d * DAY) for d in (28, 57)), uptake("women/estradiol", 57 * DAY, LESS)],
    ),
    (
        "| `women/progesterone` | {}, {} and {} % at 1, 5 and 20 ng/mL; {} % with estradiol again",
        lambda: [uptake("women/progesterone", day * DAY) for day in (21, 42, 63, 85)],
    ),
    (
        "| {}, {} and {} % by gel, injection and mouth; with `--set effects.testosterone-women.gain=1` {}, {} and {} %",
        lambda: [
            *(uptake(name, 12 * WEEK) for name in LOW_DOSE),
            *(uptake(name, 12 * WEEK, MORE) for name in LOW_DOSE),
        ],
    ),
    (
        "| `women/menopause-low-testosterone` | {} % against `women/menopause`",
        lambda: [uptake("women/menopause-low-testosterone", since=("women/menopause",))],
    ),
    ("| `women/menopause-estradiol-hours` | {} %", lambda: [uptake("women/menopause-estradiol-hours", 4 * HOUR)]),
    (
        "| `women/pcos` against `women/eumenorrheic` | free testosterone x{:.1f}, {} % early in the cycle",
        lambda: [
            levels("women/pcos", 33 * DAY)["free_testosterone"]
            / levels("women/eumenorrheic", 33 * DAY)["free_testosterone"],
            uptake("women/pcos", 33 * DAY, since=("women/eumenorrheic", 33 * DAY)),
        ],
    ),
    (
        "| `growth-hormone/acute` | {} % at the end of 5 h, {} % 5 h later, by the use of glucose: carriers at the "
        "surface {} %",
        lambda: [
            *(uptake(GH + "acute", h * HOUR) for h in (6, 11)),
            uptake(GH + "acute", 6 * HOUR, of="surface_glut4"),
        ],
    ),
    ("| `growth-hormone/high` | {} % against", lambda: [uptake(GH + "high", 8 * HOUR, since=SALINE)]),
    (
        "| `growth-hormone/acute-acipimox` | {} % at the end of 5 h against `growth-hormone/acipimox`: without fatty "
        "acids no resistance; acipimox alone {} %",
        lambda: [
            uptake(GH + "acute-acipimox", 6 * HOUR, since=(GH + "acipimox", 6 * HOUR)),
            uptake(GH + "acipimox", 6 * HOUR),
        ],
    ),
    (
        "| `growth-hormone/long-term` | {} % after a day, {} % at 12 weeks, {} % at 48 weeks",
        lambda: [uptake(GH + "long-term", day * DAY) for day in (1, 84, 336)],
    ),
    (
        "| `growth-hormone/sermorelin` | {} %;",
        lambda: [uptake(GH + "sermorelin", 84 * DAY, since=(GH + "sermorelin", 2 * DAY))],
    ),
    (
        "| `growth-hormone/ipamorelin-cjc1295` | {} % at 4 weeks, {} % at 12",
        lambda: [
            uptake(GH + "ipamorelin-cjc1295", day * DAY, since=(GH + "ipamorelin-cjc1295", 2 * DAY)) for day in (28, 84)
        ],
    ),
    (
        "| `growth-hormone/ipamorelin-cjc1295-no-dac` | {} % at 4 weeks, {} % at 12",
        lambda: [
            uptake(GH + "ipamorelin-cjc1295-no-dac", day * DAY, since=(GH + "ipamorelin-cjc1295-no-dac", 2 * DAY))
            for day in (28, 84)
        ],
    ),
    (
        "IGF-1 x{:.2f} with the constant rate of that with pulses; lipolysis {} and {} %, "
        "uptake {} and {} % after 3 days",
        lambda: [
            mean("igf1", GH + "constant", 2 * DAY, 3 * DAY) / mean("igf1", GH + "pulses", 2 * DAY, 3 * DAY),
            *(percent(of_start("lipolysis", GH + name, 2 * DAY, 3 * DAY), 1.0) for name in ("pulses", "constant")),
            *(uptake(GH + name, 3 * DAY) for name in ("pulses", "constant")),
        ],
    ),
    (
        "| `growth-hormone/tesamorelin` | visceral fat {} %, IGF-1 {} % on average at 26 weeks (it was to be +81 %), "
        "uptake {} % at 2 weeks, {} % at 26",
        lambda: [
            level("visceral_fat", GH + "tesamorelin", 26 * WEEK),
            percent(of_start("igf1", GH + "tesamorelin", 25 * WEEK, 26 * WEEK), 1.0),
            *(uptake(GH + "tesamorelin", week * WEEK) for week in (2, 26)),
        ],
    ),
    ("| `growth-hormone/mk-677` | {} %, part of it by cortisol", lambda: [uptake(GH + "mk-677", 364 * DAY)]),
    (
        "| `metabolic/lipid-infusion` | {} % after 3 h, {} % after 4, {} % after 6; phosphorylated receptors {} %",
        lambda: [
            *(uptake("metabolic/lipid-infusion", h * HOUR) for h in (4, 5, 7)),
            uptake("metabolic/lipid-infusion", 7 * HOUR, of="receptors_active"),
        ],
    ),
    (
        "against `metabolic/lipid-saline` | {}, {} and {} % at 0.7, 1.25 and 1.7 mM",
        lambda: [uptake(f"metabolic/lipid-{of}", 6 * HOUR, since=SALINE) for of in ("low", "middle", "high")],
    ),
    ("- **Acipimox alone** changes uptake by {} % here", lambda: [uptake(GH + "acipimox", 6 * HOUR)]),
    (
        "here uptake is {} % against the start",
        lambda: [uptake(GH + "long-term", 336 * DAY)],
    ),
    (
        "All that body composition and IGF-1 do here is {} %, without what fatty acids take away",
        lambda: [uptake(GH + "long-term", 336 * DAY, ("effects.gh-lipolysis.gain", "0"))],
    ),
    (
        "raises uptake by {} and {} % here: the gain is that",
        lambda: [uptake("men/gel-diabetes", 24 * WEEK), uptake("men/testosterone-elderly", 104 * WEEK)],
    ),
    ("-22 % there, {} % here. Any curve", lambda: [uptake("metabolic/lipid-low", 6 * HOUR, since=SALINE)]),
    ("(386 to 1021 nM) {} %", lambda: [uptake("metabolic/cortisol-day", 25 * HOUR)]),
    ("| `metabolic/obesity` | {} %, by", lambda: [uptake("metabolic/obesity", since=CLAMP)]),
    ("| `metabolic/ageing` | {} % at 70", lambda: [uptake("metabolic/ageing", since=CLAMP)]),
    (
        "| `metabolic/lean`, `metabolic/overweight` | {} % for five units",
        lambda: [uptake("metabolic/overweight", since=("metabolic/lean",))],
    ),
    ("| `metabolic/cortisol-day` | {} % after a day", lambda: [uptake("metabolic/cortisol-day", 25 * HOUR)]),
    (
        "| `metabolic/stress` | {} % 4 h after the dose, {} % after 10, {} % after 16",
        lambda: [uptake("metabolic/stress", h * HOUR) for h in (5, 11, 17)],
    ),
]


@pytest.mark.parametrize(("text", "found"), TOLD, ids=[text.split("`")[1] if "`" in text else text for text, _ in TOLD])
def test_the_page_says_what_the_model_gives(text, found):
    said = text.format(*found())
    assert said in PAGE
