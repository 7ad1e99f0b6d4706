"""docs/reliability.md, made of what each kind of stress counted."""

import json
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glut4sim.benchmarks.stress.tally import Tally
from glut4sim.version import __version__

ROOT = Path(__file__).parents[2]
PIECES = ROOT / "build" / "stress"
DOCUMENT = ROOT / "docs" / "reliability.md"
FOLDER = re.compile(r"/\S*/?stress-\w+-\w+/")  # where a kind was at work, which is gone
ABOUT = """# Reliability

What happens when the input is wrong, a signal comes, a disk is full, memory ends, results are damaged, or a cluster
or an object store goes away. `make stress` does all that to commands, on purpose and by chance, and writes this page.

What has to come of it: the command is done, or says in one line why it is not and what to do. Its exit status is 0
when it is done, 2 when the input is wrong, 3 when the surroundings failed, and 128 + n after signal n. There is no
traceback. What was computed is kept, and results that are gone on with are those that nothing stopped, bit for bit.

What is not told: a whole chunk of numbers that was put in place of another whole one, as each has its own checksum
only.
"""


def keep(found: Tally, about: Mapping[str, Any]) -> None:
    """Keep what a kind counted, for the report."""
    PIECES.mkdir(parents=True, exist_ok=True)
    (PIECES / f"{found.kind}.json").write_text(found.to_json({**about, "version": __version__}), encoding="utf-8")


def write(kinds: list[str]) -> None:
    """Write the report of all kinds that were kept."""
    pieces = [json.loads(path.read_text("utf-8")) for kind in kinds if (path := PIECES / f"{kind}.json").exists()]
    DOCUMENT.write_text(text(pieces), encoding="utf-8")


def text(pieces: list[dict[str, Any]]) -> str:
    """The report."""
    lines = [
        *ABOUT.splitlines(),
        "",
        f"glut4sim {__version__}, Python {platform.python_version()}, {platform.system()} on {platform.machine()}.",
        "",
        "| kind | date | seed | cases | as it has to be | otherwise |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for piece in pieces:
        wrong = len(piece["faults"])
        name = piece["kind"].replace("_", " ")
        lines.append(
            f"| [{name}](#{name.replace(' ', '-')}) | {piece['date']} | {piece['seed']} | {piece['cases']:,} "
            f"| {piece['cases'] - wrong:,} | {wrong} |"
        )
    for piece in pieces:
        lines += ["", f"## {piece['kind'].replace('_', ' ').capitalize()}", "", piece["what"], ""]
        lines += ["| ending | cases |", "|---|---:|"]
        lines += [f"| {ending} | {count:,} |" for ending, count in piece["endings"].items()]
        if piece["facts"]:
            lines += ["", "; ".join(f"{what}: {count:,}" for what, count in piece["facts"].items()) + "."]
        if piece["faults"]:
            lines += ["", "Otherwise than it has to be:", ""]
            lines += [f"- `{fault['label']}`: {FOLDER.sub('', fault['fault'])}" for fault in piece["faults"]]
    return "\n".join(lines) + "\n"
