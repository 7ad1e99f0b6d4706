"""The repository is one package with one name, whatever the clone is called."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import glut4sim
from tests.support import ROOT


def test_the_root_is_imported_once():
    """pytest imports it under the clone's name too where `tests` is a package."""
    own = ROOT / "__init__.py"
    names = [name for name, module in list(sys.modules.items()) if getattr(module, "__file__", None) == str(own)]
    assert names == ["glut4sim"]


def test_modules_of_everyday_names_are_their_owners(tmp_path):
    """A Mesa user's own agents.py, or a script called sim.py."""
    everyday = ("agents", "sim", "scenarios", "benchmarks")
    for name in everyday:
        (tmp_path / f"{name}.py").write_text(f"MINE = '{name}'\n")
    values = ", ".join(f"{name}.MINE" for name in everyday)
    code = f"import {', '.join(everyday)}, glut4sim.sim.model.engine; from glut4sim import Scenario; print({values})"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert tuple(done.stdout.split()) == everyday


def test_the_public_names_are_there():
    assert sorted(glut4sim.__all__) == ["Cell", "Scenario", "__version__", "compare", "resume", "run"]
    for name in glut4sim.__all__:
        assert getattr(glut4sim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'simulate'"):
        _ = glut4sim.simulate


def test_it_runs_as_a_module(tmp_path):
    command = [sys.executable, "-m", "glut4sim", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"glut4sim {glut4sim.__version__}\n"


def test_every_package_says_what_it_is():
    for folder in {path.parent for path in (ROOT / "sim").rglob("*.py")} | {ROOT / "agents"}:
        first = (folder / "__init__.py").read_text("utf-8").partition("\n")[0]
        assert first.startswith('"""'), Path(folder).relative_to(ROOT)


def test_every_folder_with_code_is_installed():
    """pyproject.toml lists them, since the repository itself is the package."""
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    code = [path.parent for part in ("agents", "sim") for path in (ROOT / part).rglob("*.py")]
    folders = {".".join(("glut4sim", *folder.relative_to(ROOT).parts)) for folder in code}
    assert set(setuptools["packages"]) == {"glut4sim"} | folders


def test_every_file_that_the_program_reads_is_installed():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    installed = {path for pattern in setuptools["package-data"]["glut4sim"] for path in ROOT.glob(pattern)}
    kinds = {".toml", ".csv", ".js", ".css", ".json", ".jinja", ".md"}
    parts = ("agents", "sim", "scenarios", "benchmarks")
    read = {path for part in parts for path in (ROOT / part).rglob("*") if path.suffix in kinds}
    assert read == installed - {ROOT / "py.typed"}


def test_docstrings_are_in_the_form_that_tools_read():
    """numpydoc's: a line with a parameter's name and type, then indented lines that say what it is."""
    found = []
    for part in ("agents", "sim"):
        for path in (ROOT / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    text = ast.get_docstring(node) or ""
                    listed = re.findall(
                        r"^(?:Parameters|Attributes)\n-+\n(.*?)(?=\n\n|\Z)", text, re.DOTALL | re.MULTILINE
                    )
                    lines = [line for section in listed for line in section.splitlines()]
                    found += [(path.name, line) for line in lines if re.match(r"\w+(, \w+)* : .*\S {3,}\S", line)]
    assert not found


# ---- how it is cited ----


def test_what_is_cited_is_this_version():
    cited = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {glut4sim.__version__}\n" in cited


def test_the_paper_cites_what_its_list_has():
    text, entries = ((ROOT / "paper" / name).read_text("utf-8") for name in ("paper.md", "paper.bib"))
    listed = re.findall(r"^@\w+\{(\w+),", entries, re.MULTILINE)
    assert sorted(set(re.findall(r"@(\w+\d{4})", text))) == sorted(listed)
    assert entries.count("  doi = {10.") == len(listed)
