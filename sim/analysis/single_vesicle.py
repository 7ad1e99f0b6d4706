"""What single vesicles do, as laboratories report it that watch them by TIRF microscopy: rates, dwell times, waits.

Computed from the log of transitions (trace.Events) in one pass, in memory that does not grow with the run.

Definitions
-----------
phase       rest, each pulse of insulin, and what follows it (phases.py). Whatever is counted counts for the phase in
            which it happens; a dwell, for the phase in which it ends
dwell       a stay in one state. Its length is known only if it began after t = 0: those that did not are counted as
            `dwells_start_unseen`, those under way when the phase ends as `dwells_unfinished`. Count, mean and median
            are of the dwells with known length that ended; where dwells are not short against the phase, these
            favour the short ones, as they do in a film
survival    probability that a dwell lasts at least so long, free of that bias: in each bin of age the hazard is the
            number of exits over the time that vesicles of this age were at risk, be it that they came into the phase
            at that age or that it ended before they left (life table; for fine bins the estimator of Kaplan, Meier,
            J Am Stat Assoc 53:457, 1958, with delayed entry)
exit rate   transitions out of a state over the time that all vesicles spent in it. Needs no length of any dwell, so
            nothing is censored; where the hazard is constant its inverse is the mean dwell time
tether to fusion   from the last tethering before a full fusion to the fusion
arrival to fusion  from the first tethering since the vesicle left storage or was recycled. Fusions whose tethering
            (arrival) lies before t = 0 are counted as `_unseen` and left out. They are waits of those that fuse while
            they are watched: in a phase not long against them, the long ones are missed, as in a film
rates per area     over the whole membrane (membranes.area)
real vesicles  a simulated vesicle carries the GLUT4 of several real ones, `real_vesicles`: rates of fusion times
            this number are those of a cell whose vesicles carry REAL_COPIES each

Medians come from histograms on logarithmic bins, 20 a decade, and are right to within the bin (12 %).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glut4sim.agents import vesicle
from glut4sim.agents.compiling import njit
from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.phases import PHASES, mean_insulin, phase_bounds, phase_names, pulses
from glut4sim.sim.model.membranes import area
from glut4sim.sim.model.observables import REAL_COPIES
from glut4sim.sim.model.step_records import Events

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

GROUP = "single_vesicle"  # of results.zarr
STATES = tuple(state.name.lower() for state in vesicle.State)
TRANSITION_NAMES = vesicle.Parameters._fields[: len(vesicle.TRANSITIONS)]  # rates come first, in the same order
EDGES = np.append(0.0, 10.0 ** (np.arange(-60, 121) / 20.0))  # bins of durations [s]; the last takes what is longer
MAX_COPIES_BINS = 48
WAITS = ("tether_to_fusion", "arrival_to_fusion")

_N_STATE, _N_BIN = len(STATES), len(EDGES) - 1


class Variable(NamedTuple):
    name: str
    dims: tuple[str, ...]  # after `replicate`
    unit: str
    long_name: str


_BY_STATE, _BY_DURATION = ("phase", "vesicle_state"), ("phase", "vesicle_state", "duration_bin")
PER_AREA = "1/(um**2*min)"
VARIABLES = (
    Variable("phase_duration", ("phase",), "s", "Time simulated in the phase"),
    Variable("transitions", ("phase", "transition"), "1", "Transitions of vesicles"),
    Variable("fusion_rate", ("phase",), "1/min", "Full fusions per minute"),
    Variable("transient_fusion_rate", ("phase",), "1/min", "Transient fusions per minute"),
    Variable("fusion_rate_per_area", ("phase",), PER_AREA, "Full fusions per membrane area and minute"),
    Variable("transient_fusion_rate_per_area", ("phase",), PER_AREA, "Transient fusions per membrane area and minute"),
    Variable("time_in_state", _BY_STATE, "s", "Time that all vesicles spent in the state"),
    Variable("exit_rate", _BY_STATE, "1/s", "Transitions out of the state per time spent in it"),
    Variable("dwells", _BY_DURATION, "1", "Dwells that ended, by duration"),
    Variable("time_at_risk", _BY_DURATION, "s", "Time that vesicles spent in the state at this age of their dwell"),
    Variable("survival", _BY_DURATION, "1", "Probability that a dwell outlasts the bin, corrected for censoring"),
    Variable("dwell_count", _BY_STATE, "1", "Dwells of known duration that ended"),
    Variable("dwell_mean", _BY_STATE, "s", "Mean of the dwells that ended"),
    Variable("dwell_median", _BY_STATE, "s", "Median of the dwells that ended"),
    Variable("dwells_start_unseen", _BY_STATE, "1", "Dwells that ended but began before t = 0"),
    Variable("dwells_unfinished", _BY_STATE, "1", "Dwells under way when the phase ended"),
    *(
        Variable(f"{wait}{suffix}", ("phase", *dims), unit, f"{start} to full fusion: {what}")
        for wait, start in zip(WAITS, ("From the last tethering", "From the first arrival at the membrane"))
        for suffix, dims, unit, what in (
            ("", ("duration_bin",), "1", "fusions by duration"),
            ("_mean", (), "s", "mean"),
            ("_median", (), "s", "median"),
            ("_unseen", (), "1", "fusions that it is not known of"),
        )
    ),
    Variable("glut4_at_fusion", ("phase", "glut4_bin"), "1", "Fusions by GLUT4 copies of the vesicle"),
    Variable("glut4_at_fusion_mean", ("phase",), "copies", "GLUT4 copies of a vesicle at fusion, mean"),
    Variable("glut4_at_fusion_sd", ("phase",), "copies", "GLUT4 copies of a vesicle at fusion, standard deviation"),
)


def membrane_area(scenario: "Scenario") -> float:
    """[um^2]"""
    return area(scenario.parameter_set)


def real_vesicles(scenario: "Scenario") -> float:
    """How many real vesicles a simulated one stands for, by the GLUT4 that it carries."""
    return scenario.parameter_set.vesicle.glut4_copies / scenario.cell.vesicles / REAL_COPIES


def copies_edges(scenario: "Scenario") -> np.ndarray:
    """Bins of GLUT4 copies per vesicle: each holds the whole numbers from its edge to below the next.

    They reach six standard deviations to both sides of the mean; the outermost take what lies beyond.
    """
    mean = scenario.parameter_set.vesicle.glut4_copies / scenario.cell.vesicles
    reach = 6.0 * np.sqrt(mean)
    low, high = max(0, int(mean - reach)), int(mean + reach) + 2
    width = -(-(high - low) // MAX_COPIES_BINS)
    return np.arange(low, high + width, width)


def coordinates(scenario: "Scenario") -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, object]]]:
    """Coordinates of the VARIABLES except `replicate`, and what else describes them: dims, values, attributes."""
    bounds = np.minimum(phase_bounds(scenario), scenario.run.duration)
    copies = copies_edges(scenario)
    middle = np.append(EDGES[1] / 2.0, np.sqrt(EDGES[1:-1] * EDGES[2:]))
    duration, phase, bins = ("duration_bin",), ("phase",), ("glut4_bin",)

    def text(values):
        return np.array(values, dtype=np.dtypes.StringDType())

    def about(unit, long_name):
        return {"units": unit, "long_name": long_name}

    return {
        "phase": (phase, text(phase_names(len(bounds) - 1)), {"long_name": "Phase of the experiment"}),
        "phase_start": (phase, bounds[:-1], about("s", "Begin of the phase")),
        "phase_end": (phase, bounds[1:], about("s", "End of the phase")),
        "phase_insulin": (phase, mean_insulin(scenario, bounds), about("nM", "Insulin, mean over the phase")),
        "vesicle_state": (("vesicle_state",), text(STATES), {"long_name": "State of a vesicle"}),
        "transition": (("transition",), text(TRANSITION_NAMES), {"long_name": "Transition of a vesicle"}),
        "duration_bin": (duration, middle, about("s", "Duration, middle of the bin")),
        "duration_low": (duration, EDGES[:-1], about("s", "Duration, lower edge of the bin")),
        "duration_high": (duration, EDGES[1:], about("s", "Duration, upper edge of the bin")),
        "glut4_bin": (bins, (copies[:-1] + copies[1:] - 1) / 2.0, about("copies", "GLUT4 copies, middle of the bin")),
        "glut4_low": (bins, copies[:-1], about("copies", "GLUT4 copies, least in the bin")),
        "membrane_area": ((), np.array(membrane_area(scenario)), about("um**2", "Area of the membrane")),
        "real_vesicles": (
            (),
            np.array(real_vesicles(scenario)),
            about("1", f"Vesicles of {REAL_COPIES:g} copies that one stands for"),
        ),
    }


# ---- the pass over the events ----

_UNSEEN, _NOT_YET = -2.0, -1.0  # times of what may lie before t = 0, and of what has not happened


class _Rules(NamedTuple):
    """What the pass has to know of the model and the bins; arguments, since cached code keeps the globals it met."""

    source: np.ndarray  # (n_transition,) int64, states
    target: np.ndarray
    begins: np.ndarray  # (n_state,) bool, states at whose end a vesicle sets out for the membrane
    tethering: int  # transition
    fusion: int
    bounds: np.ndarray  # (P + 1,) float64 [s], beginnings of the phases, and infinity
    edges: np.ndarray  # (B + 1,) float64 [s]
    copies_low: int
    copies_width: int


class _Track(NamedTuple):
    """What has to be known of each vesicle, each array (n,)."""

    state: np.ndarray  # int8
    entered: np.ndarray  # float64 [s], when it entered its state; _UNSEEN if before t = 0
    tethered: np.ndarray  # float64 [s], last tethering; _UNSEEN
    arrived: np.ndarray  # float64 [s], first tethering since it set out; _UNSEEN or _NOT_YET


class _Tally(NamedTuple):
    """Sums; the first axis of each is the phase."""

    transitions: np.ndarray  # (P, n_transition) int64
    time_in_state: np.ndarray  # (P, S) float64 [s]
    dwells: np.ndarray  # (P, S, B) int64
    dwell_sum: np.ndarray  # (P, S) float64 [s]
    start_unseen: np.ndarray  # (P, S) int64
    unfinished: np.ndarray  # (P, S) int64
    risk_count: np.ndarray  # (P, S, B) int64, observations that end at an age in the bin, less those that begin there
    risk_sum: np.ndarray  # (P, S, B) float64 [s], their ages beyond the bin's lower edge
    waits: np.ndarray  # (P, 2, B) int64, fusions by time since tethering and since arrival
    wait_sum: np.ndarray  # (P, 2) float64 [s]
    wait_unseen: np.ndarray  # (P, 2) int64
    copies: np.ndarray  # (P, C) int64, fusions by GLUT4 copies
    copies_sum: np.ndarray  # (P, 2) float64, of copies and of their squares


@njit(cache=True)
def _bin(duration, edges):
    return min(max(np.searchsorted(edges, duration, side="right") - 1, 0), len(edges) - 2)


@njit(cache=True)
def _observe(tally, phase, s, begin, end, edges):
    """Book that a dwell was watched from one age to another [s]; returns the bin of the latter."""
    last = b = _bin(end, edges)
    tally.risk_count[phase, s, b] += 1
    tally.risk_sum[phase, s, b] += end - edges[b]
    if begin > 0.0:
        b = _bin(begin, edges)
        tally.risk_count[phase, s, b] -= 1
        tally.risk_sum[phase, s, b] -= begin - edges[b]
    return last


@njit(cache=True, nogil=True)
def _close_phase(track, tally, phase, start, end, edges):
    """Book the dwells under way at the end of a phase, as far as they lie in it."""
    for i in range(len(track.state)):
        s, entered = track.state[i], track.entered[i]
        begin = max(entered, start)
        tally.time_in_state[phase, s] += end - begin
        tally.unfinished[phase, s] += 1
        if entered >= 0.0:
            _observe(tally, phase, s, begin - entered, end - entered, edges)


@njit(cache=True)
def _wait(tally, phase, which, since, now, edges):
    if since >= 0.0:
        tally.waits[phase, which, _bin(now - since, edges)] += 1
        tally.wait_sum[phase, which] += now - since
    else:
        tally.wait_unseen[phase, which] += 1


@njit(cache=True, nogil=True)
def _absorb(time, agent, transition, glut4, phase, rules, track, tally):
    """Book events in order of time; returns the phase reached."""
    bounds, edges = rules.bounds, rules.edges
    for n in range(len(time)):
        now, i, j = time[n], agent[n], np.int64(transition[n])
        while now >= bounds[phase + 1]:
            _close_phase(track, tally, phase, bounds[phase], bounds[phase + 1], edges)
            phase += 1
        s = rules.source[j]
        entered = track.entered[i]
        begin = min(max(entered, bounds[phase]), now)
        tally.transitions[phase, j] += 1
        tally.time_in_state[phase, s] += now - begin
        if entered >= 0.0:
            dwell = max(now - entered, 0.0)
            b = _observe(tally, phase, s, begin - entered, dwell, edges)
            tally.dwells[phase, s, b] += 1
            tally.dwell_sum[phase, s] += dwell
        else:
            tally.start_unseen[phase, s] += 1
        if rules.begins[s]:
            track.arrived[i] = _NOT_YET
        if j == rules.tethering:
            track.tethered[i] = now
            if track.arrived[i] == _NOT_YET:
                track.arrived[i] = now
        elif j == rules.fusion:
            _wait(tally, phase, 0, track.tethered[i], now, edges)
            _wait(tally, phase, 1, track.arrived[i], now, edges)
            b = (glut4[n] - rules.copies_low) // rules.copies_width
            tally.copies[phase, min(max(b, 0), tally.copies.shape[1] - 1)] += 1
            tally.copies_sum[phase, 0] += glut4[n]
            tally.copies_sum[phase, 1] += float(glut4[n]) ** 2
        track.state[i] = rules.target[j]
        track.entered[i] = now
    return phase


class Statistics:
    """The statistics of one replicate, from its events as they come.

    Parameters
    ----------
    scenario : Scenario
    state : (n,) int
        each vesicle's state at t = 0
    """

    def __init__(self, scenario: "Scenario", state: np.ndarray):
        n = len(state)
        self.bounds = phase_bounds(scenario)
        self.area = membrane_area(scenario)
        copies = copies_edges(scenario)
        self._rules = _Rules(
            vesicle.TABLE.source, vesicle.TABLE.target,
            np.isin(list(vesicle.State), (vesicle.State.STORED, vesicle.State.ENDOCYTOSED)),
            vesicle.TETHERING, vesicle.FUSION, self.bounds, EDGES, int(copies[0]), int(copies[1] - copies[0]),
        )  # fmt: skip
        self._phase = 0
        on_the_way = np.isin(state, (vesicle.State.MOBILE, vesicle.State.TETHERED, vesicle.State.DOCKED))
        self._track = _Track(
            np.array(state, np.int8),
            np.full(n, _UNSEEN),
            np.full(n, _UNSEEN),
            np.where(on_the_way, _UNSEEN, _NOT_YET),
        )
        shapes = {
            "transitions": (len(vesicle.TRANSITIONS),),
            **dict.fromkeys(("time_in_state", "dwell_sum", "start_unseen", "unfinished"), (_N_STATE,)),
            **dict.fromkeys(("dwells", "risk_count", "risk_sum"), (_N_STATE, _N_BIN)),
            **dict.fromkeys(("wait_sum", "wait_unseen", "copies_sum"), (2,)),
            "waits": (2, _N_BIN),
            "copies": (len(copies) - 1,),
        }
        real, phases = {"time_in_state", "dwell_sum", "risk_sum", "wait_sum", "copies_sum"}, len(self.bounds) - 1
        self._tally = _Tally(
            *(np.zeros((phases, *shapes[name]), float if name in real else np.int64) for name in _Tally._fields)
        )

    @property
    def state(self) -> np.ndarray:
        """State of each vesicle after the events so far, (n,) int8."""
        return self._track.state

    def add(self, events: Events) -> None:
        """Take the next events, in order of time."""
        columns = events.time, events.agent, events.transition, events.glut4
        self._phase = _absorb(*columns, self._phase, self._rules, self._track, self._tally)

    def result(self, now: float) -> dict[str, np.ndarray]:
        """The VARIABLES as they stand at a time [s] that is not before the last event; NaN in phases not reached."""
        tally = _Tally(*(sums.copy() for sums in self._tally))
        phase = self._phase
        while now >= self.bounds[phase + 1]:
            _close_phase(self._track, tally, phase, self.bounds[phase], self.bounds[phase + 1], EDGES)
            phase += 1
        _close_phase(self._track, tally, phase, self.bounds[phase], now, EDGES)

        duration = np.maximum(np.minimum(now, self.bounds[1:]) - np.minimum(now, self.bounds[:-1]), 0.0)
        values = _evaluate(tally, duration, self.area)
        for name, array in values.items():
            if name != "phase_duration":
                array[duration == 0.0] = np.nan
        return values


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, NaN where that does not exist."""
    return np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below > 0)


def _evaluate(tally: _Tally, duration: np.ndarray, area: float) -> dict[str, np.ndarray]:
    fusions, transient = (tally.transitions[:, j] for j in (vesicle.FUSION, vesicle.TRANSIENT_FUSION))
    minutes = duration / summary.MINUTE
    exits = np.stack([tally.transitions[:, vesicle.TABLE.source == s].sum(axis=1) for s in range(_N_STATE)], axis=1)
    at_risk = time_at_risk(tally.risk_count, tally.risk_sum)
    count = tally.dwells.sum(axis=-1)
    fused = tally.copies.sum(axis=-1)
    copies_mean = _ratio(tally.copies_sum[:, 0], fused)
    copies_variance = _ratio(tally.copies_sum[:, 1] - fused * copies_mean**2, fused - 1)
    values = {
        "phase_duration": duration,
        "transitions": tally.transitions,
        "fusion_rate": _ratio(fusions, minutes),
        "transient_fusion_rate": _ratio(transient, minutes),
        "fusion_rate_per_area": _ratio(fusions, minutes * area),
        "transient_fusion_rate_per_area": _ratio(transient, minutes * area),
        "time_in_state": tally.time_in_state,
        "exit_rate": _ratio(exits, tally.time_in_state),
        "dwells": tally.dwells,
        "time_at_risk": at_risk,
        "survival": survival(tally.dwells, at_risk),
        "dwell_count": count,
        "dwell_mean": _ratio(tally.dwell_sum, count),
        "dwell_median": median(tally.dwells),
        "dwells_start_unseen": tally.start_unseen,
        "dwells_unfinished": tally.unfinished,
        "glut4_at_fusion": tally.copies,
        "glut4_at_fusion_mean": copies_mean,
        "glut4_at_fusion_sd": np.sqrt(np.maximum(copies_variance, 0.0)),
    }
    for which, wait in enumerate(WAITS):
        histogram = tally.waits[:, which]
        values[wait] = histogram
        values[f"{wait}_mean"] = _ratio(tally.wait_sum[:, which], histogram.sum(axis=-1))
        values[f"{wait}_median"] = median(histogram)
        values[f"{wait}_unseen"] = tally.wait_unseen[:, which]
    return {name: np.array(array, float) for name, array in values.items()}


def time_at_risk(count: np.ndarray, ages: np.ndarray) -> np.ndarray:
    """Time spent at ages within each bin [s], shape (..., B).

    An observation that ends at age a has spent min(a, upper edge) - lower edge in each bin that it reached; one that
    begins at an age takes as much off.

    Parameters
    ----------
    count, ages
        (..., B)
        observations that end in the bin less those that begin in it, and the sum of their ages
        beyond its lower edge [s], with the same signs
    """
    beyond = np.flip(np.cumsum(np.flip(count, axis=-1), axis=-1), axis=-1) - count
    widths = np.diff(EDGES)
    total = ages + beyond * widths
    return np.where(total > 1e-9 * widths, total, 0.0)  # less is what rounding leaves of sums that cancel


def survival(dwells: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    """Probability that a dwell outlasts each bin, (..., B): exp of minus the sum of hazard x width.

    NaN from the first bin on in which nobody was at risk.
    """
    hazard = _ratio(dwells, at_risk)
    return np.exp(-np.cumsum(hazard * np.diff(EDGES), axis=-1))


def median(histogram: np.ndarray) -> np.ndarray:
    """Median of durations [s] from a histogram on EDGES, (..., B) -> (...), interpolated within its bin."""
    cumulative = np.cumsum(histogram, axis=-1)
    half = cumulative[..., -1:] / 2.0
    b = np.argmax(cumulative >= np.maximum(half, 0.5), axis=-1)
    inside = np.take_along_axis(histogram, b[..., None], axis=-1)[..., 0]
    before = np.take_along_axis(cumulative, b[..., None], axis=-1)[..., 0] - inside
    fraction = _ratio(half[..., 0] - before, inside)
    low, high = EDGES[b], EDGES[b + 1]
    within = np.where(low > 0.0, np.maximum(low, EDGES[1]) * (high / np.maximum(low, EDGES[1])) ** fraction, 0.0)
    value = np.where(low > 0.0, within, high * fraction)
    return np.where(cumulative[..., -1] > 0, value, np.nan)


# ---- the numbers that sum it up ----

_SUMMED = {  # variable, state -> name in the summary, unit; each for basal and each pulse
    ("fusion_rate", None): ("fusion_rate_{}_per_min", "1/min"),
    ("transient_fusion_rate", None): ("transient_fusion_rate_{}_per_min", "1/min"),
    ("fusion_rate_per_area", None): ("fusion_rate_{}_per_um2_per_min", PER_AREA),
    ("transient_fusion_rate_per_area", None): ("transient_fusion_rate_{}_per_um2_per_min", PER_AREA),
    ("dwell_mean", "tethered"): ("dwell_tethered_{}_mean_s", "s"),
    ("dwell_median", "tethered"): ("dwell_tethered_{}_median_s", "s"),
    ("dwell_mean", "docked"): ("dwell_docked_{}_mean_s", "s"),
    ("dwell_median", "docked"): ("dwell_docked_{}_median_s", "s"),
    ("tether_to_fusion_mean", None): ("tether_to_fusion_{}_mean_s", "s"),
    ("tether_to_fusion_median", None): ("tether_to_fusion_{}_median_s", "s"),
    ("arrival_to_fusion_median", None): ("arrival_to_fusion_{}_median_s", "s"),
    ("glut4_at_fusion_mean", None): ("glut4_at_fusion_{}_copies", "copies"),
}
SUMMED = tuple(dict.fromkeys(variable for variable, _ in _SUMMED))
NUMBERS = {name.format(phase): unit for name, unit in _SUMMED.values() for phase in PHASES[:2]}  # units, of any run


def summarise(values: Mapping[str, np.ndarray]) -> dict[str, dict]:
    """Mean, standard deviation, count of replicates and unit of each main number, as in summary.json.

    Parameters
    ----------
    values
        name -> (replicates, phase) or (replicates, phase, vesicle_state), at least SUMMED; NaN where there is none
    """
    numbers, phases = {}, {PHASES[0]: 0} | pulses(values[SUMMED[0]].shape[1])
    for (variable, state), (name, unit) in _SUMMED.items():
        for phase, i in phases.items():
            column = values[variable][:, i]
            column = column if state is None else column[:, STATES.index(state)]
            existing = [float(value) if np.isfinite(value) else None for value in column]
            numbers[name.format(phase.replace(" ", "_"))] = summary.statistics(existing, unit)
    return numbers
