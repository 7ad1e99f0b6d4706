"""What is known of conditions before any of them is run: what differs, and what each thing that differs does alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from glut4sim.sim.analysis import idle_effects, steps_alone
from glut4sim.sim.analysis.steps_alone import StepsAlone
from glut4sim.sim.scenario.differences import Difference, differences
from glut4sim.sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Account:
    """What is known of conditions.

    Attributes
    ----------
    names : of the conditions, the reference first
    differences : with the values in their order
    steps : condition -> what each thing that differs from the reference does alone
    warnings : what the user should know, a line each
    """

    names: tuple[str, ...]
    differences: tuple[Difference, ...]
    steps: Mapping[str, StepsAlone]
    warnings: tuple[str, ...]

    @property
    def content(self) -> dict:
        """What compare.json says of it."""
        return {
            "differs": [{"path": one.path, "values": dict(zip(self.names, one.values))} for one in self.differences],
            "steps": [
                {
                    "condition": name,
                    "insulin_nM": found.moment.insulin,
                    "percent_alone": {step: dict(changes) for step, changes in found.alone.items()},
                    "percent_together": dict(found.together),
                }
                for name, found in self.steps.items()
            ],
        }


def account(scenarios: Mapping[str, Scenario]) -> Account:
    """What is known of conditions, by name, the reference first."""
    reference, base = next(iter(scenarios.items()))
    steps, said = {}, list(idle_effects.warnings(*scenarios.values()))
    for name, scenario in islice(scenarios.items(), 1, None):
        if not differences([base, scenario]):
            said.append(f"{name} says the same as {reference}: nothing differs")
        try:
            steps[name] = steps_alone.found(scenario, base)
        except ArithmeticError as error:
            said.append(f"{name}: what each step does alone is not known: {error}")
    return Account(tuple(scenarios), differences(list(scenarios.values())), steps, tuple(said))
