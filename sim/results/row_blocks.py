"""Rows of a store's arrays that share chunks: gathered until a chunk is full or it is time, and written together.

All arrays have a row for each replicate, and equally many rows to a chunk. One process writes them, and no other: a
chunk is replaced as a whole.
"""

from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results.event_loop import together, wait_for
from glut4sim.sim.results.series_store import open_arrays

OPEN = 8  # blocks in memory at most; of small replicates a block is 20 MB


class Block(NamedTuple):
    """Rows that share a chunk in every array."""

    rows: slice
    values: dict[str, np.ndarray]
    given: set[int]  # rows that were put here
    waiting: set[int]  # those of them that are not written yet


class RowBlocks:
    """Takes rows and writes them, block by block.

    Parameters
    ----------
    names : of the arrays; the last is written when the others are, and says that they are
    """

    def __init__(self, path: Place, names: tuple[str, ...]):
        self._arrays: dict[str, Any] = wait_for(open_arrays(path, names))
        self._last = names[-1]
        self._size, self._rows = self._arrays[self._last].chunks[0], self._arrays[self._last].shape[0]
        self._open: dict[int, Block] = {}  # by number, the one used last at the end
        self.flushed_at = monotonic()

    def put(self, row: int, values: Mapping[str, Any]) -> bool:
        """Take a row of some arrays: numbers, or arrays that are as long as the row or shorter.

        Returns whether its block is full, or another must go: then `flush` is due.
        """
        number = row // self._size
        block = self._open[number] = self._open.pop(number, None) or self._read(number)
        for name, value in values.items():
            place = block.values[name]
            if np.ndim(value):
                place[row - block.rows.start] = self._arrays[name].metadata.fill_value
                place[row - block.rows.start, : len(value)] = value
            else:
                place[row - block.rows.start] = value
        block.given.add(row)
        block.waiting.add(row)
        return len(self._open) > OPEN or len(block.given) == block.rows.stop - block.rows.start

    def _read(self, number: int) -> Block:
        rows = slice(number * self._size, min((number + 1) * self._size, self._rows))

        async def read_all():
            return await together(*(array.getitem(rows) for array in self._arrays.values()))

        values = dict(zip(self._arrays, map(np.array, wait_for(read_all()))))
        return Block(rows, values, set(), set())

    def flush(self) -> None:
        """Write all that waits, and forget the blocks that are full, or too many."""
        for number in list(self._open):
            block = self._open[number]
            if block.waiting:
                wait_for(self._write(block))
                block.waiting.clear()
            if len(self._open) > OPEN or len(block.given) == block.rows.stop - block.rows.start:
                del self._open[number]
        self.flushed_at = monotonic()

    async def _write(self, block: Block) -> None:
        first = {name: values for name, values in block.values.items() if name != self._last}
        await together(*(self._arrays[name].setitem(block.rows, values) for name, values in first.items()))
        await self._arrays[self._last].setitem(block.rows, block.values[self._last])
