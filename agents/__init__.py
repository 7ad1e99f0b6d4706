"""What lives in the cell: agent kinds as states, transitions, rates and motion, with the clocks and streams that
drive them.

Compiled kernels are cached on disk. Numba decides whether a cached kernel is still good by looking at the one file that
holds it, not at the functions it calls in other files, so the cache lives in a folder named after the contents of this
package: change one file and all are compiled afresh. `NUMBA_CACHE_DIR`, where set, is left alone.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import numba


def _cache_folder() -> Path:
    package = Path(__file__).parent
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sorted(package.glob("*.py")))).hexdigest()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    if not os.access(base if base.exists() else base.parent, os.W_OK):
        base = Path(tempfile.gettempdir())
    return base / "glut4sim" / "kernels" / digest[:16]


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(_cache_folder())  # type: ignore[attr-defined]  numba sets it up as it is imported
