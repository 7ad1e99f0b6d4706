"""Numbers that sum up a run: basal and peak levels, folds and half-times, as statistics over replicates.

Definitions
-----------
insulin step   the first rise of insulin; t = 0 where insulin is on from the start and its first change is a fall.
               Insulin that never changes has no step, and there is no basal
washout        the first fall of insulin after the step
basal          mean of the minute before the step. With insulin on from the start there is no such minute: the basal
               level is then the value at t = 0, and a basal rate does not exist
stimulated     mean of the minute before the washout; where insulin is not washed out, of the last minute of the run.
               Unlike the peak it is no maximum, so noise does not raise it
peak           maximum of the one-minute running mean, over the whole run
half-time      from the step (the washout) until the level has gone half of the way from basal to the peak of this
               stimulation (from the mean of the minute before the washout to basal), linear between records.
               The raw record is used, since smoothing would delay or blur the crossing

Rates are differences of cumulative counts, so the recording interval does not enter but for where windows can end. What
does not exist is None.
"""

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np

MINUTE = 60.0  # [s]


def first_stimulation(times: Sequence[float], values: Sequence[float]) -> tuple[float | None, float | None, float]:
    """When insulin first rises, is washed out, and rises again.

    Parameters
    ----------
    times, values
        piecewise constant insulin [s], [nM]; a value holds until the next time

    Returns
    -------
    step, washout : float or None
        [s]; None where there is none
    end : float
        the next rise after the washout [s]; infinity where there is none
    """
    step, washout, end = (*stimulations(times, values), None, None, None)[:3]
    return step, washout, np.inf if end is None else end


def stimulations(times: Sequence[float], values: Sequence[float]) -> list[float]:
    """When insulin first rises, first falls after that, rises again, and so on [s]; empty where it never changes.

    On from the start, it rises with the first time. Arguments as `first_stimulation`.
    """
    changes = [(t, b > a) for t, a, b in zip(times[1:], values, values[1:], strict=False) if b != a]
    if changes and not changes[0][1]:
        changes.insert(0, (times[0], True))
    moments = []
    for t, rises in changes:
        if rises == (len(moments) % 2 == 0):
            moments.append(t)
    return moments


def integral(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Running integral of a record, linear between samples (trapezoids); 0 at the first sample. Shape (K,)."""
    total = np.zeros(len(time))
    np.cumsum((time[1:] - time[:-1]) * (values[1:] + values[:-1]) / 2.0, out=total[1:])
    return total


def minute_before(time: np.ndarray, moment: float, since: float) -> tuple[float, float] | None:
    """The minute before a moment, from `since` on and up to the last record: what lies beyond knows of the change.

    Returns
    -------
    start, end : [s], end >= start; None where the record does not reach the moment or has nothing before it
    """
    if not time[0] <= moment <= time[-1]:
        return None
    start, end = max(moment - MINUTE, since, time[0]), float(time[time <= moment][-1])
    return (start, end) if end >= start else None


def mean_between(time: np.ndarray, values: np.ndarray, start: float, end: float) -> float:
    """Time average from start to end, within the record (K,), linear between samples; at start = end its value."""
    if end == start:
        return float(np.interp(start, time, values))
    inside = (time > start) & (time < end)
    t = np.concatenate(([start], time[inside], [end]))
    return float(integral(t, np.interp(t, time, values))[-1] / (end - start))


def running_mean(time: np.ndarray, values: np.ndarray, window: float = MINUTE) -> tuple[np.ndarray, np.ndarray]:
    """Means over the window that ends at each record, where a whole window fits.

    Exact for a record that is linear between samples, so it does not depend on the recording interval. Records further
    apart than the window are returned as they are: between them nothing is known.

    Returns
    -------
    end, mean : (M,) ends of the windows [s] and means; M = 0 where the record is shorter than the window
    """
    if len(time) < 2 or np.diff(time).max() > window:
        return time, values
    end = time[time >= time[0] + window * (1.0 - 1e-9)]
    start = np.maximum(end - window, time[0])
    total = integral(time, values)
    # The integral of a linear piece is quadratic: add the trapezoid from the sample before the window's start to it.
    left = np.searchsorted(time, start, side="right") - 1
    part = (start - time[left]) * (values[left] + np.interp(start, time, values)) / 2.0
    whole = total[np.searchsorted(time, end)] - total[left] - part
    return end, whole / window


def running_rate(time: np.ndarray, cumulative: np.ndarray, window: float = MINUTE) -> tuple[np.ndarray, np.ndarray]:
    """Mean rate over the window that ends at each record: the increase of a cumulative count over the window's length.

    Records further apart than the window give the rate between neighbours. Returns as `running_mean`.
    """
    if len(time) < 2:
        return time[:0], cumulative[:0]
    if np.diff(time).max() > window:
        return time[1:], np.diff(cumulative) / np.diff(time)
    end = time[time >= time[0] + window * (1.0 - 1e-9)]
    return end, (np.interp(end, time, cumulative) - np.interp(end - window, time, cumulative)) / window


def highest(end: np.ndarray, mean: np.ndarray, after: float = -np.inf, until: float = np.inf) -> float | None:
    """Largest of the means whose windows end after `after` and not later than `until`; None where there is none."""
    chosen = mean[(end > after) & (end <= until)]
    return float(chosen.max()) if len(chosen) else None


def crossing(time: np.ndarray, values: np.ndarray, start: float, level: float, rising: bool) -> float | None:
    """Time from start until the record first reaches a level, linear between samples; None if it never does.

    A record that is already there at the start has nothing to cross: None.
    """
    if not time[0] <= start < time[-1]:
        return None
    after = time > start
    t = np.append(start, time[after])
    v = np.append(np.interp(start, time, values), values[after])
    beyond = v >= level if rising else v <= level
    first = int(np.argmax(beyond))
    if not beyond[first] or first == 0:
        return None
    fraction = (level - v[first - 1]) / (v[first] - v[first - 1])
    return float(t[first - 1] + fraction * (t[first] - t[first - 1]) - start)


def stimulated_window(
    time: np.ndarray, end: float, step: float | None, washout: float | None
) -> tuple[float, float] | None:
    """The minute before the washout, or before the end of the run; None where the record does not reach it."""
    return minute_before(time, end if washout is None else washout, since=time[0] if step is None else step)


def mean_level(time: np.ndarray, values: np.ndarray, window: tuple[float, float] | None) -> float | None:
    """Mean of a level (K,) in a window; None where there is no window."""
    return None if window is None else mean_between(time, values, *window)


def mean_rate(time: np.ndarray, cumulative: np.ndarray, window: tuple[float, float] | None) -> float | None:
    """Mean rate [1/s] in a window of what a cumulative record (K,) counts; None where there is no such window."""
    if window is None or window[1] <= window[0]:
        return None
    return float(np.diff(np.interp(window, time, cumulative))[0] / (window[1] - window[0]))


def basal_level(time: np.ndarray, values: np.ndarray, step: float | None) -> float | None:
    """Mean of a level, such as a percentage (K,), in the minute before the insulin step."""
    return mean_level(time, values, None if step is None else minute_before(time, step, since=time[0]))


def peak_level(time: np.ndarray, values: np.ndarray) -> float | None:
    """Largest running mean of a level (K,)."""
    return highest(*running_mean(time, values))


def rate_numbers(time: np.ndarray, cumulative: np.ndarray, step: float | None) -> tuple[float | None, float | None]:
    """Basal and peak rate [1/s] of what a cumulative record (K,) counts."""
    window = None if step is None else minute_before(time, step, since=time[0])
    return mean_rate(time, cumulative, window), highest(*running_rate(time, cumulative))


def half_times(
    time: np.ndarray, values: np.ndarray, step: float | None, washout: float | None, end: float
) -> tuple[float | None, float | None]:
    """Half-times of a level's rise after the insulin step and of its fall after the washout [s].

    `end` is where the next stimulation begins: what follows belongs to that one. With insulin on from the start there
    are none: the cell starts at rest in it, so that nothing rises, and how far it will fall is not known.
    """
    basal = basal_level(time, values, step)
    if basal is None or step <= time[0]:
        return None, None
    here = time <= end
    time, values = time[here], values[here]
    rise = fall = None
    peak = highest(*running_mean(time, values), after=step)
    if peak is not None and peak > basal:
        rise = crossing(time, values, step, (basal + peak) / 2.0, rising=True)
    window = None if washout is None else minute_before(time, washout, since=step)
    if window is not None:
        reached = mean_between(time, values, *window)
        if reached > basal:
            fall = crossing(time, values, washout, (basal + reached) / 2.0, rising=False)
    return rise, fall


UNITS: Mapping[str, str] = {
    "surface_glut4_basal_percent": "percent",
    "surface_glut4_stimulated_percent": "percent",
    "surface_glut4_stimulated_copies": "copies",
    "surface_glut4_peak_percent": "percent",
    "surface_glut4_half_time_rise_min": "min",
    "surface_glut4_half_time_fall_min": "min",
    "glucose_uptake_basal_per_s": "1/s",
    "glucose_uptake_stimulated_per_s": "1/s",
    "glucose_uptake_peak_per_s": "1/s",
    "glucose_uptake_fold": "1",
    "glucose_taken_up_molecules": "1",
    "uptake_per_kg_basal": "umol/(kg*min)",
    "uptake_per_kg_stimulated": "umol/(kg*min)",
    "fusion_rate_basal_per_min": "1/min",
    "fusion_rate_stimulated_per_min": "1/min",
    "fusion_rate_peak_per_min": "1/min",
    "receptors_active_stimulated_percent": "percent",
    "receptors_active_peak_percent": "percent",
    "irs1_stimulated_percent": "percent",
    "pip3_stimulated_percent": "percent",
    "pip3_peak_percent": "percent",
    "akt_basal_percent": "percent",
    "akt_stimulated_percent": "percent",
    "akt_peak_percent": "percent",
    "akt_half_time_rise_min": "min",
    "as160_stimulated_percent": "percent",
    "rab10_stimulated_percent": "percent",
}
MAIN = ("surface_glut4_stimulated_copies", "glucose_uptake_stimulated_per_s", "akt_stimulated_percent")  # told first
LEVELS: Mapping[str, str] = {  # what is a level in the series -> how its numbers are called
    "surface_glut4_percent": "surface_glut4",
    "receptors_active": "receptors_active",
    "irs1_phosphorylated": "irs1",
    "pip3": "pip3",
    "akt_active": "akt",
    "as160_phosphorylated": "as160",
    "rab10_active": "rab10",
}
NEEDED = (*LEVELS, "surface_glut4", "glucose_taken_up", "uptake_per_kg", "fusion_rate")


def readable(name: str) -> str:
    """Name of a number of UNITS, in words: "Surface GLUT4 half-time rise"."""
    for unit in ("_percent", "_copies", "_per_s", "_per_min", "_min"):
        name = name.removesuffix(unit)
    words = name.replace("half_time", "half-time").split("_")
    known = {"glut4": "GLUT4", "pip3": "PIP3", "irs1": "IRS1", "as160": "AS160", "rab10": "Rab10", "akt": "Akt"}
    words = [known.get(word, word) for word in words]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def one_replicate(
    time: np.ndarray, series: Mapping[str, np.ndarray], insulin: tuple[Sequence[float], Sequence[float]]
) -> dict[str, float | None]:
    """The numbers of UNITS for one replicate.

    Parameters
    ----------
    time : (K,) records of the whole run [s]
    series
        name -> (K,) or fewer; NaN from where an interrupted replicate did not get to
    insulin : times [s] and values [nM] of the schedule
    """
    reached = int(np.isfinite(series["surface_glut4_percent"]).sum())
    if reached == 0:
        return dict.fromkeys(UNITS)
    end_of_run, time = float(time[-1]), time[:reached]
    series = {name: values[:reached] for name, values in series.items()}
    step, washout, end = first_stimulation(*insulin)
    stimulated = stimulated_window(time, end_of_run, step, washout)

    numbers: dict[str, float | None] = dict.fromkeys(UNITS)
    for name, called in LEVELS.items():
        numbers[f"{called}_stimulated_percent"] = mean_level(time, series[name], stimulated)
    numbers["surface_glut4_stimulated_copies"] = mean_level(time, series["surface_glut4"], stimulated)
    glut4 = series["surface_glut4_percent"]
    numbers["surface_glut4_basal_percent"] = basal_level(time, glut4, step)
    numbers["surface_glut4_peak_percent"] = peak_level(time, glut4)
    rise, fall = half_times(time, glut4, step, washout, end)
    numbers["surface_glut4_half_time_rise_min"] = None if rise is None else rise / MINUTE
    numbers["surface_glut4_half_time_fall_min"] = None if fall is None else fall / MINUTE

    basal, peak = rate_numbers(time, series["glucose_taken_up"], step)
    numbers["glucose_uptake_basal_per_s"], numbers["glucose_uptake_peak_per_s"] = basal, peak
    numbers["glucose_uptake_stimulated_per_s"] = mean_rate(time, series["glucose_taken_up"], stimulated)
    if peak is not None and basal is not None and basal > 0.0:
        numbers["glucose_uptake_fold"] = peak / basal
    numbers["glucose_taken_up_molecules"] = float(series["glucose_taken_up"][-1])

    per_kg = np.append(0.0, np.cumsum(series["uptake_per_kg"][1:] * np.diff(time)))  # as fusion_rate below
    numbers["uptake_per_kg_basal"], _ = rate_numbers(time, per_kg, step)
    numbers["uptake_per_kg_stimulated"] = mean_rate(time, per_kg, stimulated)

    # fusion_rate holds over the record interval before each record: summed over time it is a cumulative count (x 60).
    fusions = np.append(0.0, np.cumsum(series["fusion_rate"][1:] * np.diff(time)))
    basal, peak = rate_numbers(time, fusions, step)
    numbers["fusion_rate_basal_per_min"], numbers["fusion_rate_peak_per_min"] = basal, peak
    numbers["fusion_rate_stimulated_per_min"] = mean_rate(time, fusions, stimulated)

    numbers["receptors_active_peak_percent"] = peak_level(time, series["receptors_active"])
    numbers["pip3_peak_percent"] = peak_level(time, series["pip3"])
    akt = series["akt_active"]
    numbers["akt_basal_percent"], numbers["akt_peak_percent"] = basal_level(time, akt, step), peak_level(time, akt)
    rise, _ = half_times(time, akt, step, washout, end)
    numbers["akt_half_time_rise_min"] = None if rise is None else rise / MINUTE
    return numbers


def by_replicate(
    time: np.ndarray, series: Mapping[str, np.ndarray], insulin: tuple[Sequence[float], Sequence[float]]
) -> list[dict[str, float | None]]:
    """The numbers of UNITS for each replicate; arguments as `summarise`."""
    replicates = len(series["surface_glut4_percent"])
    return [one_replicate(time, {k: series[k][r] for k in NEEDED}, insulin) for r in range(replicates)]


def statistics(values: Sequence[float | None], unit: str) -> dict:
    """Mean, standard deviation (n - 1) and count of the values that exist."""
    existing = [v for v in values if v is not None]
    n = len(existing)
    mean = sum(existing) / n if n else None
    sd = sqrt(sum((v - mean) ** 2 for v in existing) / (n - 1)) if n > 1 else None
    return {"mean": mean, "sd": sd, "n": n, "unit": unit}


def summarise(
    name: str,
    seed: int,
    time: np.ndarray,
    series: Mapping[str, np.ndarray],
    insulin: tuple[Sequence[float], Sequence[float]],
) -> dict:
    """Summary of a run, as written to summary.json.

    Parameters
    ----------
    name, seed : of the scenario
    time : (K,) records of the whole run [s]
    series
        name -> (replicates, K or fewer), at least NEEDED; NaN where not reached
    insulin : times [s] and values [nM] of the schedule
    """
    return collect(name, seed, as_table(by_replicate(time, series, insulin)))


def as_table(numbers: Sequence[Mapping[str, float | None]]) -> np.ndarray:
    """Numbers of replicates as (replicates, numbers) in the order of UNITS; NaN where there is none."""
    rows = [[np.nan if (value := one[key]) is None else value for key in UNITS] for one in numbers]
    return np.array(rows, float).reshape(-1, len(UNITS))


def collect(name: str, seed: int, table: np.ndarray) -> dict:
    """Summary of a run, from the numbers of its replicates as `as_table` has them."""
    observables = {}
    for (key, unit), column in zip(UNITS.items(), table.T):
        observables[key] = statistics(column[~np.isnan(column)].tolist(), unit)
    return {"scenario": name, "seed": seed, "observables": observables}
