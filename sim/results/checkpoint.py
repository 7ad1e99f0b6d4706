"""Checkpoints: the state of a replicate in a file, from which it goes on as if it had never stopped, bit for bit.

A checkpoint is written as a whole in place of the last one, so whatever ends a run leaves a whole one.
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place

FOLDER = "checkpoints"
_REST = "run."  # prefix of what is saved besides the engine


class Restorable(Protocol):
    """An engine, of a cell or of a body."""

    def state(self) -> dict[str, np.ndarray]: ...
    def restore(self, state: Mapping[str, np.ndarray]) -> None: ...


def path_of(directory: Place, replicate: int) -> Place:
    """Where the checkpoint of a replicate lies in the directory of its run."""
    return directory / FOLDER / f"replicate-{replicate}.npz"


def save(path: Place, engine: Restorable, rest: Mapping[str, np.ndarray] | None = None) -> None:
    """Write the state of an engine, and the rest that a run wants back with it."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = engine.state() | {_REST + name: array for name, array in (rest or {}).items()}
    np.savez(buffer, **arrays)
    storage.write(path, buffer.getvalue())


def load(path: Place, engine: Restorable) -> dict[str, np.ndarray] | None:
    """Bring an engine to the state in a file and return the rest; None, and the engine as it was, if there is none.

    Raises
    ------
    ValueError
        if the file is damaged, or its state that of another cell
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            state = dict(arrays)
    except FileNotFoundError:
        return None
    except (OSError, zipfile.BadZipFile, EOFError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    rest = {name.removeprefix(_REST): state.pop(name) for name in list(state) if name.startswith(_REST)}
    engine.restore(state)
    return rest
