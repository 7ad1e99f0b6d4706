"""Counter-based random numbers: Philox4x32-10, and every stream that the simulator draws from.

A draw is a pure function of what it is for: key = the 64-bit seed, counter = (agent, draw, stream, replicate). So the
same agent gets the same numbers whatever the number of threads, the length of a compiled call, the recording interval
or the scenario; and two agents, draws, streams or replicates never share one.

Source: Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3, SC'11 (2011), table 2; checked against
the known-answer vectors of the authors' Random123 library.
"""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numba.extending import intrinsic

from glut4sim.agents.compiling import compiled, inlined


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
    BODY = 12


OF_A_MEMBRANE = 16  # so much higher are the streams of each further membrane of a cell


_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = 0x9E3779B9
_WEYL_1 = 0xBB67AE85
_32 = np.uint64(32)
_WORD = np.uint64(0xFFFFFFFF)
_KEY_0 = tuple(np.uint64(i * _WEYL_0) for i in range(10))
_KEY_1 = tuple(np.uint64(i * _WEYL_1) for i in range(10))


@intrinsic
def _fma(typing_context, a, b, c):
    """a * b + c, rounded once: the same bits on every machine, in a vectorised loop and out of one."""

    def generate(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return a(a, a, a), generate


fma: Any = _fma  # its own type is that of what numba calls while it compiles


class Source(NamedTuple):
    """Where a kind of random number comes from; with an agent and a draw it makes the whole counter and key."""

    stream: np.uint32
    replicate: np.uint32
    key: tuple[np.uint32, np.uint32]


def source(stream: int, seed: int, replicate: int = 0) -> Source:
    """The source of the numbers of a Stream in one replicate of a seed."""
    return Source(np.uint32(stream), np.uint32(replicate), split_seed(seed))


def split_seed(seed: int) -> tuple[np.uint32, np.uint32]:
    """The two key words of a 64-bit seed, low word first. ValueError if it does not fit."""
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must lie in 0 .. 2**64 - 1, got {seed}")
    return np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)


@inlined
def _round(c0, c1, c2, c3, k0, k1):
    """One round on the lower halves of 64-bit words. The upper halves hold whatever is left over: to clear them when
    they are multiplied costs nothing on a vector unit, and to pack words of 32 bits would cost as much as the round.
    """
    p0 = _MULTIPLIER_0 * (c0 & _WORD)
    p1 = _MULTIPLIER_1 * (c2 & _WORD)
    return (p1 >> _32) ^ c1 ^ k0, p1, (p0 >> _32) ^ c3 ^ k1, p0


@inlined
def philox(agent, draw, source):
    """Four independent uniform 32-bit words for one counter.

    Parameters
    ----------
    agent, draw : uint32
        with the source's stream and replicate, the counter
    source : Source

    Returns
    -------
    words : 4 x uint32
    """
    c0, c1 = np.uint64(np.uint32(agent)), np.uint64(np.uint32(draw))
    c2, c3 = np.uint64(source.stream), np.uint64(source.replicate)
    k0, k1 = np.uint64(source.key[0]), np.uint64(source.key[1])
    # ten rounds, written out: LLVM vectorises a caller's loop over agents only if there is no loop in here
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[1], k1 + _KEY_1[1])
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[2], k1 + _KEY_1[2])
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[3], k1 + _KEY_1[3])
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[4], k1 + _KEY_1[4])
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[5], k1 + _KEY_1[5])
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[6], k1 + _KEY_1[6])
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[7], k1 + _KEY_1[7])
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[8], k1 + _KEY_1[8])
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _KEY_0[9], k1 + _KEY_1[9])
    return np.uint32(c0 & _WORD), np.uint32(c1 & _WORD), np.uint32(c2 & _WORD), np.uint32(c3 & _WORD)


@inlined
def words(who, draws, n, source, out):
    """The words of n agents' draws into the rows of out (4, capacity): a loop that LLVM vectorises, as everything in it
    is 64 bits wide or only stored.
    """
    for m in range(n):
        out[0, m], out[1, m], out[2, m], out[3, m] = philox(who[m], draws[m], source)


@inlined
def uniform(high, low):
    """A double in the open interval (0, 1) with 52 random bits, from two words: neither 0 nor 1 can occur."""
    bits = (np.uint64(high) << np.uint64(20)) | (np.uint64(low) >> np.uint64(12))
    # 1 + bits / 2^52 by its exponent; what is taken off leaves (bits + 1/2) / 2^52 exactly
    return np.uint64(bits | np.uint64(0x3FF0000000000000)).view(np.float64) - (1.0 - 2.0**-53)


@inlined(error_model="numpy")
def exponential(high, low):
    """A standard exponential variate, E ~ Exp(1), E > 0, by inversion from two words: -ln(u).

    The logarithm is that of fdlibm (Sun Microsystems, 1993; error below 1 unit in the last place), without branch or
    call, so that loops vectorise and every machine gives the same bits.
    """
    bits = np.float64(uniform(high, low)).view(np.int64)
    # u = 2^exponent (1 + f), with 1 + f in [sqrt(1/2), sqrt(2))
    exponent = np.int64(bits - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)
    f = np.int64(bits - (exponent << np.int64(52))).view(np.float64) - 1.0
    k = np.float64(np.int32(exponent))
    s = f / (2.0 + f)
    z = s * s
    p = 1.479819860511658591e-01
    p = fma(p, z, 1.531383769920937332e-01)
    p = fma(p, z, 1.818357216161805012e-01)
    p = fma(p, z, 2.222219843214978396e-01)
    p = fma(p, z, 2.857142874366239149e-01)
    p = fma(p, z, 3.999999999940941908e-01)
    p = fma(p, z, 6.666666666666735130e-01)
    half_square = 0.5 * f * f
    tail = fma(s, fma(p, z, half_square), k * 1.90821492927058770002e-10)
    return ((half_square - tail) - f) - k * 6.93147180369123816490e-01


@compiled
def uniforms(n, draw, source):
    """Two uniform numbers in (0, 1) for each of n agents, (n, 2) float64."""
    out = np.empty((n, 2))
    for i in range(n):
        w0, w1, w2, w3 = philox(np.uint32(i), np.uint32(draw), source)
        out[i, 0] = uniform(w0, w1)
        out[i, 1] = uniform(w2, w3)
    return out


_LN2 = np.float32(0.6931471805599453)
_RADIUS_BITS, _ANGLE_BITS = 26, 16
_TURN = np.float32(2.0 * np.pi / 2**_ANGLE_BITS)


@inlined
def normal_pair(radius, angle):
    """Two independent standard normal variates (float32) from integers of 26 and 16 bits, by the Box-Muller transform.

    The logarithm, sine and cosine are polynomials (Cephes single-precision coefficients, S. L. Moshier), so that a
    loop over agents holds no call and LLVM can vectorise it. Absolute error below 1e-6; the largest magnitude is 6.1,
    which 26 bits allow. Over 2^16 directions evenly round the circle, every moment of an order below 2^16 is that of
    the uniform angle.
    """
    # radius: -2 ln((a + 1/2) / 2^26), with a split into mantissa 1 + m in [sqrt(1/2), sqrt(2)) and exponent
    bits = np.float32(np.float32(np.int32(radius)) + np.float32(0.5)).view(np.int32)
    exponent = np.int32(np.int32(bits - np.int32(0x3F3504F3)) >> np.int32(23))
    m = np.float32(np.int32(bits - np.int32(exponent << np.int32(23))).view(np.float32) - np.float32(1.0))
    p = np.float32(7.0376836292e-2)
    p = fma(p, m, np.float32(-1.1514610310e-1))
    p = fma(p, m, np.float32(1.1676998740e-1))
    p = fma(p, m, np.float32(-1.2420140846e-1))
    p = fma(p, m, np.float32(1.4249322787e-1))
    p = fma(p, m, np.float32(-1.6668057665e-1))
    p = fma(p, m, np.float32(2.0000714765e-1))
    p = fma(p, m, np.float32(-2.4999993993e-1))
    p = fma(p, m, np.float32(3.3333331174e-1))
    p = fma(p, m, np.float32(-0.5))
    log = fma(p, np.float32(m * m), m)
    log = fma(np.float32(np.int32(exponent - np.int32(_RADIUS_BITS))), _LN2, log)
    length = np.sqrt(np.float32(np.float32(-2.0) * min(log, np.float32(0.0))))
    # angle: b / 2^16 of a turn, as a quarter and what remains of it, -1/8 .. 1/8 turn
    angle = np.int32(angle)
    quarter = np.int32(np.int32(angle + np.int32(0x2000)) >> np.int32(14))
    t = np.float32(np.float32(np.int32(angle - np.int32(quarter << np.int32(14)))) * _TURN)
    t2 = np.float32(t * t)
    sine = np.float32(-1.9515295891e-4)
    sine = fma(sine, t2, np.float32(8.3321608736e-3))
    sine = fma(sine, t2, np.float32(-1.6666654611e-1))
    sine = fma(np.float32(sine * t2), t, t)
    cosine = np.float32(2.443315711809948e-5)
    cosine = fma(cosine, t2, np.float32(-1.388731625493765e-3))
    cosine = fma(cosine, t2, np.float32(4.166664568298827e-2))
    cosine = fma(cosine, t2, np.float32(-0.5))
    cosine = fma(cosine, t2, np.float32(1.0))
    swap = (quarter & np.int32(1)) != 0
    a = np.float32(length * (sine if swap else cosine)).view(np.int32)
    b = np.float32(length * (cosine if swap else sine)).view(np.int32)
    # the sign of the cosine is negative in quarters 1 and 2, that of the sine in 2 and 3
    a = np.int32(a ^ np.int32(np.int32(np.int32(quarter + np.int32(1)) & np.int32(2)) << np.int32(30)))
    b = np.int32(b ^ np.int32(np.int32(quarter & np.int32(2)) << np.int32(30)))
    return a.view(np.float32), b.view(np.float32)


@inlined
def normals(w0, w1, w2, w3):
    """Six independent standard normal variates (float32) from the four words of one counter.

    Three radii of 26 bits, three angles of 16; two bits are left over.
    """
    six, word = np.uint32(6), np.uint32(0xFFFF)
    low = np.uint32(
        np.uint32(np.uint32(w0 & np.uint32(63)) << np.uint32(10))
        | np.uint32(np.uint32(w1 & np.uint32(63)) << np.uint32(4))
    )
    low = np.uint32(low | np.uint32(np.uint32(w2 >> np.uint32(2)) & np.uint32(15)))
    n0, n1 = normal_pair(np.uint32(w0 >> six), np.uint32(w3 & word))
    n2, n3 = normal_pair(np.uint32(w1 >> six), np.uint32(w3 >> np.uint32(16)))
    n4, n5 = normal_pair(np.uint32(w2 >> six), low)
    return n0, n1, n2, n3, n4, n5
