"""Rhythms of production: growth hormone in pulses, cortisol over the day, ovarian hormones over the cycle.

A rhythm is what production is multiplied by, 1 on average. Time zero is 8 am.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from glut4sim.agents import streams
from glut4sim.agents.streams import Stream

DAY = 86400.0


class Rhythm(NamedTuple):
    """A periodic course through equidistant points, smooth between them; the last is followed by the first."""

    period: float  # [s]
    points: np.ndarray  # (n,), 1 on average

    def at(self, time: float | np.ndarray) -> float | np.ndarray:
        """Its value at a time, or at times [s]."""
        n = len(self.points)
        place = (np.asarray(time) / self.period) % 1.0 * n
        i = place.astype(int)
        before, here, next_, after = (self.points[(i + k) % n] for k in (-1, 0, 1, 2))
        return np.maximum(_between(before, here, next_, after, place - i), 0.0)


def _between(before, here, next_, after, share):
    """Cubic between the inner two of four points with the slopes of their neighbours (Catmull, Rom, 1974)."""
    a, b = (next_ - before) / 2.0, (after - here) / 2.0
    c = 3.0 * (next_ - here) - 2.0 * a - b
    return here + share * (a + share * (c + share * (a + b - 2.0 * (next_ - here))))


class Cycle(NamedTuple):
    """Menstrual cycles. Irregular ones, as in perimenopause, are drawn at random.

    Attributes
    ----------
    length : mean, and longest that is drawn is twice that [s]
    length_sd : standard deviation of the logarithm of a cycle's length
    amplitude_sd
        standard deviation of the logarithm of a cycle's hormone peaks
    anovulatory
        share of cycles without ovulation: no progesterone, and estradiol without its second half
    percentile : which of a hundred women, by the height of all three hormones on each day
    """

    length: float = 28.0 * DAY
    length_sd: float = 0.0
    amplitude_sd: float = 0.0
    anovulatory: float = 0.0
    percentile: float = 50.0


def pulses() -> Rhythm:
    """Growth hormone secretion over the day: ten pulses, the largest at the onset of sleep, and 5 % between them.

    That there are about ten a day and a nightly one is general knowledge; times and sizes are assumed.
    """
    hours = np.array([1.0, 3.4, 5.8, 8.2, 10.6, 13.0, 15.5, 17.5, 19.5, 21.8])  # after 8 am
    sizes = np.array([0.5, 0.6, 0.6, 0.7, 0.8, 1.0, 4.0, 2.0, 1.0, 0.6])
    time = np.arange(0.0, 24.0, 1.0 / 30.0)
    apart = (time[:, None] - hours + 12.0) % 24.0 - 12.0
    burst = (sizes * np.exp(-0.5 * (apart / 0.15) ** 2)).sum(axis=1)
    return Rhythm(DAY, 0.05 + 0.95 * burst / burst.mean())


def day() -> Rhythm:
    """Cortisol secretion over the day: highest at 8 am, 690 and 140 nM at the extremes (textbook range)."""
    time = np.arange(0.0, 24.0, 0.25)
    return Rhythm(DAY, 1.0 + (690.0 - 140.0) / (690.0 + 140.0) * np.cos(2.0 * np.pi * time / 24.0))


@cache
def _profile(percentile: float) -> dict[str, np.ndarray]:
    """One cycle of the woman of a percentile, relative to the mean of the median one: level -> (n,), a day apart.

    Between median and the measured percentiles of 5 and 95 the logarithm is normal on either side.
    """
    lines = (Path(__file__).parent / "data" / "cycle.csv").read_text("utf-8").splitlines()
    (_, *head), *rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    columns = dict(zip(head, np.array(rows, float).T[1:]))
    away = ndtri(percentile / 100.0) / ndtri(0.95)
    found = {}
    for name in head[::3]:
        level = name.split("_")[0]
        side = columns[f"{level}_high" if away > 0.0 else f"{level}_low"]
        found[level] = columns[name] * (side / columns[name]) ** abs(away) / columns[name].mean()
    return found


def cycles(level: str, cycle: Cycle, span: float, seed: int) -> Rhythm:
    """Production of an ovarian hormone (or LH) over all cycles of a span [s].

    Every cycle has a length, a size and a chance of ovulation of its own, the same for all hormones.
    """
    profile = _profile(cycle.percentile)[level]
    points = np.arange(len(profile)) / len(profile)
    regular = cycle.length_sd == cycle.amplitude_sd == cycle.anovulatory == 0.0
    if regular:
        return Rhythm(cycle.length, profile)
    count = int(np.ceil(2.0 * span / cycle.length)) + 2
    draws = streams.uniforms(count, 0, streams.source(Stream.CYCLE, seed, 0))
    normal = ndtri(draws)
    lengths = cycle.length * np.clip(np.exp(cycle.length_sd * normal[:, 0]), 0.5, 2.0)
    sizes = np.exp(cycle.amplitude_sd * normal[:, 1] - 0.5 * cycle.amplitude_sd**2)
    without = streams.uniforms(count, 1, streams.source(Stream.CYCLE, seed, 0))[:, 0] < cycle.anovulatory
    starts = np.append(0.0, np.cumsum(lengths))
    spacing = cycle.length / 112.0
    time = np.arange(0.0, starts[-1], spacing)
    which = np.searchsorted(starts, time, side="right") - 1
    phase = (time - starts[which]) / lengths[which]
    ovulatory = np.interp(phase, points, profile, period=1.0)
    flat = np.interp(np.minimum(phase, 0.3), points, profile, period=1.0)  # stays as early in the cycle
    return Rhythm(len(time) * spacing, np.where(without[which], flat, sizes[which] * ovulatory))
