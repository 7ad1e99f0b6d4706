"""A simulator of PEtab problems that knows nothing of this program: libRoadRunner, fed with the files alone."""

import numpy as np
import petab.v1 as petab
import roadrunner
from petab.v1.math import sympify_petab

REST = 1e8  # s after which nothing changes any more


class Simulator:
    """A problem's model, and its log-likelihood at values of its parameters.

    Parameters
    ----------
    yaml : path of the problem's YAML file
    """

    def __init__(self, yaml):
        self.problem = petab.Problem.from_yaml(yaml)
        self.runner = roadrunner.RoadRunner(self.problem.model.to_sbml_str())
        self.runner.integrator.relative_tolerance = 1e-9
        self.runner.integrator.absolute_tolerance = 1e-14
        model, sbml = self.runner.model, self.problem.model.sbml_model
        rules = [rule.getVariable() for rule in sbml.getListOfRules() if rule.isRate()]
        self.states = [*model.getFloatingSpeciesIds(), *rules]
        self.known = set(self.states) | set(model.getGlobalParameterIds())

    def log_likelihood(self, **values):
        """At the nominal values, or others."""
        data = self.problem.measurement_df
        sigma = data.noiseParameters.to_numpy(float)
        residuals = (data.measurement.to_numpy() - self.simulated(**values)) / sigma
        return float(np.sum(-0.5 * residuals**2 - np.log(np.sqrt(2.0 * np.pi) * sigma)))

    def simulated(self, **values):
        """What is simulated beside each row of the measurement table, (n,)."""
        parameters = dict(self.problem.parameter_df["nominalValue"]) | values
        data = self.problem.measurement_df
        found = np.empty(len(data))
        for rest, those in data.groupby("preequilibrationConditionId"):
            self._enter(rest, parameters)
            self.runner.simulate(0.0, REST, 2)
            resting = {name: self.runner[name] for name in self.states}
            for experiment, rows in those.groupby("simulationConditionId"):
                found[rows.index] = list(self._of_condition(resting, experiment, rows, parameters))
        return found

    def _of_condition(self, resting, experiment, rows, parameters):
        self._enter(experiment, parameters)
        for name, value in resting.items():
            self.runner[name] = value
        formulas = self.problem.observable_df.observableFormula
        formulas = {name: sympify_petab(formulas[name]) for name in set(rows.observableId)}
        wanted = sorted({s.name for formula in formulas.values() for s in formula.free_symbols} & self.known)
        self.runner.timeCourseSelections = ["time", *wanted]
        times = np.unique(np.append(0.0, rows.time))
        path = np.array(self.runner.simulate(times=times.tolist()))
        np.testing.assert_allclose(path[:, 0], times)
        for row in rows.itertuples():
            known = dict(zip(wanted, path[np.searchsorted(times, row.time), 1:])) | self._overrides(row, parameters)
            formula = formulas[row.observableId]
            yield float(formula.subs({symbol: known[symbol.name] for symbol in formula.free_symbols}))

    def _overrides(self, row, parameters):
        """Values of the placeholders in an observable's formula."""
        found = petab.split_parameter_replacement_list(row.observableParameters)
        return {
            f"observableParameter{n}_{row.observableId}": parameters.get(value, value)
            for n, value in enumerate(found, 1)
        }

    def _enter(self, condition, parameters):
        """The model at its start, with the parameters and what a condition sets."""
        self.runner.resetToOrigin()
        row = self.problem.condition_df.loc[condition].drop("conditionName")
        for name, value in (parameters | dict(row)).items():
            if name in self.known:
                self.runner[name] = float(parameters.get(value, value))
