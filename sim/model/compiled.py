"""Compiled functions of the model that call each other across files, kept on disk until any of those files changes.

Numba looks only at the file of a function to see whether its cached machine code is still good (agents/__init__.py).
These go to a folder that is named after the contents of all files of this package, below that of the agents.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import numba

from glut4sim.agents.compiling import njit

_settings: Any = numba.config  # type: ignore[attr-defined]  numba sets it up as it is imported


def _folder() -> str:
    if os.environ.get("NUMBA_CACHE_DIR") or not _settings.CACHE_DIR:
        return _settings.CACHE_DIR
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return str(Path(_settings.CACHE_DIR) / f"model-{digest[:16]}")


_FOLDER = _folder()


def compiled(function) -> Any:
    """`numba.njit`, compiled at the first call and cached; it lets other threads run."""
    agents, _settings.CACHE_DIR = _settings.CACHE_DIR, _FOLDER
    try:
        return njit(cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function)
    finally:
        _settings.CACHE_DIR = agents
