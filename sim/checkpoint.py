"""Checkpoints: the state of a replicate in a file, from which it goes on as if it had never stopped, bit for bit.

A checkpoint is written to a draft that then takes the place of the last one, so whatever ends a run leaves a whole one.
"""

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim.engine import Engine

FOLDER = "checkpoints"


def path_of(directory: Path, replicate: int) -> Path:
    """Where the checkpoint of a replicate lies in the directory of its run."""
    return directory / FOLDER / f"replicate-{replicate}.npz"


def save(path: Path, engine: "Engine") -> None:
    """Write the state of an engine."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        np.savez(file, **engine.state())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load(path: Path, engine: "Engine") -> bool:
    """Bring an engine to the state in a file; False, and the engine as it was, if there is none.

    Raises
    ------
    ValueError
        if the file is damaged, or its state that of another cell
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            state = dict(arrays)
    except FileNotFoundError:
        return False
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    engine.restore(state)
    return True
