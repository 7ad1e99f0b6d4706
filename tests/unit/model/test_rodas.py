"""Rodas5P alone, on small equations with known solutions: its orders against theory, and that a wrong digit shows."""

import numpy as np
import pytest

from glut4sim.sim.model import rodas


class Kaps:
    """y1' = -3 y1 + y2^2, y2' = y1 - y2 - y2^2: nonlinear; y = (exp(-2 t), exp(-t))."""

    def slope(self, y):
        return np.array([-3.0 * y[0] + y[1] ** 2, y[0] - y[1] - y[1] ** 2])

    def jacobian(self, y):
        return np.array([[-3.0, 2.0 * y[1]], [1.0, -1.0 - 2.0 * y[1]]])

    @staticmethod
    def exact(t):
        return np.array([np.exp(-2.0 * t), np.exp(-t)])


class Slaved:
    """y1' = -s (y1 - y2) - y2, y2' = -y2 (Prothero, Robinson 1974): stiff for large s; both are exp(-t)."""

    def __init__(self, stiffness):
        self.matrix = np.array([[-stiffness, stiffness - 1.0], [0.0, -1.0]])

    def slope(self, y):
        return self.matrix @ y

    def jacobian(self, y):
        return self.matrix

    @staticmethod
    def exact(t):
        return np.full(2, np.exp(-t))


def step(problem, y, h, functions=rodas.look_ahead):
    """One step; returns its end and the room that it has filled."""
    room = rodas.stages(len(y))
    matrix = np.eye(len(y)) / (rodas.GAMMA * h) - problem.jacobian(y)
    for i in range(rodas.STAGES):
        functions(i, y, h, room)
        room.u[i] = np.linalg.solve(matrix, problem.slope(room.ahead) + room.pull)
    functions(rodas.STAGES, y, h, room)
    return room.ahead.copy(), room


def end_errors(problem, steps, look_ahead=rodas.look_ahead):
    """Largest error at time 1, for each number of equal steps."""
    errors = []
    for n in steps:
        y = problem.exact(0.0)
        for _ in range(n):
            y, _ = step(problem, y, 1.0 / n, look_ahead)
        errors.append(np.abs(y - problem.exact(1.0)).max())
    return np.array(errors)


def orders(errors):
    return np.log2(errors[:-1] / errors[1:])


def test_the_error_is_of_fifth_order():
    found = orders(end_errors(Kaps(), (8, 16, 32)))
    np.testing.assert_allclose(found, 5.0, atol=0.25)


@pytest.mark.parametrize("stiffness", [1e2, 1e4, 1e8])
def test_stiffness_costs_no_order(stiffness):
    """Steps of many lifetimes of the fast part, which is slaved to the slow one."""
    assert (orders(end_errors(Slaved(stiffness), (4, 8, 16))) > 4.75).all()


@pytest.mark.parametrize("table", ["A", "C"])
def test_a_coefficient_off_by_a_thousandth_loses_the_order(monkeypatch, table):
    wrong = getattr(rodas, table).copy()
    wrong[3, 1] *= 1.001
    monkeypatch.setattr(rodas, table, wrong)
    found = orders(end_errors(Kaps(), (8, 16, 32), rodas.look_ahead.py_func))
    assert found[-1] < 4.0


def test_a_wrong_jacobian_loses_the_order():
    class Wrong(Kaps):
        def jacobian(self, y):
            return 1.01 * super().jacobian(y)

    assert orders(end_errors(Wrong(), (8, 16, 32)))[-1] < 4.5


def test_the_error_estimate_is_of_fourth_order():
    """One step: the estimate shrinks as h^5, the error as h^6, so that the estimate is the larger."""
    problem, sizes = Kaps(), (0.05, 0.025, 0.0125)
    estimates, errors = [], []
    for h in sizes:
        y, room = step(problem, problem.exact(0.0), h)
        estimates.append(np.abs(room.u[-1]).max())
        errors.append(np.abs(y - problem.exact(h)).max())
    np.testing.assert_allclose(orders(np.array(estimates)), 5.0, atol=0.25)
    assert (np.array(estimates) > np.array(errors)).all()


def inside(room, before, after, part):
    return np.array([rodas.between(part, *ends) for ends in zip(before, after, *room.bends, strict=True)])


def interpolation_errors(wrong=False):
    problem, errors = Kaps(), []
    for h in (0.1, 0.05, 0.025):
        before = problem.exact(0.0)
        after, room = step(problem, before, h)
        rodas.bend(room)
        if wrong:
            room.bends[2] *= 1.01
        parts = np.linspace(0.05, 0.95, 19)
        errors.append(max(np.abs(inside(room, before, after, s) - problem.exact(s * h)).max() for s in parts))
    return np.array(errors)


def test_the_interpolant_is_of_fourth_order():
    """Within one step its error shrinks as h^5."""
    np.testing.assert_allclose(orders(interpolation_errors()), 5.0, atol=0.3)
    assert orders(interpolation_errors(wrong=True))[-1] < 4.5


def test_the_interpolant_meets_the_ends():
    problem = Kaps()
    before = problem.exact(0.0)
    after, room = step(problem, before, 0.3)
    rodas.bend(room)
    np.testing.assert_allclose(inside(room, before, after, 0.0), before, rtol=1e-15)
    np.testing.assert_allclose(inside(room, before, after, 1.0), after, rtol=1e-15)


def test_what_is_infinitely_fast_is_gone_after_a_step():
    """L-stable."""

    class Fast:
        def slope(self, y):
            return -1e12 * y

        def jacobian(self, y):
            return np.array([[-1e12]])

    after, _ = step(Fast(), np.ones(1), 1.0)
    assert abs(after[0]) < 1e-10


def test_steps_change_with_the_fifth_root_of_the_error_within_bounds():
    assert rodas.resize(1.0) == pytest.approx(0.9)
    assert rodas.resize(0.5) / rodas.resize(0.25) == pytest.approx(0.5**0.2)
    assert rodas.resize(0.0) == rodas.resize(1e-12) == 8.0
    assert rodas.resize(1e12) == rodas.resize(np.inf) == rodas.resize(np.nan) == 0.1
