"""Sparse factors with a plan, against dense ones."""

import numpy as np
import pytest

from glut4sim.sim.model import sparse_lu


def random_system(seed, blocks=(0, 4, 5, 17, 30, 31), density=0.25):
    """A block lower triangular matrix with a heavy diagonal: dense, its plan and its entries."""
    rng = np.random.default_rng(seed)
    n = blocks[-1]
    end = np.repeat(blocks[1:], np.diff(blocks))
    there = (rng.random((n, n)) < density) & (np.arange(n) < end[:, None]) | np.eye(n, dtype=bool)
    dense = np.where(there, rng.normal(size=(n, n)), 0.0) + 3.0 * np.diag(1.0 + rng.random(n)) * there.sum(axis=0)
    plan, entry = sparse_lu.plan(zip(*np.nonzero(there), strict=True), blocks)
    matrix = np.zeros(plan.entries)
    for place in zip(*np.nonzero(there), strict=True):
        matrix[entry[place]] = dense[place]
    return dense, plan, matrix, rng.normal(size=n)


@pytest.mark.parametrize("seed", range(20))
def test_it_solves_as_a_dense_solver_does(seed):
    dense, plan, matrix, b = random_system(seed)
    x, product = b.copy(), np.empty(len(b))
    sparse_lu.multiply(plan, matrix, b, product)
    np.testing.assert_allclose(product, dense @ b, rtol=1e-12)
    assert sparse_lu.factorise(plan, matrix)
    sparse_lu.solve(plan, matrix, x)
    np.testing.assert_allclose(x, np.linalg.solve(dense, b), rtol=1e-10)


def test_an_entry_that_is_off_would_be_seen():
    dense, plan, matrix, b = random_system(1)
    matrix[plan.columns == 2] *= 1.0 + 1e-6
    x = b.copy()
    sparse_lu.factorise(plan, matrix)
    sparse_lu.solve(plan, matrix, x)
    assert np.abs(x / np.linalg.solve(dense, b) - 1.0).max() > 1e-9


def test_blocks_that_are_cut_off_are_left_alone():
    dense, plan, matrix, b = random_system(3)
    part, x = plan._replace(blocks=plan.blocks[:4]), b.copy()
    assert sparse_lu.factorise(part, matrix)
    sparse_lu.solve(part, matrix, x)
    np.testing.assert_allclose(x[:17], np.linalg.solve(dense[:17, :17], b[:17]), rtol=1e-10)
    np.testing.assert_array_equal(x[17:], b[17:])


def test_a_tridiagonal_matrix_fills_nothing_in():
    n = 12
    pattern = [(i, j) for i in range(n) for j in range(n) if abs(i - j) <= 1]
    plan, entry = sparse_lu.plan(pattern, (0, n))
    assert plan.entries == len(entry) == 3 * n - 2
    assert len(plan.updates) == n - 1


def test_an_arrow_that_points_the_wrong_way_fills_in():
    n = 6
    arrow = {(i, i) for i in range(n)} | {(0, i) for i in range(n)} | {(i, 0) for i in range(n)}
    plan, _ = sparse_lu.plan(arrow, (0, n))
    assert plan.entries == n * n
    plan, _ = sparse_lu.plan({(n - 1 - i, n - 1 - j) for i, j in arrow}, (0, n))
    assert plan.entries == 3 * n - 2


def test_acting_on_a_block_before_is_refused():
    with pytest.raises(ValueError, match="unknown 3 acts on unknown 1 of a block before its own"):
        sparse_lu.plan([(1, 3)], (0, 2, 5))


@pytest.mark.parametrize("pivot", [0.0, np.nan, np.inf])
def test_a_pivot_that_is_none_is_reported(pivot):
    plan, entry = sparse_lu.plan([(0, 1), (1, 0)], (0, 2))
    matrix = np.ones(plan.entries)
    matrix[entry[0, 0]] = pivot
    assert not sparse_lu.factorise(plan, matrix)
