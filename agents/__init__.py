"""What lives in the cell: agent kinds as states, transitions, rates and motion, with the clocks and streams that
drive them.

Compiled kernels are cached on disk. Numba decides whether a cached kernel is still good by looking at the one file that
holds it, not at the functions it calls in other files, so the cache lives in a folder named after the contents of this
package: change one file and all are compiled afresh. `NUMBA_CACHE_DIR`, where set, is left alone.

What lies in the cache is run, so it must be of this user's own making. It is in the home, or else in a folder of the
directory for temporary files that belongs to this user and that nobody else may enter; where there is neither, kernels
are compiled each time (compiling.py).
"""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import numba


def _cache_folder() -> str:
    """Where kernels are cached; empty where they cannot be."""
    package = Path(__file__).parent
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sorted(package.glob("*.py")))).hexdigest()
    for choose in (_in_the_home, _among_temporary_files):
        with suppress(OSError, RuntimeError):  # RuntimeError: this user has no home
            return str(_made_private(choose()) / "kernels" / digest[:16])
    return ""


def _in_the_home() -> Path:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve()
    caches.mkdir(parents=True, exist_ok=True)
    if hasattr(os, "getuid") and caches.stat().st_uid not in (os.getuid(), 0):  # as sudo may leave HOME
        raise PermissionError(f"{caches} belongs to somebody else")
    return caches / "glut4sim"


def _among_temporary_files() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else "cache"  # on Windows the directory is the user's own
    return Path(tempfile.gettempdir()) / f"glut4sim-{user}"


def _made_private(folder: Path) -> Path:
    """A folder that this user alone can write to; OSError where it belongs to another, or is a link to elsewhere."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        raise PermissionError(f"{folder} is not of this user's making")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        folder.chmod(0o700)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{folder} cannot be written to")
    return folder


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = _cache_folder()  # type: ignore[attr-defined]  numba sets it up as it is imported
