"""Rodas5P: a Rosenbrock method of order 5 for stiff equations y' = f(y), with an interpolant of order 4.

Each of its eight stages solves one linear system with the same matrix W = I / (gamma h) - J, J the Jacobian of f:

    W u_i = f(y + sum_j a_ij u_j) + sum_j c_ij u_j / h
    y(t + h) = y + sum_j a_8j u_j + u_8;    u_8 is the estimate of the error, of order 4

Stiffly accurate and L-stable. The functions here know stages and step sizes but no equations: the caller computes f and
solves with W in between. Source: Steinebach, BIT Numer Math 63:27 (2023).
"""

from typing import NamedTuple

import numpy as np

from glut4sim.sim.model.compiled import compiled

STAGES = 8
GAMMA = 0.21193756319429014
_A = (
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946),
)
_C = (
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (
        30.91273214028599,
        -3.1208243349937974,
        77.79954646070892,
        34.28646028294783,
        -19.097331116725623,
        -28.087943162872662,
    ),
    (
        37.80277123390563,
        -3.2571969029072276,
        112.26918849496327,
        66.9347231244047,
        -40.06618937091002,
        -54.66780262877968,
        -9.48861652309627,
    ),
)
_H = (
    (
        25.948786856663858,
        -2.5579724845846235,
        10.433815404888879,
        -2.3679251022685204,
        0.524948541321073,
        1.1241088310450404,
        0.4272876194431874,
        -0.17202221070155493,
    ),
    (
        -9.91568850695171,
        -0.9689944594115154,
        3.0438037242978453,
        -24.495224566215796,
        20.176138334709044,
        15.98066361424651,
        -6.789040303419874,
        -6.710236069923372,
    ),
    (
        11.419903575922262,
        2.8879645146136994,
        72.92137995996029,
        80.12511834622643,
        -52.072871366152654,
        -59.78993625266729,
        -0.15582684282751913,
        4.883087185713722,
    ),
)


def _matrix(rows) -> np.ndarray:
    whole = np.zeros((len(rows), STAGES))
    for row, values in zip(whole, rows):
        row[: len(values)] = values
    return whole


A, C, H = _matrix(_A), _matrix(_C), _matrix(_H)
_SAFETY, _SMALLEST, _LARGEST = 0.9, 0.1, 8.0  # of the change of the step


class Stages(NamedTuple):
    """Room for a step of n equations."""

    u: np.ndarray  # (STAGES, n) solutions of the stages; the last is the estimate of the error
    ahead: np.ndarray  # (n,) where a stage takes f; at last the result
    pull: np.ndarray  # (n,) what the right-hand side of a stage holds besides f
    bends: np.ndarray  # (3, n) coefficients of the interpolant


def stages(n: int) -> Stages:
    """Empty arrays for n equations."""
    return Stages(np.zeros((STAGES, n)), np.zeros(n), np.zeros(n), np.zeros((3, n)))


@compiled
def look_ahead(i, y, h, room):
    """Set `ahead` and `pull` of stage i, in order, of a step h from y (n,); for i = STAGES, `ahead` is the end."""
    u, ahead, pull = room.u, room.ahead, room.pull
    n = len(y)
    for e in range(n):
        ahead[e] = y[e] if i < len(A) else ahead[e] + u[i - 1, e]
        pull[e] = 0.0
    for j in range(i if i < STAGES else 0):
        a, c = A[i, j] if i < len(A) else 0.0, C[i, j] / h
        for e in range(n):
            ahead[e] += a * u[j, e]
            pull[e] += c * u[j, e]


@compiled
def bend(room):
    """Set the coefficients of the interpolant of a step that is done."""
    for m in range(len(H)):
        for e in range(room.bends.shape[1]):
            room.bends[m, e] = 0.0
        for j in range(STAGES):
            for e in range(room.bends.shape[1]):
                room.bends[m, e] += H[m, j] * room.u[j, e]


@compiled
def between(part, before, after, bend_0, bend_1, bend_2):
    """A value within the step, at a part of it (0 to 1), from those at its ends and its three coefficients."""
    left = 1.0 - part
    return left * before + part * (after + left * (bend_0 + part * (bend_1 + part * bend_2)))


@compiled
def resize(error):
    """By how much to change a step whose estimated error is so many times what is allowed."""
    if not error < np.inf:  # nor a number
        return _SMALLEST
    return min(max(_SAFETY * max(error, 1e-30) ** -0.2, _SMALLEST), _LARGEST)
