"""Random numbers: the published Philox vectors, the ends of every range, and that no two purposes share a number."""

import math
from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
import pytest
from numba import njit

from glut4sim.agents.streams import (
    Source,
    Stream,
    exponential,
    fma,
    normal_pair,
    normals,
    philox,
    source,
    split_seed,
    uniform,
    uniforms,
)
from tests import twin

WORDS = 2**32
EXTREME = (0, 1, 2, 2**31 - 1, 2**31, 2**31 + 1, WORDS - 2, WORDS - 1)


def words(agent=0, draw=0, stream=0, replicate=0, seed=0):
    origin = Source(np.uint32(stream), np.uint32(replicate), split_seed(seed))
    return tuple(map(int, philox(np.uint32(agent), np.uint32(draw), origin)))


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((WORDS - 1,) * 4, (WORDS - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_philox_gives_the_known_answers_of_random123(counter, key, answer):
    assert words(*counter, seed=key[0] + WORDS * key[1]) == answer


def test_seed_is_split_into_low_and_high_word():
    assert split_seed(0x299F31D0_A4093822) == (0xA4093822, 0x299F31D0)
    assert split_seed(2**64 - 1) == (WORDS - 1, WORDS - 1)
    for bad in (-1, 2**64):
        with pytest.raises(ValueError, match="seed"):
            split_seed(bad)


def test_every_part_of_the_counter_and_the_key_changes_all_words():
    base = {"agent": 5, "draw": 5, "stream": 5, "replicate": 5, "seed": 5}
    seen = [words(**base)]
    for part in base:
        seen += [words(**base | {part: value}) for value in (6, 2**31 + 5, WORDS - 1)]
    seen.append(words(**base | {"seed": 5 + WORDS}))
    for position in range(4):
        assert len({w[position] for w in seen}) == len(seen)


def test_parts_of_the_counter_are_not_interchangeable():
    assert len({words(*parts) for parts in permutations((1, 2, 3, 4))}) == 24


def test_streams_have_numbers_of_their_own_which_stay():
    assert len({stream.value for stream in Stream}) == len(Stream.__members__)
    assert Stream.__members__ == {  # part of the meaning of a seed: add, never renumber
        "RECEPTOR_INITIAL": 0,
        "RECEPTOR_CLOCK": 1,
        "VESICLE_INITIAL": 2,
        "VESICLE_CLOCK": 3,
        "VESICLE_MOTION": 4,
        "VESICLE_GLUT4": 5,
        "GLUCOSE_INITIAL": 6,
        "GLUCOSE_CLOCK": 7,
        "CYCLE": 8,
        "CELL": 9,
        "BODY": 12,
    }


def test_uniform_and_exponential_stay_inside_their_ranges_at_extreme_words():
    for high, low in product(EXTREME, EXTREME):
        u = uniform(np.uint32(high), np.uint32(low))
        assert 0.0 < u < 1.0
        assert u == ((high << 20 | low >> 12) + 0.5) / 2**52
        e = exponential(np.uint32(high), np.uint32(low))
        assert 0.0 < e < 37.0
        assert e == pytest.approx(-math.log(u), rel=1e-15)


def test_uniforms_are_those_of_single_agents_and_uniform():
    n, seed = 20_000, 3
    table = uniforms(n, 7, source(Stream.GLUCOSE_INITIAL, seed, replicate=2))
    for agent in (0, 1, n - 1):
        w = np.array(words(agent, 7, Stream.GLUCOSE_INITIAL, 2, seed), np.uint32)
        assert tuple(table[agent]) == (uniform(w[0], w[1]), uniform(w[2], w[3]))
    counts = np.apply_along_axis(lambda u: np.histogram(u, 20, (0.0, 1.0))[0], 0, table)
    expected = n / 20
    assert np.abs(counts - expected).max() <= 4.0 * math.sqrt(expected * (1.0 - 1.0 / 20.0))
    assert abs(np.corrcoef(table.T)[0, 1]) <= 4.0 / math.sqrt(n)


RADII, ANGLES = 2**26, 2**16


def box_muller(a, b):
    """The transform in double precision."""
    radius, angle = math.sqrt(-2.0 * math.log((a + 0.5) / RADII)), 2.0 * math.pi * b / ANGLES
    return radius * math.cos(angle), radius * math.sin(angle)


def normal_error(a, b):
    pair = normal_pair(np.uint32(a), np.uint32(b))
    assert [type(value) for value in pair] == [float, float]  # float32 on its way through Python
    assert np.isfinite(pair).all()
    return np.abs(np.subtract(pair, box_muller(a, b))).max()


def test_normal_pair_is_box_muller_at_random_integers():
    for a, b in np.random.default_rng(1).integers(0, (int(0.999 * RADII), ANGLES), (5_000, 2)).tolist():
        assert normal_error(a, b) < 1e-6


EXTREME_ANGLES = (0, 1, 2, *(ANGLES // 8 * k + d for k in range(1, 8) for d in (-1, 0, 1)), ANGLES - 2, ANGLES - 1)


def test_normal_pair_is_box_muller_at_extreme_integers():
    radii = [0, 1, 2, 2**24, RADII // 2 - 1, RADII // 2, RADII // 2 + 1, int(RADII * 0.5**0.5), int(0.999 * RADII)]
    assert max(normal_error(a, b) for a, b in product(radii, EXTREME_ANGLES)) < 1e-6


def test_normal_pair_stays_close_where_its_radius_vanishes():
    """Integers near 2**26 round to 24 bits. Their radius is below 0.05, and so small an error moves nothing."""
    near_the_end = [RADII - below for below in (1, 2, 3, 4, 10, 100, 1000, 10**4)]
    assert max(normal_error(a, b) for a, b in product(near_the_end, EXTREME_ANGLES)) < 3e-4


def test_normals_are_pairs_of_bits_of_their_own():
    """Every bit of the four words but two decides one pair, and no bit decides two."""
    rng = np.random.default_rng(4)
    unused, pair_of = 0, []
    for _ in range(20):
        w = rng.integers(0, WORDS, 4, np.uint32)
        before = np.array(normals(*w)).reshape(3, 2)
        for word, bit in product(range(4), range(32)):
            changed = w.copy()
            changed[word] ^= np.uint32(1 << bit)
            pair_of.append((np.array(normals(*changed)).reshape(3, 2) != before).any(axis=1))
    decides = np.any(np.array(pair_of).reshape(20, 128, 3), axis=0)
    unused = np.flatnonzero(~decides.any(axis=1)).tolist()
    assert unused == [64, 65]  # the two lowest of the third word
    assert (decides.sum(axis=1) <= 1).all()
    assert decides.sum(axis=0).tolist() == [42, 42, 42]
    assert np.array(normals(*w)).tolist() == [
        *normal_pair(w[0] >> np.uint32(6), w[3] & np.uint32(0xFFFF)),
        *normal_pair(w[1] >> np.uint32(6), w[3] >> np.uint32(16)),
        *normal_pair(w[2] >> np.uint32(6), (w[0] & 63) << 10 | (w[1] & 63) << 4 | (w[2] >> 2 & 15)),
    ]


def test_normals_have_the_moments_of_independent_normals():
    rng = np.random.default_rng(2)
    six = np.array([normals(*w) for w in rng.integers(0, WORDS, (20_000, 4), np.uint32)])
    n = len(six)
    assert np.abs(six.mean(axis=0)).max() <= 4.0 / math.sqrt(n)
    assert np.abs((six**2).mean(axis=0) - 1.0).max() <= 4.0 * math.sqrt(2.0 / n)
    assert np.abs((six**4).mean(axis=0) - 3.0).max() <= 4.0 * math.sqrt(96.0 / n)
    for one, other in combinations(six.T, 2):
        assert abs((one * other).mean()) <= 4.0 / math.sqrt(n)
        assert abs((one**2 * other**2).mean() - 1.0) <= 4.0 * math.sqrt(8.0 / n)


# ---- one rounding ----


@njit
def fma_of(a, b, c):
    return fma(a, b, c)


def test_fma_rounds_once_in_the_kernel_and_in_the_twin():
    rng = np.random.default_rng(3)
    numbers = (rng.normal(size=(20_000, 3)) * 2.0 ** rng.integers(-40, 40, (20_000, 3))).astype(np.float32)
    numbers[:5_000, 2] = -(numbers[:5_000, 0] * numbers[:5_000, 1])  # nearly all cancels
    numbers[0] = 1.0 + 2.0**-12, 1.0 + 2.0**-12, 2.0**-60  # just above the middle between two float32
    twice = 0
    for a, b, c in numbers:
        exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
        found = fma_of(a, b, c)
        assert found == twin.fma(a, b, c)
        below, above = (Fraction(float(np.nextafter(np.float32(found), np.float32(end)))) for end in (-np.inf, np.inf))
        assert abs(Fraction(found) - exact) <= min(abs(below - exact), abs(above - exact))
        twice += found != a * b + c
    assert fma_of(*numbers[0]) != np.float32(float(numbers[0, 0]) * float(numbers[0, 1]) + float(numbers[0, 2]))
    assert twice > 1_000  # rounding the product as well is another number
