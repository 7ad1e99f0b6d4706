"""Data in PEtab's tables (version 1) as points of a series, for `file = "problem.yaml"` of a fit's data.

A series is the rows of the measurement table of one observableId, or of one datasetId. Rows of one condition are a time
course, rows of several conditions a dose response: its doses [nM] are in the one column of the condition table in which
these conditions differ. Times [s] count from the stimulation: from where the columns insulin_at_1 of our own tables say
that insulin changes first, else from the start. Numbers in noiseParameters, or in the noiseFormula, are the SEM.
"""

from pathlib import Path
from typing import Any

import numpy as np

from glut4sim.sim.analysis.measurements import Reference
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.model.sbml_template import NEVER

SUFFIXES = (".yaml", ".yml")
DOSE, CHANGED, CHANGES = "insulin", "insulin_to_1", "insulin_at_1"  # columns of our own condition tables


def load_petab(what: str) -> Any:
    """The package petab; InputError, which says what needs it, if it is not installed."""
    try:
        import petab.v1
    except ImportError:
        raise InputError(f"{what}: needs petab; install it with: pip install 'glut4sim[fit]'") from None
    return petab.v1


def read_series(path: Path, name: str) -> Reference:
    """The points of a series.

    Parameters
    ----------
    path : of the problem's YAML file
    name : observableId or datasetId; may be empty where there is but one observable

    Raises
    ------
    InputError
        naming the file that is at fault
    """
    petab = load_petab(path.name)
    conditions, measurements, observables = _tables(petab, path)
    rows = _rows(measurements, name, path)
    transformations = observables.get("observableTransformation")
    for observable in rows["observableId"].unique():
        if transformations is not None and transformations.get(observable, "lin") not in ("lin", "", np.nan, None):
            raise InputError(f"{path.name}: expected errors that are normal, {describe(observable)} is transformed.")
    used = conditions.loc[list(dict.fromkeys(rows["simulationConditionId"]))]
    stimulated = [_first_change(row) for _, row in used.iterrows()]
    sem, y = _errors(rows, observables), rows["measurement"].to_numpy(float)
    if len(used) == 1:
        return Reference(rows["time"].to_numpy(float) - stimulated[0], y, sem, False)
    doses = dict(zip(used.index, _doses(used, path), strict=True))
    x = np.array([doses[condition] for condition in rows["simulationConditionId"]], float)
    return Reference(x, y, sem, True)


def _tables(petab: Any, path: Path):
    from yaml import YAMLError

    try:
        content = petab.yaml.load_yaml(path)
        (files,) = content["problems"]
        readers = {
            "condition_files": petab.get_condition_df,
            "measurement_files": petab.get_measurement_df,
            "observable_files": petab.get_observable_df,
        }
        return [
            petab.concat_tables([str(path.parent / file) for file in files[key]], read) for key, read in readers.items()
        ]
    except OSError as error:
        raise InputError(f"{error.filename or path.name} cannot be read: {error.strerror}.") from None
    except (YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        why = " ".join(str(error).split())
        raise InputError(f"{path.name}: expected one problem in PEtab's form, version 1 ({why}).") from None


def _rows(measurements, name: str, path: Path):
    """The rows of a series."""
    columns = [column for column in ("observableId", "datasetId") if column in measurements]
    known = {str(entry) for column in columns for entry in measurements[column].dropna()}
    if not name and measurements["observableId"].nunique() == 1:
        return measurements
    if name not in known:
        raise unknown("series", name, known).within(place=path.name)
    column = next(column for column in columns if (measurements[column] == name).any())
    return measurements[measurements[column] == name]


def _first_change(condition) -> float:
    """When insulin changes first [s since the start]; 0 where that is not said."""
    time = float(condition.get(CHANGES, 0.0))
    return 0.0 if time >= NEVER else time


def _doses(conditions, path: Path) -> list[float]:
    """The dose of each condition."""
    if CHANGED in conditions:
        start = conditions[DOSE].to_numpy(float)
        return np.where(
            conditions[CHANGES].to_numpy(float) < NEVER, conditions[CHANGED].to_numpy(float), start
        ).tolist()
    differing = [c for c in conditions if c != "conditionName" and conditions[c].nunique() > 1]
    if len(differing) != 1:
        found = ", ".join(differing) or "none"
        raise InputError(f"{path.name}: expected conditions that differ in one column, the dose, got {found}.")
    try:
        return conditions[differing[0]].to_numpy(float).tolist()
    except ValueError:
        raise InputError(f"{path.name}: expected a number in each row of the column {differing[0]}.") from None


def _errors(rows, observables) -> np.ndarray | None:
    """Standard errors (n,), None where they are no numbers."""
    formulas = observables["noiseFormula"].reindex(rows["observableId"]).to_numpy()
    own = rows["noiseParameters"].to_numpy() if "noiseParameters" in rows else np.full(len(rows), np.nan)
    try:
        found = [float(formula) if _is_number(formula) else float(mine) for formula, mine in zip(formulas, own)]
    except (TypeError, ValueError):
        return None
    return None if np.isnan(found).any() else np.array(found)


def _is_number(text: Any) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except (TypeError, ValueError):
        return False
