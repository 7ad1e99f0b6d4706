"""Statistics of single vesicles: equal to a slow direct computation, honest about censoring, and drawn legibly."""

import json
import warnings
from math import isnan

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from glut4sim import run as simulate
from glut4sim.agents import vesicle
from glut4sim.sim.analysis import single_vesicle as sv
from glut4sim.sim.analysis.phases import PHASES, phase_bounds
from glut4sim.sim.model import signalling
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.step_records import Events, StepRecords
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.run import single_vesicle_figure
from tests.statistical import laws
from tests.support import small_scenario

STORED, MOBILE, TETHERED, DOCKED, FUSED, ENDOCYTOSED, CLUSTERED = vesicle.State
RELEASE = vesicle.TRANSITIONS.index((STORED, MOBILE))
THREE_PULSES = [
    (0.0, 0.0), (20.0, 100.0), (30.0, 200.0), (40.0, 10.0), (60.0, 50.0), (70.0, 0.0), (90.0, 5.0)
]  # fmt: skip
BRISK = {  # every transition happens often enough
    "signalling.as160_phosphorylate": "1200 1/min",
    "signalling.as160_dephosphorylate": "8 1/min",
    "signalling.rab10_load": "0.2728 1/min",
    "vesicle.release": "30 1/min",
    "vesicle.release_without_rab10": "0 1/min",
    "vesicle.recapture": "0.5 1/min",
    "vesicle.retain": "0 1/min",
    "vesicle.undock": "5.57 1/min",
    "vesicle.fuse_transiently": "0.3495 1/min",
    "vesicle.fuse_without_rab10": "0 1/min",
    "vesicle.disperse_stimulated": "0 1/min",
    "vesicle.endocytose": "2 1/min",
    "vesicle.sort": "6 1/min",
    "vesicle.recycle": "10 1/min",
    "vesicle.fuse_clustered": "0.3 1/min",
    "vesicle.disperse": "6 1/min",
    "vesicle.cluster": "4 1/min",
    "vesicle.endocytose_clustered": "5 1/min",
}
PULSE = [(0.0, 0.0), (60.0, 100.0), (150.0, 0.0), (250.0, 100.0)]  # the second pulse lasts to the end


def scenario(insulin=PULSE, duration=300.0, **arguments):
    sizes = {"vesicles": 600, "receptors": 2_000, "glucose_agents": 100}
    return small_scenario(insulin, **sizes | {"step": 0.5, "duration": duration, "parameters": BRISK} | arguments)


def run(of, seconds, pieces=1):
    """States at the start, events and trace of so many seconds."""
    engine = Engine(of, seed=1, log_events=True)
    start = engine.vesicles.state.copy()
    steps = round(seconds / of.run.step)
    trace = [engine.advance(steps // pieces) for _ in range(pieces)]
    return start, engine.take_events(), StepRecords(*map(np.concatenate, zip(*trace, strict=True)))


def part(events, low, high=None):
    return Events(*(column[low:high] for column in events))


def statistics(of, start, events, now):
    watched = sv.Statistics(of, start)
    watched.add(events)
    return watched.result(now)


@pytest.fixture(scope="module")
def pulse():
    of = scenario()
    return of, *run(of, 300.0)


# ---- against a slow direct computation ----


class Direct:
    """What the statistics should be, from whole histories of vesicles in lists."""

    def __init__(self, of, start, events, now):
        times, values = of.bath.insulin
        assert (times, values) == tuple(zip(*PULSE, strict=True))
        self.phases = [(0.0, 60.0), (60.0, 150.0), (150.0, 250.0), (250.0, 300.0)]
        self.phases = [(min(a, now), min(b, now)) for a, b in self.phases]
        self.visits = []  # state, begin (None: before t = 0), end (None: still there), transition
        self.events = []  # time, transition, copies, since tethering, since arrival (None: not known)
        for i in range(len(start)):
            mine = events.agent == i
            state, begin = int(start[i]), None
            tethered = arrived = None
            away = state in (STORED, FUSED, ENDOCYTOSED, CLUSTERED)  # its arrival, if it comes to one, will be seen
            rows = zip(events.time[mine], events.transition[mine], events.glut4[mine], strict=True)
            for now_, j, copies in rows:
                self.visits.append((state, begin, now_, int(j)))
                if state in (STORED, ENDOCYTOSED):  # it sets out, from the store or recycled
                    away, arrived = True, None
                if vesicle.TRANSITIONS[j] == (MOBILE, TETHERED):
                    tethered = now_
                    if away:
                        away, arrived = False, now_
                waits = [None if since is None else now_ - since for since in (tethered, arrived)]
                self.events.append((now_, int(j), int(copies), *waits))
                state, begin = int(vesicle.TRANSITIONS[j][1]), now_
            self.visits.append((state, begin, None, None))
        self.now = now

    def values(self, phase):
        low, high = self.phases[phase]
        events = [e for e in self.events if low <= e[0] < high]
        fusions = [e for e in events if vesicle.TRANSITIONS[e[1]] == (DOCKED, FUSED)]
        transient = [e for e in events if e[1] == vesicle.TRANSIENT_FUSION]
        copies = np.array([e[2] for e in fusions], float)
        minutes, area = (high - low) / 60.0, 4.0 * np.pi * 15.0**2
        values = {
            "phase_duration": high - low,
            "transitions": [sum(e[1] == j for e in events) for j in range(len(vesicle.TRANSITIONS))],
            "fusion_rate": len(fusions) / minutes,
            "transient_fusion_rate": len(transient) / minutes,
            "fusion_rate_per_area": len(fusions) / minutes / area,
            "transient_fusion_rate_per_area": len(transient) / minutes / area,
            "glut4_at_fusion_mean": copies.mean(),
            "glut4_at_fusion_sd": copies.std(ddof=1),
            "glut4_at_fusion": np.histogram(copies, sv.copies_edges(scenario()))[0],
        }
        for column, name in ((3, "tether_to_fusion"), (4, "arrival_to_fusion")):
            waits = [e[column] for e in fusions if e[column] is not None]
            values[name] = np.histogram(waits, sv.EDGES)[0]
            values[f"{name}_mean"] = np.mean(waits)
            values[f"{name}_median"] = np.median(waits)
            values[f"{name}_unseen"] = len(fusions) - len(waits)
        for state in vesicle.State:
            for name, value in self._of_state(state, low, high).items():
                values.setdefault(name, []).append(value)
        return values

    def _of_state(self, state, low, high):
        visits = [(b, e) for s, b, e, _ in self.visits if s == state]
        ended = [(b, e) for b, e in visits if e is not None and low <= e < high]
        lengths = np.array([e - b for b, e in ended if b is not None])
        spent, at_risk = 0.0, np.zeros(len(sv.EDGES) - 1)
        for b, e in visits:
            first, last = max(low, 0.0 if b is None else b), min(high, high if e is None else e)
            if last > first:
                spent += last - first
                if b is not None:
                    at_risk += np.diff(np.clip(sv.EDGES, first - b, last - b))
        dwells = np.histogram(lengths, sv.EDGES)[0]
        with np.errstate(invalid="ignore"):
            survival = np.cumprod(np.exp(-dwells / at_risk * np.diff(sv.EDGES)))
        return {
            "time_in_state": spent,
            "exit_rate": len(ended) / spent,
            "dwells": dwells,
            "time_at_risk": at_risk,
            "survival": survival,
            "dwell_count": len(lengths),
            "dwell_mean": lengths.mean() if len(lengths) else np.nan,
            "dwell_median": np.median(lengths) if len(lengths) else np.nan,
            "dwells_start_unseen": len(ended) - len(lengths),
            "dwells_unfinished": sum((b is None or b < high) and (e is None or e >= high) for b, e in visits),
        }


@pytest.mark.parametrize("now", [300.0, 270.0, 250.0, 200.0, 100.0])
def test_statistics_are_those_of_a_slow_direct_computation(pulse, now):
    """At the end, and of a run cut off in a washout or under insulin: later phases are then NaN."""
    of, start, events, _ = pulse
    events = part(events, 0, np.searchsorted(events.time, now))
    found = statistics(of, start, events, now)
    assert found.keys() == {v.name for v in sv.VARIABLES}
    direct = Direct(of, start, events, now)
    for phase, (low, high) in enumerate(direct.phases):
        if high == low:
            assert all(np.isnan(values[phase]).all() for name, values in found.items() if name != "phase_duration")
            continue
        expected = direct.values(phase)
        assert expected.keys() == found.keys()
        assert min(expected["transitions"]) > 0
        for name, value in expected.items():
            if name.endswith("_median"):  # to within the bin of a histogram, and not to one side
                ratio = np.log10(found[name][phase] / value) * 20.0
                assert np.nanmax(np.abs(ratio)) <= 1.0, name
                np.testing.assert_array_equal(np.isnan(found[name][phase]), np.isnan(value), err_msg=name)
            else:
                np.testing.assert_allclose(found[name][phase], value, rtol=1e-9, atol=1e-9, err_msg=name)


def test_pieces_change_nothing(pulse):
    of, start, events, _ = pulse
    whole = statistics(of, start, events, 300.0)
    for size in (7, 1000):
        watched = sv.Statistics(of, start)
        for low in range(0, len(events.time), size):
            watched.add(part(events, low, low + size))
            if low % 5 == 0:
                watched.result(events.time[min(low + size, len(events.time)) - 1])  # to look changes nothing
        for name, values in watched.result(300.0).items():
            np.testing.assert_array_equal(values, whole[name], err_msg=name)


def test_statistics_follow_every_vesicle(pulse):
    of, start, events, trace = pulse
    watched = sv.Statistics(of, start)
    watched.add(events)
    np.testing.assert_array_equal(np.bincount(watched.state, minlength=len(vesicle.State)), trace.vesicles[-1])
    assert watched.state is not start


# ---- phases ----


@pytest.mark.parametrize(
    ("insulin", "bounds"),
    [
        (0.0, (0.0, np.inf, np.inf, np.inf)),
        (100.0, (0.0, np.inf, np.inf, np.inf)),
        ([(0.0, 0.0), (30.0, 1.0)], (0.0, 30.0, np.inf, np.inf)),
        ([(0.0, 0.0), (30.0, 1.0), (40.0, 10.0), (60.0, 2.0), (80.0, 0.0)], (0.0, 30.0, 60.0, np.inf)),
        ([(0.0, 10.0), (30.0, 0.0)], (0.0, 0.0, 30.0, np.inf)),
        (PULSE, (0.0, 60.0, 150.0, 250.0, np.inf)),
        (THREE_PULSES, (0.0, 20.0, 40.0, 60.0, 70.0, 90.0, np.inf)),
    ],
)
def test_phases(insulin, bounds):
    of = scenario(insulin, duration=100.0 if insulin is THREE_PULSES else 300.0)
    assert tuple(phase_bounds(of)) == bounds
    coordinates = sv.coordinates(of)
    assert coordinates["phase_end"][1].max() <= of.run.duration
    names = ["basal", "insulin", "washout", "insulin 2", "washout 2", "insulin 3", "washout 3"]
    assert list(coordinates["phase"][1]) == names[: len(bounds) - 1]


def test_mean_insulin_of_the_phases():
    of = scenario([(0.0, 0.5), (30.0, 1.0), (40.0, 10.0), (60.0, 2.0)], duration=70.0)
    np.testing.assert_allclose(sv.coordinates(of)["phase_insulin"][1], [0.5, 7.0, 2.0], rtol=1e-9)
    of = scenario(THREE_PULSES, duration=100.0)
    np.testing.assert_allclose(sv.coordinates(of)["phase_insulin"][1], [0.0, 150.0, 10.0, 50.0, 0.0, 5.0], rtol=1e-9)
    assert [isnan(value) for value in sv.coordinates(scenario(3.0))["phase_insulin"][1]] == [False, True, True]


# ---- against theory ----


@pytest.fixture(scope="module")
def constant():
    """Vesicles at 100 nM insulin from the start: the rate at which they leave storage hardly changes."""
    stored_again = BRISK | {"vesicle.recycle": "0 1/min"}
    of = scenario(100.0, duration=600.0, vesicles=10_000, receptors=100_000, parameters=stored_again)
    start, events, trace = run(of, 600.0)
    rab10 = trace.signalling[:, signalling.SPECIES.index("rab10_active")]
    assert np.ptp(rab10) < 0.01 * rab10.mean()
    return of, start, events, of.parameter_set.vesicle.release * rab10.mean()


def test_stored_vesicles_dwell_as_the_exponential_law_of_their_exit_rate_says(constant):
    """Kolmogorov-Smirnov; dwells are followed for a window in which the end of the run cuts none short."""
    _, _, events, rate = constant
    entry, duration, _ = laws.visits((events.time, events.agent, events.transition), vesicle.TRANSITIONS, STORED)
    assert laws.dwell_times_follow(entry, duration, 600.0, rate)
    for wrong in (1.2 * rate, rate / 1.2):
        assert not laws.dwell_times_follow(entry, duration, 600.0, wrong)


def test_exit_rate_and_survival_are_not_fooled_by_a_short_experiment(constant):
    """Watched for not much longer than a dwell lasts, completed dwells are much too short; these are not."""
    of, start, events, rate = constant
    now = 1.5 / rate
    events = part(events, 0, np.searchsorted(events.time, now))
    found = {name: values[0] for name, values in statistics(of, start, events, now).items()}
    exits = found["dwell_count"][STORED] + found["dwells_start_unseen"][STORED]
    far_off = abs(found["exit_rate"][STORED] / rate - 1.0) / (laws.STANDARD_ERRORS / exits**0.5)
    assert far_off <= 1.0
    assert abs(found["exit_rate"][STORED] / rate - 1.2) > laws.STANDARD_ERRORS / exits**0.5
    assert found["dwell_mean"][STORED] < 0.6 / rate  # the naive mean
    assert found["dwells_unfinished"][STORED] > 100

    ages = sv.EDGES[1:]
    reached = found["time_at_risk"][STORED].cumsum() < 0.9 * found["time_at_risk"][STORED].sum()
    tested = reached & (ages * rate > 0.05) & (ages * rate < 0.7)
    assert tested.sum() > 10
    hazard = -np.log(found["survival"][STORED][tested]) / ages[tested]
    error = laws.STANDARD_ERRORS / np.cumsum(found["dwells"][STORED])[tested] ** 0.5
    assert (np.abs(hazard / rate - 1.0) <= error).all()
    assert not (np.abs(hazard / (1.5 * rate) - 1.0) <= error).all()  # 1.2 is as wide as the narrowest error
    completed = np.cumsum(found["dwells"][STORED]) / found["dwell_count"][STORED]
    naive = -np.log(1.0 - completed[tested]) / ages[tested]
    assert not (np.abs(naive / rate - 1.0) <= error).all()


def test_tethered_vesicles_leave_at_the_rates_of_the_parameters(constant):
    of, start, events, _ = constant
    p = of.parameter_set.vesicle
    found = statistics(of, start, events, 600.0)
    for state, rate in (
        (TETHERED, p.untether + p.dock),
        (FUSED, p.endocytose + p.cluster),
        (ENDOCYTOSED, p.sort + p.recycle),
    ):
        n = found["dwell_count"][0, state]
        assert n > 1_000
        for estimate in (found["exit_rate"][0, state], 1.0 / found["dwell_mean"][0, state]):
            window = 0.1 * (state != TETHERED)  # completed dwells alone are a little too short where dwells are long
            assert abs(estimate / rate - 1.0) <= laws.STANDARD_ERRORS / n**0.5 + (window if estimate > rate else 0.0)
        assert abs(found["exit_rate"][0, state] / rate - 1.0) <= laws.STANDARD_ERRORS / n**0.5
        assert abs(found["exit_rate"][0, state] / rate - 1.2) > laws.STANDARD_ERRORS / n**0.5


# ---- parts ----


def test_median_of_a_histogram():
    rng = np.random.default_rng(1)
    sample = rng.exponential(5.0, 100_000)
    histogram = np.histogram(sample, sv.EDGES)[0]
    assert sv.median(histogram) == pytest.approx(5.0 * np.log(2.0), rel=0.02)
    assert np.isnan(sv.median(np.zeros_like(histogram)))
    assert 0.0 < sv.median(np.histogram([4e-4], sv.EDGES)[0]) < 1e-3
    both = sv.median(np.stack([histogram, np.histogram(10.0 * sample, sv.EDGES)[0]]))
    assert both[1] == pytest.approx(10.0 * both[0], rel=1e-9)


def test_durations_beyond_the_last_bin_stay_in_it():
    """Two stored vesicles; one leaves storage, comes back and stays for a month."""
    of = scenario(0.0, vesicles=2)
    time = np.array([1.0, 2.0, 2.6e6])
    back = vesicle.TRANSITIONS.index((MOBILE, STORED))
    zeros = np.zeros((3, 3), np.float32)
    events = Events(
        time, np.zeros(3, np.uint32), np.array([RELEASE, back, RELEASE], np.uint8), zeros, np.ones(3, np.int32)
    )
    found = statistics(of, np.zeros(2, np.int8), events, 2.7e6)
    assert found["dwells"][0, STORED, -1] == 1.0
    assert found["dwell_mean"][0, STORED] == pytest.approx(2.6e6 - 2.0)
    assert found["time_at_risk"][0, STORED].sum() == pytest.approx(2.6e6 - 2.0)
    assert found["time_in_state"][0].sum() == pytest.approx(2 * 2.7e6)


@pytest.mark.parametrize(("vesicles", "copies"), [(10_000, 280_000), (60, 280_000), (10_000, 100), (1, 280_000)])
def test_bins_of_copies_hold_every_vesicle(vesicles, copies):
    of = scenario(vesicles=vesicles, parameters={"vesicle.glut4_copies": f"{copies}"})
    edges = sv.copies_edges(of)
    assert edges[0] >= 0
    assert 2 <= len(edges) <= sv.MAX_COPIES_BINS + 1
    assert len(set(np.diff(edges))) == 1
    glut4 = Engine(of, seed=1).vesicles.glut4
    assert edges[0] <= glut4.min()
    assert glut4.max() < edges[-1]


# ---- in the results ----


def make_scenario(duration="60 s", insulin=(("0 s", "0 nM"), ("20 s", "100 nM"), ("50 s", "0 nM")), **run):
    return Scenario.from_table(
        {
            "title": "A test of single vesicles",
            "cell": {"vesicles": 1_000, "receptors": 500, "glucose_agents": 100},
            "bath": {"insulin": [list(pair) for pair in insulin]},
            "run": {"duration": duration, "record_every": "1 s", "events": True, **run},
            "parameters": BRISK,
        },
        "test",
    )


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return simulate(make_scenario(replicates=2), tmp_path_factory.mktemp("run") / "out", threads=2)


def test_statistics_in_the_results_are_labelled(result):
    dataset = open_results(result.out, "single_vesicle")
    sizes = {"replicate": 2, "phase": 3, "vesicle_state": len(vesicle.State), "transition": len(vesicle.TRANSITIONS)}
    assert {dim: dataset.sizes[dim] for dim in sizes} == sizes
    assert dataset.sizes.keys() == {*sizes, "duration_bin", "glut4_bin"}
    assert set(dataset.data_vars) == {v.name for v in sv.VARIABLES}
    for variable in sv.VARIABLES:
        array = dataset[variable.name]
        assert array.dims == ("replicate", *variable.dims)
        assert array.attrs == {"units": variable.unit, "long_name": variable.long_name}
    scalars = ("membrane_area", "real_vesicles")
    for name in ("duration_bin", "duration_low", "glut4_bin", "phase_start", "phase_insulin", *scalars):
        assert name in dataset.coords
        assert dataset[name].attrs["units"]
    assert dataset.phase.values.tolist() == list(PHASES)
    assert dataset.membrane_area == pytest.approx(4.0 * np.pi * 15.0**2)
    copies = 280_000 / make_scenario(replicates=2).cell.vesicles
    assert dataset.real_vesicles == pytest.approx(copies / sv.REAL_COPIES)
    assert (dataset.phase_start.values.tolist(), dataset.phase_end.values.tolist()) == ([0, 20, 50], [20, 50, 60])
    assert (dataset.duration_bin > dataset.duration_low).all()
    assert (dataset.duration_bin < dataset.duration_high).all()
    fused = dataset.transitions.sel(phase="insulin", transition="fuse")
    np.testing.assert_allclose(dataset.fusion_rate.sel(phase="insulin"), fused / 0.5)


def test_statistics_agree_with_the_time_series(result):
    """Fusions of all phases are the recorded rate, summed up."""
    for name, transition in (("fusion_rate", "fuse"), ("transient_fusion_rate", "fuse_transiently")):
        counted = result.single_vesicle.transitions.sel(transition=transition).sum("phase")
        np.testing.assert_allclose(counted, result.dataset[name].sum("time") / 60.0)


def test_statistics_can_be_had_again_from_the_log(result):
    of = make_scenario(replicates=2)
    for replicate in range(2):
        log = open_results(result.out, f"events/{replicate}").load()
        position = np.stack([log.x, log.y, log.z], axis=1)
        events = Events(log.time.values, log.agent.values, log.transition.values, position, log.glut4.values)
        for name, values in statistics(of, log.initial_state.values, events, 60.0).items():
            np.testing.assert_array_equal(result.single_vesicle[name][replicate], values, err_msg=name)


def test_a_run_in_memory_has_the_same_statistics(result):
    in_memory = simulate(make_scenario(replicates=2))
    assert in_memory.single_vesicle.sizes == result.single_vesicle.sizes
    assert set(in_memory.single_vesicle.coords) == set(result.single_vesicle.coords)
    for name, array in in_memory.single_vesicle.data_vars.items():
        np.testing.assert_allclose(array, result.single_vesicle[name], rtol=1e-9, atol=1e-9, err_msg=name)
        assert array.attrs == result.single_vesicle[name].attrs
    assert in_memory.summary["single_vesicle"].keys() == result.summary["single_vesicle"].keys()


def test_summary_holds_the_main_numbers(result):
    numbers = json.loads((result.out / "summary.json").read_text())["single_vesicle"]
    assert numbers == result.summary["single_vesicle"]
    dataset = result.single_vesicle
    for name, expected, unit in (
        ("fusion_rate_insulin_per_min", dataset.fusion_rate.sel(phase="insulin"), "1/min"),
        ("fusion_rate_basal_per_um2_per_min", dataset.fusion_rate_per_area.sel(phase="basal"), "1/(um**2*min)"),
        ("dwell_docked_insulin_median_s", dataset.dwell_median.sel(phase="insulin", vesicle_state="docked"), "s"),
        ("tether_to_fusion_insulin_median_s", dataset.tether_to_fusion_median.sel(phase="insulin"), "s"),
        ("glut4_at_fusion_insulin_copies", dataset.glut4_at_fusion_mean.sel(phase="insulin"), "copies"),
    ):
        values = expected.values
        assert numbers[name]["mean"] == pytest.approx(values.mean())
        assert numbers[name]["sd"] == pytest.approx(values.std(ddof=1))
        assert (numbers[name]["n"], numbers[name]["unit"]) == (2, unit)


def test_a_phase_that_does_not_occur_has_no_numbers():
    numbers = simulate(make_scenario(insulin=[("0 s", "0 nM")])).summary["single_vesicle"]
    assert numbers["fusion_rate_basal_per_min"]["n"] == 1
    assert numbers["fusion_rate_insulin_per_min"] == {"mean": None, "sd": None, "n": 0, "unit": "1/min"}


def test_the_summary_holds_every_pulse():
    """A pulse says what it did itself, not what all did together; the names of the first are those of a single one."""
    pulses = [("0 s", "0 nM"), ("20 s", "100 nM"), ("30 s", "0 nM"), ("40 s", "100 nM"), ("60 s", "0 nM")]
    result = simulate(make_scenario(insulin=pulses, replicates=2))
    numbers, found = result.summary["single_vesicle"], result.single_vesicle
    for name, phase in (("insulin", "insulin"), ("insulin_2", "insulin 2")):
        rates = found.fusion_rate.sel(phase=phase).values
        assert numbers[f"fusion_rate_{name}_per_min"]["mean"] == pytest.approx(rates.mean())
    fused = found.transitions.sel(transition="fuse")
    np.testing.assert_allclose(found.fusion_rate.sel(phase="insulin 2"), fused.sel(phase="insulin 2") * 3.0)
    np.testing.assert_allclose(fused.sum("phase"), result.dataset.fusion_rate.sum("time") / 60.0)
    assert numbers["fusion_rate_insulin_per_min"]["mean"] != numbers["fusion_rate_insulin_2_per_min"]["mean"]
    assert "fusion_rate_insulin_3_per_min" not in numbers


# ---- the figure ----


def cut(dataset, reached):
    """As of a run in which a replicate stopped at a record; its statistics are as they were."""
    dataset = dataset.copy(deep=True)
    for name in dataset.data_vars:
        dataset[name].values[0, reached:] = np.nan
    return dataset


def without(statistics, phases):
    return statistics.where(~statistics.phase.isin(phases)).assign(phase_duration=statistics.phase_duration)


@pytest.fixture(scope="module")
def pairs(result):
    series, found = result.dataset.load(), result.single_vesicle.load()
    quiet = found.copy(deep=True)
    for v in sv.VARIABLES:
        if v.name != "phase_duration":
            quiet[v.name].values[:] = 0.0 if v.unit == "1" and v.name != "survival" else np.nan
    gone = found.copy(deep=True)
    for v in sv.VARIABLES:
        gone[v.name].values[0] = np.nan
    nothing = found.where(False)
    basal = simulate(make_scenario(insulin=[("0 s", "34 pM")]))
    times = range(0, 60, 6)
    pulses = simulate(make_scenario(insulin=[(f"{t} s", f"{100 * (t // 6 % 2)} nM") for t in times], replicates=2))
    return {
        "two replicates": (series, found),
        "one replicate": (series.isel(replicate=[0]), found.isel(replicate=[0])),
        "constant insulin": (basal.dataset, basal.single_vesicle),
        "five pulses": (pulses.dataset, pulses.single_vesicle),
        "a replicate that failed": (cut(series, 0), gone),
        "stopped at the start": (cut(series.isel(replicate=[0]), 1), nothing.isel(replicate=[0])),
        "no events": (series, quiet),
    }


NAMES = (
    "two replicates", "one replicate", "constant insulin", "five pulses", "a replicate that failed",
    "stopped at the start", "no events",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_draws_without_a_warning(drawn, pairs, name, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        single_vesicle_figure.save_figure(*pairs[name], tmp_path / "single_vesicle.png", dpi=60)
    image = imread(tmp_path / "single_vesicle.png")
    assert image.shape[:2] == (496, 701)
    assert image[..., :3].std() > 0.02


def test_a_run_saves_its_figure(result):
    assert (result.out / "single_vesicle.png").exists()


@pytest.mark.parametrize("name", ["two replicates", "constant insulin", "five pulses"])
def test_nothing_overlaps(pairs, name):
    series, found = pairs[name]
    figure = single_vesicle_figure.draw(series.assign_attrs(title="A title that is rather long, " * 5), found)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    boxes = [figure._suptitle.get_window_extent(renderer), figure._supxlabel.get_window_extent(renderer)]
    for ax in figure.axes:
        assert ax.get_title(loc="left")
        assert ax.get_xlabel()
        boxes += [ax.get_window_extent(), ax._left_title.get_window_extent(renderer)]
        boxes += [label.get_window_extent(renderer) for label in (ax.xaxis.label, ax.yaxis.label)]
        if ax.get_legend():
            boxes.append(ax.get_legend().get_window_extent(renderer).padded(-2.0))
    for i, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
        assert not any(box.width and other.width and box.overlaps(other) for other in boxes[i + 1 :])


def test_each_pulse_is_drawn_and_what_is_left_out_is_said(pairs):
    figure = single_vesicle_figure.draw(*pairs["five pulses"])
    bars = [label.get_text().split("\n")[0] for label in figure.axes[5].get_yticklabels()]
    assert bars == ["basal", "insulin", "insulin 2", "insulin 3"]
    note = " ".join(figure._supxlabel.get_text().split())
    assert "Only the time course shows washout, washout 2, washout 3, insulin 4 and 2 more; " in note
    quiet = single_vesicle_figure.draw(*pairs["constant insulin"])
    assert "Only" not in quiet._supxlabel.get_text()


def test_rates_are_per_area_and_add_up(pairs):
    series, found = pairs["two replicates"]
    everything, full, transient = (line.get_ydata() for line in single_vesicle_figure.draw(series, found).axes[0].lines)
    np.testing.assert_allclose(everything, full + transient)
    rate = series.fusion_rate.values[:, 1:].mean() / float(found.membrane_area)
    np.testing.assert_allclose(full, rate)  # one minute, one window
