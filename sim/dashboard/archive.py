"""What a page hands out to take home: results as `glut4sim run` leaves them, in a zip."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from glut4sim.sim.dashboard.live import Taken
from glut4sim.sim.studies.run.ensemble import save

FOLDERS = ("cell", "twin")


def results(cells: Sequence[Taken]) -> bytes:
    """A zip with a directory of results for the cell, and one for its twin if there is one."""
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, cell in zip(FOLDERS, cells):
            save(*cell, Path(place) / folder)
        for file in sorted(path for path in Path(place).rglob("*") if path.is_file()):
            archive.write(file, file.relative_to(place))
    return buffer.getvalue()
