"""Counter-based random numbers: Philox4x32-10, and every stream that the simulator draws from.

A draw is a pure function of what it is for: key = the 64-bit seed, counter = (agent, draw, stream, replicate). So the
same agent gets the same numbers whatever the number of threads, the length of a compiled call, the recording interval
or the scenario; and two agents, draws, streams or replicates never share one.

Source: Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3, SC'11 (2011), table 2; checked against
the known-answer vectors of the authors' Random123 library.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit


class Stream(IntEnum):
    """What a random number is for: the third word of its counter. Numbers are part of what a seed means."""

    RECEPTOR_INITIAL = 0
    RECEPTOR_CLOCK = 1
    VESICLE_INITIAL = 2
    VESICLE_CLOCK = 3
    VESICLE_MOTION = 4
    VESICLE_GLUT4 = 5
    GLUCOSE_INITIAL = 6
    GLUCOSE_CLOCK = 7
    CYCLE = 8
    CELL = 9


_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = 0x9E3779B9
_WEYL_1 = 0xBB67AE85
_32 = np.uint64(32)


class Source(NamedTuple):
    """Where a kind of random number comes from; with an agent and a draw it makes the whole counter and key."""

    stream: np.uint32
    replicate: np.uint32
    key: tuple[np.uint32, np.uint32]


def source(stream: Stream, seed: int, replicate: int = 0) -> Source:
    """The source of a stream's numbers in one replicate of a seed."""
    return Source(np.uint32(stream), np.uint32(replicate), split_seed(seed))


def split_seed(seed: int) -> tuple[np.uint32, np.uint32]:
    """The two key words of a 64-bit seed, low word first. ValueError if it does not fit."""
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must lie in 0 .. 2**64 - 1, got {seed}")
    return np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)


@njit(cache=True, forceinline=True)
def _round(c0, c1, c2, c3, k0, k1):
    p0 = _MULTIPLIER_0 * np.uint64(c0)
    p1 = _MULTIPLIER_1 * np.uint64(c2)
    return (
        np.uint32(np.uint32(p1 >> _32) ^ c1 ^ k0),
        np.uint32(p1),
        np.uint32(np.uint32(p0 >> _32) ^ c3 ^ k1),
        np.uint32(p0),
    )


@njit(cache=True, forceinline=True)
def philox(agent, draw, source):
    """Four independent uniform 32-bit words for one counter.

    Parameters
    ----------
    agent, draw : uint32    with the source's stream and replicate, the counter
    source : Source

    Returns
    -------
    words : 4 x uint32
    """
    c0, c1, c2, c3 = np.uint32(agent), np.uint32(draw), source.stream, source.replicate
    k0, k1 = source.key
    # ten rounds, written out: LLVM vectorises a caller's loop over agents only if there is no loop in here
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + 1 * _WEYL_0), np.uint32(k1 + 1 * _WEYL_1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + 2 * _WEYL_0), np.uint32(k1 + 2 * _WEYL_1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + 3 * _WEYL_0), np.uint32(k1 + 3 * _WEYL_1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + 4 * _WEYL_0), np.uint32(k1 + 4 * _WEYL_1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + 5 * _WEYL_0), np.uint32(k1 + 5 * _WEYL_1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + 6 * _WEYL_0), np.uint32(k1 + 6 * _WEYL_1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + 7 * _WEYL_0), np.uint32(k1 + 7 * _WEYL_1))
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, np.uint32(k0 + 8 * _WEYL_0), np.uint32(k1 + 8 * _WEYL_1))
    return _round(c0, c1, c2, c3, np.uint32(k0 + 9 * _WEYL_0), np.uint32(k1 + 9 * _WEYL_1))


@njit(cache=True, forceinline=True)
def uniform(high, low):
    """A double in the open interval (0, 1) with 52 random bits, from two words: neither 0 nor 1 can occur."""
    bits = (np.uint64(high) << np.uint64(20)) | (np.uint64(low) >> np.uint64(12))
    return (np.float64(bits) + 0.5) * 2.0**-52


@njit(cache=True, forceinline=True)
def exponential(high, low):
    """A standard exponential variate, E ~ Exp(1), E > 0, by inversion from two words."""
    return -np.log(uniform(high, low))


@njit(cache=True, nogil=True)
def uniforms(n, draw, source):
    """Two uniform numbers in (0, 1) for each of n agents, (n, 2) float64."""
    out = np.empty((n, 2))
    for i in range(n):
        w0, w1, w2, w3 = philox(i, draw, source)
        out[i, 0] = uniform(w0, w1)
        out[i, 1] = uniform(w2, w3)
    return out


_SQRT_HALF = np.float32(0.70710678)
_LN2 = np.float32(0.6931471805599453)
_2_PI_2_32 = np.float32(2.0 * np.pi / 2.0**32)


@njit(cache=True, forceinline=True)
def normal_pair(word_a, word_b):
    """Two independent standard normal variates (float32) from two words, by the Box-Muller transform.

    The logarithm, sine and cosine are polynomials (Cephes single-precision coefficients, S. L. Moshier), so that a
    loop over agents holds no call and LLVM can vectorise it. Absolute error below 1e-6; the largest magnitude is 6.8,
    which 32 bits allow.
    """
    # radius: -2 ln((a + 1/2) / 2^32), with a split into mantissa m in [sqrt(1/2), sqrt(2)) and exponent
    value = np.float32(np.float32(word_a) + np.float32(0.5))
    bits = value.view(np.int32)
    exponent = np.int32((bits >> np.int32(23)) - np.int32(126))
    mantissa = np.int32((bits & np.int32(0x007FFFFF)) | np.int32(0x3F000000)).view(np.float32)
    small = mantissa < _SQRT_HALF
    exponent = np.int32(exponent - np.int32(small))
    m = np.float32((mantissa + mantissa if small else mantissa) - np.float32(1.0))
    z = np.float32(m * m)
    p = np.float32(7.0376836292e-2)
    p = np.float32(p * m + np.float32(-1.1514610310e-1))
    p = np.float32(p * m + np.float32(1.1676998740e-1))
    p = np.float32(p * m + np.float32(-1.2420140846e-1))
    p = np.float32(p * m + np.float32(1.4249322787e-1))
    p = np.float32(p * m + np.float32(-1.6668057665e-1))
    p = np.float32(p * m + np.float32(2.0000714765e-1))
    p = np.float32(p * m + np.float32(-2.4999993993e-1))
    p = np.float32(p * m + np.float32(3.3333331174e-1))
    log = np.float32(m + (p * m * z - np.float32(0.5) * z))
    log = np.float32(log + np.float32(exponent - np.int32(32)) * _LN2)
    radius = np.sqrt(np.float32(np.float32(-2.0) * min(log, np.float32(0.0))))
    # angle: 2 pi b / 2^32, folded to the nearest quarter turn
    quarter = np.uint32(np.uint32(word_b + np.uint32(0x20000000)) >> np.uint32(30))
    t = np.float32(np.float32(np.int32(np.uint32(word_b - np.uint32(quarter << np.uint32(30))))) * _2_PI_2_32)
    t2 = np.float32(t * t)
    sine = np.float32(-1.9515295891e-4)
    sine = np.float32(sine * t2 + np.float32(8.3321608736e-3))
    sine = np.float32(sine * t2 + np.float32(-1.6666654611e-1))
    sine = np.float32(sine * t2 * t + t)
    cosine = np.float32(2.443315711809948e-5)
    cosine = np.float32(cosine * t2 + np.float32(-1.388731625493765e-3))
    cosine = np.float32(cosine * t2 + np.float32(4.166664568298827e-2))
    cosine = np.float32(cosine * t2 * t2 - np.float32(0.5) * t2 + np.float32(1.0))
    swap = (quarter & np.uint32(1)) == np.uint32(1)
    a = sine if swap else cosine
    b = cosine if swap else sine
    flip_a = (quarter == np.uint32(1)) | (quarter == np.uint32(2))
    a = -a if flip_a else a
    b = -b if quarter >= np.uint32(2) else b
    return np.float32(radius * a), np.float32(radius * b)
