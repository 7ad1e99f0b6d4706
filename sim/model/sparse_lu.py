"""Linear systems whose pattern of zeros is known beforehand, solved block by block without pivoting.

The unknowns are ordered, and cut into blocks such that none acts on a block before it: a block lower triangular matrix.
Only the blocks on the diagonal are factorised; what lies before them is multiplied by what has been solved already.
Which numbers are combined with which is worked out once for a pattern (`plan`); then a factorisation is one pass over a
list.

Without pivoting: for I / (gamma h) - J, whose diagonal outweighs the rest of its column where J moves amounts about.
"""

from typing import NamedTuple

import numpy as np

from glut4sim.sim.model.compiled import compiled


class Plan(NamedTuple):
    """How to factorise and solve matrices of one pattern. Entries are numbered row by row, by column within a row."""

    blocks: np.ndarray  # (n_block + 1,) uint32, first unknown of each block, and n
    rows: np.ndarray  # (n + 1,) uint32, first entry of each row, and n_entry
    columns: np.ndarray  # (n_entry,) uint32
    diagonal: np.ndarray  # (n,) uint32, the entry of each row that lies on the diagonal
    lower: np.ndarray  # (n_lower, 3) uint32: an entry to eliminate, the row that does it, and its first update
    of_row: np.ndarray  # (n + 1,) uint32, the first of `lower` in each row
    updates: np.ndarray  # (n_update, 2) uint32: entry to change, and entry that times the eliminated one is taken off

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return len(self.diagonal)

    @property
    def entries(self) -> int:
        """Number of entries that are not always zero, those that come about in the factorisation included."""
        return len(self.columns)


def plan(pattern, blocks) -> tuple[Plan, dict[tuple[int, int], int]]:
    """Work out a pattern.

    Parameters
    ----------
    pattern : iterable of (row, column)
        entries that may differ from zero; the diagonal always may
    blocks : sequence of int
        first unknown of each block, ascending from 0, and the number of unknowns

    Returns
    -------
    plan : Plan
    entry : dict
        (row, column) -> number of the entry

    ValueError if an unknown acts on a block before its own.
    """
    n = blocks[-1]
    start = np.repeat(blocks[:-1], np.diff(blocks))
    end = np.repeat(blocks[1:], np.diff(blocks))
    rows = [{i} for i in range(n)]
    for row, column in pattern:
        if column >= end[row]:
            raise ValueError(f"unknown {column} acts on unknown {row} of a block before its own")
        rows[row].add(int(column))
    for i in range(n):  # what is eliminated brings along what stands to the right of its diagonal
        for k in range(start[i], i):
            if k in rows[i]:
                rows[i] |= {column for column in rows[k] if column > k}
    rows = [sorted(row) for row in rows]
    entry = {(i, column): e for e, (i, column) in enumerate((i, c) for i, row in enumerate(rows) for c in row)}
    lower, of_row, updates = [], [0], []
    for i, row in enumerate(rows):
        for k in row:
            if start[i] <= k < i:
                lower.append((entry[i, k], k, len(updates)))
                updates += [(entry[i, column], entry[k, column]) for column in rows[k] if column > k]
        of_row.append(len(lower))
    lower.append((0, 0, len(updates)))
    found = Plan(
        np.array(blocks, np.uint32),
        np.cumsum([0, *map(len, rows)]).astype(np.uint32),
        np.array([column for row in rows for column in row], np.uint32),
        np.array([entry[i, i] for i in range(n)], np.uint32),
        np.array(lower, np.uint32),
        np.array(of_row, np.uint32),
        np.array(updates, np.uint32).reshape(-1, 2),
    )
    return found, entry


@compiled
def multiply(plan, matrix, x, out):
    """A matrix, (n_entry,), not factorised, times x (n,), to out (n,)."""
    for i in range(len(x)):
        out[i] = 0.0
        for e in range(plan.rows[i], plan.rows[i + 1]):
            out[i] += matrix[e] * x[plan.columns[e]]


@compiled
def factorise(plan, matrix):
    """Factorise a matrix, (n_entry,), in place; its diagonal then holds the reciprocals of the pivots.

    Returns whether all pivots are numbers other than zero.
    """
    lower, updates, diagonal, of_row = plan.lower, plan.updates, plan.diagonal, plan.of_row
    sound = True
    for i in range(plan.blocks[-1]):
        for e in range(of_row[i], of_row[i + 1]):
            factor = matrix[lower[e, 0]] * matrix[diagonal[lower[e, 1]]]
            matrix[lower[e, 0]] = factor
            for m in range(lower[e, 2], lower[e + 1, 2]):
                matrix[updates[m, 0]] -= factor * matrix[updates[m, 1]]
        pivot = matrix[diagonal[i]]
        sound &= abs(pivot) > 0.0 and abs(pivot) < np.inf
        matrix[diagonal[i]] = 1.0 / pivot
    return sound


@compiled
def solve(plan, matrix, x):
    """Solve with a factorised matrix, (n_entry,); x (n,) holds the right-hand side and is replaced by the solution."""
    rows, columns, diagonal, blocks = plan.rows, plan.columns, plan.diagonal, plan.blocks
    for block in range(len(blocks) - 1):
        for i in range(blocks[block], blocks[block + 1]):
            total = x[i]
            for e in range(rows[i], diagonal[i]):
                total -= matrix[e] * x[columns[e]]
            x[i] = total
        for back in range(blocks[block + 1] - blocks[block]):
            i = blocks[block + 1] - 1 - back
            total = x[i]
            for e in range(diagonal[i] + 1, rows[i + 1]):
                total -= matrix[e] * x[columns[e]]
            x[i] = total * matrix[diagonal[i]]
