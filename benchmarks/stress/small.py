"""Small inputs, and a command of each kind that takes a second or two with them."""

import hashlib
import json
from pathlib import Path

SCENARIO = """
title = "Small"
[cell]
vesicles = 60
receptors = 60
glucose_agents = 60
[bath]
insulin = [["0 s", "0 nM"], ["10 s", "5 nM"]]
[run]
duration = "2 min"
step = "0.5 s"
replicates = 2
"""
THERAPY = """
[hormones]
testosterone = [["0 d", "531 ng/dL"], ["1 d", "28 ng/dL"]]
[assay]
at = ["0 d", "7 d"]
"""
PROBLEM = """
title = "A pulse"
cell.preset = "adipocyte"
run = { step = "0.5 s", record_every = "15 s", duration = "20 min" }
[free]
"vesicle.endocytose" = {}
[experiments.pulse]
title = "A pulse"
bath.insulin = [["0 min", "0 nM"], ["1 min", "100 nM"], ["13 min", "0 nM"]]
[data.surface]
experiment = "pulse"
observable = "surface_glut4_percent"
points = [["0 min", 4.3, 0.8], ["2 min", 12.8, 0.8], ["6 min", 33.2, 0.8], ["11 min", 39.0, 0.8]]
"""
SUITE = """
title = "A small suite"
[defaults]
run.replicates = 1
[defaults.cell]
vesicles = 60
receptors = 60
glucose_agents = 60
[experiments.pulse]
title = "A pulse"
run.duration = "2 min"
bath.insulin = [["0 s", "0 nM"], ["30 s", "5 nM"]]
[measurements.curve]
measure = "rms_deviation"
experiment = "pulse"
observable = "pip3"
data = "curve.csv pip3"
[[checks]]
id = "A1"
group = "Curves"
quantity = "PIP3"
measurement = "curve"
expect = [0, 1]
source = "nobody"
"""
FILES = {
    "small.toml": SCENARIO,
    "strong.toml": SCENARIO.replace('"5 nM"', '"50 nM"'),
    "events.toml": SCENARIO.replace("replicates = 2", "replicates = 2\nevents = true"),
    "therapy.toml": SCENARIO + THERAPY,
    "problem.toml": PROBLEM,
    "suite.toml": SUITE,
    "data/curve.csv": "time_min,pip3\n0,1\n1,1\n",
}
# Those that leave results with which `resume` goes on; each wants `--out DIR` added.
STUDIES = {
    "run": ["run", "small.toml", "--threads", "1", "--checkpoint-every", "10 s", "-q"],
    "run with events": ["run", "events.toml", "--threads", "1", "--checkpoint-every", "10 s", "-q"],
    "run with assays": ["run", "therapy.toml", "--threads", "1", "-q"],
    "compare": ["compare", "small.toml", "strong=strong.toml", "--threads", "1", "-q"],
    "sweep": ["sweep", "small.toml", "--vary", "bath.insulin=1nM..100nM/4", "--threads", "1", "-q"],
    "fit": ["fit", "problem.toml", "--starts", "2", "--no-posterior", "--threads", "1", "-q"],
    "uncertainty": ["uncertainty", "small.toml", "--draws", "4", "--replicates", "2", "--threads", "1", "-q"],
}
# Those that do not.
OTHERS = {
    "hormones alone": ["run", "therapy.toml", "--endocrine-only", "--out", "OUT", "-q"],
    "sensitivity": [
        "sensitivity", "small.toml", "--method", "morris", "--trajectories", "2", "--parameters",
        "vesicle.fuse,vesicle.dock", "--processes", "1", "--out", "OUT", "-q",
    ],
    "bench": ["bench", "suite.toml", "--mean-field", "--out", "OUT", "--json"],
    "export sbml": ["export", "sbml", "small.toml", "--out", "OUT"],
    "scenarios list": ["scenarios", "list"],
    "scenarios check": ["scenarios", "check", "small.toml", "therapy.toml"],
    "parameters list": ["parameters", "list"],
    "effects list": ["effects", "list"],
}  # fmt: skip


def write_files(folder: Path) -> Path:
    """Write the small inputs into a folder, which is returned."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


# What tells of when and how long, or of how often it was stopped, rather than of what came out.
TIMES = {"created", "started", "ended", "finished", "wall_seconds", "seconds", "resumed", "elapsed", "seconds_wall"}
LEFT_OUT = ("provenance.json", "figure.png", "hormones.png")


def digest(out: Path) -> dict[str, str]:
    """What came out of a study, file by file: the bits of all numbers, without what tells of times and of pictures."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if not path.is_file() or path.name in LEFT_OUT or path.suffix in (".png", ".md", ".partial", ".part"):
            continue
        if "checkpoints" in path.parts:
            continue
        content = path.read_bytes()
        if path.suffix == ".json":
            content = json.dumps(_timeless(json.loads(content)), sort_keys=True).encode()
        found[name] = hashlib.sha256(content).hexdigest()
    return found


def _timeless(content):
    if isinstance(content, dict):
        return {key: _timeless(value) for key, value in content.items() if key not in TIMES}
    return [_timeless(value) for value in content] if isinstance(content, list) else content
