"""The course of hormones: the times at which it is looked at, and a figure on which nothing overlaps."""

import warnings

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from glut4sim.sim.analysis import timeline
from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.known import installed
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.run import timeline_figure

DAY = 86400.0
CYPIONATE = {"drug": "testosterone cypionate", "dose": "100 mg", "every": "7 d"}
ANASTROZOLE = {"drug": "anastrozole", "dose": "1 mg", "every": "1 d", "start": "2 d"}
GONADORELIN = {"drug": "gonadorelin", "dose": "10 ug", "every": "90 min", "for": "8 weeks"}
HYDROCORTISONE = {"drug": "hydrocortisone intravenous", "dose": "100 mg", "over": "5 h", "start": "1 h"}


def make_scenario(at=("0 d", "28 d"), **tables):
    return Scenario.from_table(
        {
            "title": "Low testosterone, replaced",
            "run": {"duration": "90 min"},
            "hormones": {"testosterone": "220 ng/dL"},
            "assay": {"at": list(at)},
            **tables,
        }
    )


SCENARIOS = {
    "weekly": make_scenario(therapy=[CYPIONATE, ANASTROZOLE]),
    "many doses": make_scenario(therapy=[GONADORELIN, CYPIONATE]),
    "hours": make_scenario(at=["0 d"], therapy=[HYDROCORTISONE], run={"duration": "12 h"}, hormones={}),
    "rhythms": make_scenario(hormones={"rhythms": ["gh", "cortisol"]}, at=["14 d"]),
    "cycles": make_scenario(body={"sex": "woman"}, hormones={}, cycle={}, at=["1 d", "14 d", "60 d"]),
    "nothing differs": make_scenario(hormones={"cortisol": "250 nM"}, at=["1 h"], bath={"insulin": "30 pM"}),
    "not yet given": make_scenario(at=["0 d"], hormones={}, therapy=[CYPIONATE | {"start": "1 d"}]),
    "given at the end": make_scenario(at=["7 d"], run={"duration": "7 d"}, therapy=[CYPIONATE | {"start": "7 d"}]),
    "fat": make_scenario(body={"visceral_fat": "4 kg"}, hormones={"blocked": ["AR"]}, at=["1 d"]),
}


@pytest.fixture(scope="module", params=SCENARIOS.values(), ids=SCENARIOS)
def drawn(request):
    """A scenario, its dataset and its figure, drawn without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = timeline.dataset(request.param)
        return request.param, data, timeline_figure.draw(data, request.param)


# ---- times ----


def test_the_course_ends_with_the_last_assay_therapy_or_change():
    assert timeline.end(make_scenario()) == 28 * DAY + 5400.0
    assert timeline.end(make_scenario(therapy=[CYPIONATE | {"for": "12 weeks"}])) == 84 * DAY
    changing = {"testosterone": [["0 d", "531 ng/dL"], ["90 d", "28 ng/dL"]]}
    assert timeline.end(make_scenario(hormones=changing)) == 90 * DAY


def test_the_times_include_doses_peaks_and_assays():
    times = timeline.grid(SCENARIOS["weekly"])
    assert 400 <= len(times) <= 2000
    assert (np.diff(times) > 0.0).all()
    assert {0.0, 28 * DAY, 28 * DAY + 5400.0, *(7 * DAY * np.arange(5)), *(DAY * np.arange(2, 29))} <= set(times)
    assert times[-1] == 28 * DAY + 5400.0
    kinetics = library.drugs()["anastrozole"].kinetics
    data = timeline.dataset(SCENARIOS["weekly"])
    day = (data.time > 20.0) & (data.time < 21.0)
    peak = float(data.time[day][data["anastrozole"].values[day].argmax()]) % 1.0 * DAY
    rise = np.log(kinetics[0] / kinetics[1]) / (kinetics[0] - kinetics[1])
    assert peak == pytest.approx(rise, rel=0.2)


def test_a_dose_at_the_last_time_counts_as_one_before_later_times_does():
    """The level just after it, whether or not anything later is asked for."""
    week, drug = 7 * DAY, "hydrocortisone intravenous"
    regimen = HYDROCORTISONE | {"every": "7 d", "start": "0 d"}
    del regimen["over"]
    for therapy in (regimen, regimen | {"stop": "8 weeks"}, {"drug": drug, "dose": "100 mg", "start": "28 d"}):
        scenario = make_scenario(therapy=[therapy])
        alone, before = (scenario.timeline(np.array(times)) for times in ([4 * week], [0.0, 4 * week, 4 * week + 60.0]))
        assert alone.drugs[drug][0] == before.drugs[drug][1] > 1000.0
        assert alone.levels["cortisol"][0] == before.levels["cortisol"][1]
    ended = make_scenario(therapy=[regimen | {"stop": "28 d"}])  # there is no dose at a stop
    assert ended.timeline(np.array([4 * week])).drugs[drug][0] < 1.0


def test_many_doses_are_not_mistaken_for_a_slow_rhythm():
    """Between doses every 90 min the points fall anywhere, and so the mean of a day is steady."""
    data = timeline.dataset(SCENARIOS["many doses"])
    assert data.sizes["time"] <= timeline.MOST_POINTS + 2 * timeline.POINTS_OF_ASSAY
    days, given = data["time"].values, data["gonadorelin"].values
    phase = days[(days > 1.0) & (days < 56.0)] * 16.0 % 1.0
    assert np.histogram(phase, 10)[0].min() > 0.7 * len(phase) / 10
    means = [np.trapezoid(given[w], days[w]) for start in range(7, 50) for w in [(days >= start) & (days < start + 1)]]
    assert np.std(means) < 0.15 * np.mean(means)


def test_short_courses_are_looked_at_closely():
    assert np.diff(timeline.grid(SCENARIOS["hours"])).max() < 100.0


# ---- what is worth showing ----


def test_what_is_set_differs_or_is_given_is_shown():
    levels, drugs, steps = timeline.interesting(timeline.dataset(SCENARIOS["weekly"]), SCENARIOS["weekly"])
    assert {"testosterone", "lh", "estradiol"} <= set(levels)
    assert not {"cortisol", "progesterone", "age"} & set(levels)
    assert drugs == ["testosterone cypionate", "anastrozole"]
    assert "pi3k" in steps
    assert "receptor" not in steps


# ---- the figure ----


def test_panels_have_titles_and_clinical_units(drawn):
    scenario, data, figure = drawn
    levels, drugs, _ = timeline.interesting(data, scenario)
    alone = [drug for drug in drugs if library.drugs()[drug].delivers not in levels]
    titles = [" ".join(ax.get_title(loc="left").split()) for ax in figure.axes]
    assert titles[:-1] == [installed().substance(name).title for name in (*levels, *alone)]
    assert titles[-1].startswith("Steps of the cell")
    units = [installed().substance(name).unit for name in (*levels, *alone)]
    assert [ax.get_ylabel() for ax in figure.axes] == ["relative" if u == "1" else u for u in units] + ["factor"]
    assert len({ax.get_xlabel() for ax in figure.axes}) == 1


def test_nothing_overlaps(drawn):
    """Titles, axis labels, panels and the note keep clear of one another and on the page."""
    _, _, figure = drawn
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    boxes = [figure._suptitle.get_window_extent(renderer), figure._supxlabel.get_window_extent(renderer)]
    for ax in figure.axes:
        boxes += [ax.get_window_extent(), ax._left_title.get_window_extent(renderer).padded(-1.0)]
        boxes += [label.get_window_extent(renderer) for label in (ax.xaxis.label, ax.yaxis.label)]
        if ax.get_legend():
            legend = ax.get_legend().get_window_extent(renderer)
            assert ax.get_window_extent().padded(2.0).contains(legend.x0, legend.y0)
            assert ax.get_window_extent().padded(2.0).contains(legend.x1, legend.y1)
    page = figure.bbox.padded(1e-9)  # pixels; what touches the edge may be rounded
    for i, box in enumerate(boxes):
        assert page.x0 <= box.x0 <= box.x1 <= page.x1
        assert page.y0 <= box.y0 <= box.y1 <= page.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_curves_doses_and_assays_are_drawn_where_they_are():
    scenario = SCENARIOS["weekly"]
    data = timeline.dataset(scenario)
    ax = timeline_figure.draw(data, scenario).axes[0]
    curves = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(curves["from testosterone cypionate"].get_ydata(), data["testosterone cypionate"])
    [ticks] = [line for line in ax.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(ticks.get_xdata(), [0.0, 7.0, 14.0, 21.0, 28.0])
    upright = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2 and np.ptp(line.get_xdata()) == 0]
    assert upright == [0.0, 28.0]


def test_steps_of_the_cell_are_all_one_where_nothing_differs():
    scenario = SCENARIOS["nothing differs"]
    assert timeline_figure.draw(timeline.dataset(scenario), scenario).axes[-1].get_title(loc="left").endswith("all 1")


def test_swings_within_a_day_are_pale_behind_their_mean():
    scenario = SCENARIOS["many doses"]
    data = timeline.dataset(scenario)
    ax = next(a for a in timeline_figure.draw(data, scenario).axes if a.get_title(loc="left").startswith("Gonadorelin"))
    pale, mean = ax.lines[:2]
    assert (pale.get_alpha() or 1.0) < 0.5
    assert np.ptp(mean.get_ydata()) < 0.5 * np.ptp(pale.get_ydata())
