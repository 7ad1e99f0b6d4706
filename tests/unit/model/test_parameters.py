"""Presets: every value sourced and in range, overrides checked, and the kernel given exactly the fields it declares."""

import math
import pickle

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.files import TomlFolder
from glut4sim.sim.model.parameters import (
    EVIDENCE,
    POSITIVE,
    PRESETS,
    SHARES,
    ParameterSet,
    canonical_units,
    load_preset,
    sections,
)

ENTRY = 'value = 2\nunit = "1/min"\nrange = [1, 3]\nsource = "somebody (2002)"\nevidence = "measured"\n'


@pytest.fixture
def adipocyte():
    return load_preset("adipocyte")


def preset_of(folder, text, name="cell"):
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_preset(name, TomlFolder("preset", folder))


# ---- the installed presets ----


@pytest.mark.parametrize("name", PRESETS.names())
def test_installed_presets_give_the_kernel_all_it_needs(name):
    preset = load_preset(name)
    built = preset.build()
    assert isinstance(built, ParameterSet)
    for section, values in built._asdict().items():
        assert isinstance(values, sections(preset.geometry)[section])
        assert all(type(value) is float and math.isfinite(value) and value >= 0.0 for value in values)
    assert len(preset.parameters) == sum(len(values) for values in built)
    assert sum(preset.counts().values()) == len(preset.parameters)
    assert tuple(preset.counts()) == EVIDENCE
    assert preset.title


def test_values_are_converted_to_the_units_of_the_kernel(adipocyte):
    """Sedaghat's k1 = 6e7 /M/min and k-1 = 0.2 /min, in 1/(nM s) and 1/s."""
    receptor = adipocyte.build().receptor
    assert receptor.bind_first == pytest.approx(6e7 * 1e-9 / 60, rel=1e-14)
    assert receptor.unbind_first == pytest.approx(0.2 / 60, rel=1e-14)
    assert canonical_units(type(receptor))["bind_first"] == "1/(nM*s)"


def test_preset_survives_pickling(adipocyte):
    again = pickle.loads(pickle.dumps(adipocyte))
    assert again == adipocyte
    assert again.hash == adipocyte.hash


# ---- overrides ----


def test_override_is_the_users_and_leaves_the_preset_alone(adipocyte):
    before = adipocyte.parameters["vesicle.fuse"]
    changed = adipocyte.override({"vesicle.fuse": "0.5 1/s"})
    fuse = changed.parameters["vesicle.fuse"]
    assert adipocyte.parameters["vesicle.fuse"] is before
    assert (fuse.value, fuse.unit) == (30.0, "1/min")
    assert changed.build().vesicle.fuse == 0.5
    assert fuse.evidence == "assumed"
    assert "set by the user" in fuse.source
    assert before.source in fuse.source
    endocytosis = adipocyte.override({"vesicle.endocytose": "0.2 1/min"})
    assert endocytosis.counts()["assumed"] == adipocyte.counts()["assumed"] + 1
    assert changed.hash != adipocyte.hash


def test_override_may_leave_the_plausible_range(adipocyte):
    high = adipocyte.parameters["vesicle.fuse"].high
    assert adipocyte.override({"vesicle.fuse": f"{10 * high} 1/min"}).parameters["vesicle.fuse"].value == 10 * high


@pytest.mark.parametrize("cell", ["adipocyte", "skeletal-muscle"])
def test_everything_can_be_knocked_out_but_what_amounts_are_measured_by(cell):
    preset = load_preset(cell)
    for name, parameter in preset.parameters.items():
        none = f"0 {parameter.unit}" if parameter.unit != "1" else "0"
        if name in POSITIVE:
            with pytest.raises(InputError, match=rf"{name}: expected a value above 0, got .*: .{{15,}}"):
                preset.override({name: none})
        else:
            assert preset.override({name: none}).parameters[name].value == 0.0
    assert {name for name in POSITIVE if not name.startswith("fibre.")} <= set(preset.parameters)


def test_a_share_is_at_most_1():
    preset = load_preset("skeletal-muscle")
    for name in SHARES:
        assert preset.override({name: "1"}).parameters[name].value == 1.0
        with pytest.raises(InputError, match=rf'^{name}: expected at most 1, got "1.01": it is a share of .+\.$'):
            preset.override({name: "1.01"})
    assert set(POSITIVE) <= set(preset.parameters)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("vesicle.fuze", "2 1/min", 'unknown parameter "vesicle.fuze". Did you mean "vesicle.fuse"?'),
        ("zzz", "2 1/min", 'unknown parameter "zzz". See `glut4sim parameters list`.'),
        ("vesicle.fuse", "2 um", 'got "2 um" (a length).'),
        ("vesicle.fuse", "2", 'got "2" (no unit).'),
        ("vesicle.fuse", 2, "got 2 (no unit)."),
        ("vesicle.fuse", "-2 1/s", 'vesicle.fuse: expected a value of 0 or more, got "-2 1/s".'),
        ("vesicle.fuse", "inf 1/s", "(not a finite number)."),
        ("vesicle.glut4_copies", True, "got true (a boolean)."),
        ("vesicle.cell_radius", "1 um", "vesicle.cell_radius: expected vesicle.inner_radius < vesicle.cell_radius"),
        ("signalling.pip3_basal", "99 percent", "expected signalling.pip3_basal < signalling.pip3_reference"),
    ],
)
def test_bad_overrides(adipocyte, name, value, message):
    with pytest.raises(InputError) as caught:
        adipocyte.override({name: value})
    assert message in str(caught.value)


# ---- preset files ----


def test_entry(tmp_path):
    preset = preset_of(tmp_path, f'title = "A cell"\n[vesicle.fuse]\n{ENTRY}')
    fuse = preset.parameters["vesicle.fuse"]
    assert preset.title == "A cell"
    assert (fuse.name, fuse.value, fuse.unit, fuse.low, fuse.high) == ("vesicle.fuse", 2.0, "1/min", 1.0, 3.0)
    assert (fuse.source, fuse.evidence, str(fuse)) == ("somebody (2002)", "measured", "2 1/min")


def test_a_fitted_value_may_name_its_fit_and_one_that_is_set_loses_it(tmp_path):
    entry = ENTRY.replace("measured", "fitted") + 'fit = "a-problem"\n'
    preset = preset_of(tmp_path, f"[vesicle.fuse]\n{entry}[vesicle.dock]\n{ENTRY}")
    assert [preset.parameters[name].fit for name in ("vesicle.fuse", "vesicle.dock")] == ["a-problem", ""]
    assert preset.override({"vesicle.fuse": "2 1/min"}).parameters["vesicle.fuse"].fit == ""


def test_what_is_carried_to_another_cell_type_is_assumed_there(tmp_path):
    entry = ENTRY.replace("measured", "fitted") + 'fit = "a-problem"\n'
    preset_of(tmp_path, f"[vesicle.fuse]\n{ENTRY}[vesicle.dock]\n{ENTRY}[vesicle.sort]\n{entry}", "fat")
    muscle = preset_of(tmp_path, f'extends = "fat"\nanother_cell_type = true\n[vesicle.dock]\n{ENTRY}', "muscle")
    assert [muscle.parameters[f"vesicle.{key}"].evidence for key in ("fuse", "dock", "sort")] == [
        "assumed", "measured", "assumed"
    ]  # fmt: skip
    assert muscle.parameters["vesicle.sort"].fit == ""
    assert muscle.parameters["vesicle.fuse"].source == "assumed as in another cell type: somebody (2002)"
    again = preset_of(tmp_path, 'extends = "muscle"\n', "diabetes")
    assert again.parameters == muscle.parameters


def test_a_geometry_asks_for_its_own_parameters(tmp_path):
    with pytest.raises(InputError, match='expected "spherical shell" or "cylindrical slice", got "cube"'):
        preset_of(tmp_path, 'geometry = "cube"\n', "cube")
    (tmp_path / "adipocyte.toml").write_text((PRESETS.folder / "adipocyte.toml").read_text("utf-8"))
    with pytest.raises(InputError, match=r"fibre\.\w+: this parameter is missing"):
        preset_of(tmp_path, 'extends = "adipocyte"\ngeometry = "cylindrical slice"\n', "slice").build()
    stray = f'extends = "adipocyte"\n[fibre.thickness]\n{ENTRY}'
    with pytest.raises(InputError, match=r'unknown parameter "fibre\.thickness"'):
        preset_of(tmp_path, stray, "stray").build()


def test_child_replaces_single_parameters_as_a_whole(tmp_path):
    preset_of(tmp_path, f'title = "Parent"\n[vesicle.fuse]\n{ENTRY}[vesicle.dock]\n{ENTRY}', "parent")
    entry = ENTRY.replace("2002", "2020").replace("value = 2", "value = 1.5")
    child = preset_of(tmp_path, f'extends = "parent"\n[vesicle.fuse]\n{entry}', "child")
    assert child.parameters["vesicle.fuse"].source == "somebody (2020)"
    assert child.parameters["vesicle.dock"].source == "somebody (2002)"
    with pytest.raises(InputError, match=r'vesicle.dock: "unit" is missing'):
        preset_of(tmp_path, 'extends = "parent"\n[vesicle.dock]\nvalue = 1\n', "careless")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        *[
            ("\n".join(line for line in ENTRY.splitlines() if not line.startswith(key)), f'"{key}" is missing.')
            for key in ("value", "unit", "range", "source", "evidence")
        ],
        (ENTRY + "note = 5\n", 'unknown key "note".'),
        (ENTRY + 'fit = "a-problem"\n', "fit: expected this only of a value that is fitted."),
        (ENTRY.replace("value = 2", "value = 4"), "expected a value within its range, 0 <= 1 <= 4 <= 3."),
        (ENTRY.replace("[1, 3]", "[3, 1]"), "range: expected two ascending numbers such as [1, 3], got [3, 1]."),
        (ENTRY.replace("[1, 3]", "[-1, 3]"), "expected a value within its range"),
        (ENTRY.replace("[1, 3]", "[1]"), "range: expected two ascending numbers such as [1, 3], got [1]."),
        (ENTRY.replace("[1, 3]", '[1, "3"]'), 'range: expected two ascending numbers such as [1, 3], got [1, "3"].'),
        (ENTRY.replace("value = 2", "value = nan"), "value: expected a finite number, got nan."),
        (ENTRY.replace("value = 2", "value = true"), "value: expected a finite number, got true (a boolean)."),
        (ENTRY.replace("measured", "guessed"), 'evidence: expected "measured", "fitted" or "assumed", got "guessed".'),
        (ENTRY.replace("somebody (2002)", " "), 'source: expected text, got " ".'),
        (ENTRY.replace('"1/min"', "1"), "unit: expected text, got 1."),
    ],
)
def test_bad_entries(tmp_path, entry, message):
    with pytest.raises(InputError) as caught:
        preset_of(tmp_path, f"[vesicle.fuse]\n{entry}")
    assert str(caught.value).startswith(f"{tmp_path.name}/cell.toml: vesicle.fuse")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vesicle = 5\n", "vesicle: expected a table, got 5."),
        ("[vesicle]\nfuse = 5\n", "vesicle.fuse: expected a table, got 5."),
        ("title = 5\n", "title: expected text, got 5."),
        ('extends = "cell"\n[vesicle]\n', "extends: expected no circle, got cell.toml -> cell.toml."),
    ],
)
def test_bad_files(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        preset_of(tmp_path, text)
    assert message in str(caught.value)


def test_unknown_preset():
    with pytest.raises(InputError, match=r'unknown preset "adipocite"\. Did you mean "adipocyte"\?'):
        load_preset("adipocite")


def adipocyte_text():
    return (PRESETS.folder / "adipocyte.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[vesicle.fuse]", "[vesicle.fuze]", 'unknown parameter "vesicle.fuze". Did you mean "vesicle.fuse"?'),
        ("[vesicle.fuse]", f"[lysosome.fuse]\n{ENTRY}[vesicle.fuse]", 'unknown parameter "lysosome.fuse".'),
        ('unit = "um"', 'unit = "s"', "expected a quantity in um, got"),
        ('unit = "um"', 'unit = "umm"', "(no known unit)."),
    ],
)
def test_presets_that_the_kernel_cannot_take(tmp_path, old, new, message):
    assert old in adipocyte_text()
    preset = preset_of(tmp_path, adipocyte_text().replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        preset.build()
    assert message in str(caught.value)


def test_missing_parameter(tmp_path):
    head, _, tail = adipocyte_text().partition("[vesicle.fuse]")
    preset = preset_of(tmp_path, head + "[" + tail.partition("\n[")[2])
    with pytest.raises(InputError, match=r"vesicle.fuse: this parameter is missing\.$"):
        preset.build()
