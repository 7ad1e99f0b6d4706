"""TOML files at addresses: found, read and extended as those of this machine are, and refused in one line."""

import pickle

import pytest

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.files import TomlFolder, merge, read_toml
from glut4sim.sim.scenario.scenario import Scenario

upath = pytest.importorskip("upath")

BASE = 'title = "Base"\n[cell]\nvesicles = 60\n[run]\nduration = "10 min"\n'


@pytest.fixture
def bucket(tmp_path):
    """A folder of TOML files in the memory of this process."""
    folder = upath.UPath(f"memory://{tmp_path.name}")
    files = {
        "base.toml": BASE,
        "cells/own.toml": 'extends = "../base.toml"\ntitle = "Own"\n',
        "cells/far.toml": f'extends = "{folder}/cells/own.toml"\n[cell]\nreceptors = 70\n',
        "cells/installed.toml": 'extends = "fasting"\n[cell]\nvesicles = 80\n',
        "cells/lost.toml": 'extends = "nowhere.toml"\n',
        "cells/round.toml": 'extends = "../cells/turn.toml"\n',
        "cells/turn.toml": 'extends = "round.toml"\n',
        "cells/faulty.toml": 'extends = "own.toml"\n[cell]\nvesicles = "many"\n',
        "cells/unknown.toml": 'extends = "nokind://b/x.toml"\n',
        "empty.toml": "",
        "latin.toml": b"title = '\xe4'",
    }
    for name, text in files.items():
        storage.write(folder / name, text)
    return folder


def test_a_scenario_at_an_address_extends_what_lies_beside_it(bucket):
    own = Scenario.load(f"{bucket}/cells/own.toml")
    assert (own.name, own.title, own.cell.vesicles) == ("own", "Own", 60)
    assert own.source == bucket / "cells" / "own.toml"
    far = Scenario.load(bucket / "cells" / "far.toml", {"cell.glucose_agents": "50"})
    assert (far.title, far.cell.vesicles, far.cell.receptors, far.cell.glucose_agents) == (
        "Own, cell.glucose_agents = 50", 60, 70, 50,
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(far)).source == far.source


def test_a_scenario_at_an_address_extends_an_installed_one(bucket):
    fasting = Scenario.load("fasting")
    scenario = Scenario.load(f"{bucket}/cells/installed.toml")
    assert (scenario.bath, scenario.cell.vesicles) == (fasting.bath, 80)


def test_a_file_of_this_machine_extends_one_at_an_address(bucket, tmp_path):
    path = tmp_path / "here.toml"
    path.write_text(f'extends = "{bucket}/base.toml"\n')
    assert Scenario.load(path).title == "Base"


def test_an_address_extends_a_file_of_this_machine(bucket, tmp_path):
    (tmp_path / "here.toml").write_text(BASE)
    storage.write(bucket / "down.toml", f'extends = "{tmp_path}/here.toml"\n')
    assert Scenario.load(f"{bucket}/down.toml").title == "Base"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.toml", "{0}/nowhere.toml: there is no such file."),
        ("nowhere", "{0}/nowhere: there is no such file."),
        ("cells", "{0}/cells: expected a TOML file, got a directory."),
        ("empty.toml", "{0}/empty.toml: expected a TOML file with content, got an empty one."),
        ("latin.toml", "{0}/latin.toml: expected UTF-8 text, got byte 0xe4 at position 9; save it as UTF-8."),
        ("cells/lost.toml", '{0}/cells/lost.toml: extends: there is no scenario "{0}/cells/nowhere.toml".'),
        ("cells/round.toml", "{0}/cells/round.toml: extends: expected no circle, got round.toml -> turn.toml"),
        ("cells/faulty.toml", "{0}/cells/faulty.toml: cell.vesicles: expected a whole number"),
        ("cells/unknown.toml", "nokind://b/x.toml: extends: expected a directory or an address that fsspec knows"),
    ],
)
def test_what_is_wrong_at_an_address_is_said_in_one_line(bucket, name, message):
    with pytest.raises(InputError) as caught:
        Scenario.load(f"{bucket}/{name}")
    assert str(caught.value).startswith(message.format(bucket))
    assert "\n" not in str(caught.value)


def test_what_a_file_system_elsewhere_raises_is_one_line(bucket, monkeypatch):
    """Packages for places elsewhere have errors of their own, which are no OSError."""

    class NoCredentialsError(Exception):
        pass

    def refuse(*_, **__):
        raise NoCredentialsError("Unable to locate\ncredentials.")

    monkeypatch.setattr(type(bucket.fs), "info", refuse)
    with pytest.raises(InputError, match=r"^memory://.*/base\.toml: cannot be read: Unable to locate credentials\.$"):
        Scenario.load(f"{bucket}/base.toml")


def test_an_ancestor_that_cannot_be_read_is_named(bucket, tmp_path, monkeypatch):
    path = tmp_path / "here.toml"
    path.write_text(f'extends = "{bucket}/base.toml"\n')

    def refuse(*_, **__):
        raise RuntimeError("no access")

    monkeypatch.setattr(type(bucket.fs), "isfile", refuse)
    with pytest.raises(InputError) as caught:
        Scenario.load(path)
    assert str(caught.value) == f"{path}: extends: {bucket}/base.toml cannot be read: no access."


def test_a_folder_finds_an_address_whatever_its_ending(bucket, tmp_path):
    storage.write(bucket / "plain", "a = 1\n")
    file, layers = TomlFolder("thing", tmp_path).read(f"{bucket}/plain")
    assert (file.name, merge(layers)) == ("plain", {"a": 1})
    assert read_toml(file) == {"a": 1}
