"""Which scenario, what it is about, what acts in it and on which evidence, and what to take home."""

from functools import cache
from itertools import groupby

import solara
from solara.alias import rv

from glut4sim.sim.dashboard.markup import Fold, Text
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.dashboard.scenario_cards import Cards
from glut4sim.sim.endocrine import evidence
from glut4sim.sim.endocrine.library import Effect
from glut4sim.sim.inputs.files import merge
from glut4sim.sim.scenario import dosing
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario


@solara.component
def ScenarioPanel(page: PageState):
    """The picker, and the scenario on show."""
    settings = page.settings.value
    scenario = settings.scenario
    Picker(page, "" if scenario is None else scenario.name)
    if scenario is None:
        if settings.phase == "starting":
            Text("p", "Getting ready: the first time, compiling takes half a minute.", "g4-hint")
        return
    with solara.Div():
        Text("h2", scenario.title or scenario.name)
        Text("p", scenario.name, "g4-hint")
    Text("p", scenario.description)
    if scenario.has_hormones:
        link = rv.Html(tag="a", attributes={"href": "#weeks"}, children=["below the cell"])
        since = f"The experiment is {evidence.say(scenario.assay.at[0])} after the start; choose another time "
        rv.Html(tag="p", children=[since, link, "."])
    if scenario.therapy:
        Therapies(scenario)
        for line in dosing.warnings(settings.whole or scenario):
            Text("p", f"Warning: {line}", "g4-hint")
    if scenario.has_hormones:
        Evidence(scenario)
    with solara.Div(classes=["g4-downloads"]):
        solara.FileDownload(
            scenario.to_toml(),
            filename=f"{_file_name(scenario)}.toml",
            label="Scenario as changed",
            icon_name="mdi-file-document-outline",
        )
        solara.FileDownload(
            page.take_home,
            filename=f"{_file_name(scenario)}.zip",
            label="Results so far",
        )
    Cards(page, scenario.name)


@solara.component
def Picker(page: PageState, shown: str):
    """All installed scenarios by their titles, in groups; to be searched by typing."""
    items = installed()
    names = [item["value"] for item in items if "value" in item]
    if shown and shown not in names:
        items = [{"text": shown, "value": shown}, *items]
    rv.Autocomplete(
        label="Scenario",
        items=items,
        v_model=shown,
        on_v_model=lambda name: name in names and name != shown and page.session.load(lambda: Scenario.load(name)),
        menu_props={"maxHeight": 480},
        hide_details=True,
    )


@cache
def installed() -> list[dict[str, str]]:
    """The picker's items: titles of scenarios, under a heading for each folder."""
    items = []
    for folder, names in groupby(sorted(SCENARIOS.names(), key=_folder), _folder):
        if folder:
            items.append({"header": folder.replace("-", " ").capitalize()})
        for name in names:
            table = merge(SCENARIOS.read(name)[1])  # to check all of it, as loading does, takes seconds
            items.append({"text": table.get("title") or name, "value": name})
    return items


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


@solara.component
def Therapies(scenario: Scenario):
    """What is given, and how it stands with the authorities."""
    with solara.Div(classes=["g4-list"]):
        Text("h3", "Therapy")
        for therapy in scenario.therapy:
            Text("p", evidence.describe_therapy(therapy))
        Text("h3", "How these drugs stand")
        for drug, note in evidence.standings(scenario).items():
            about = f": {note.removesuffix(evidence.NOT_ADVICE)}"
            rv.Html(tag="p", class_="g4-hint", children=[Text("strong", drug), about])
        Text("p", evidence.NOT_ADVICE)


@solara.component
def Evidence(scenario: Scenario):
    """Who acts on what in it, and whence that is known."""
    with Fold([Text("strong", "What acts, and on which evidence")]):
        for effect in evidence.acting(scenario):
            Action(effect, scenario)
        Text("p", evidence.WHOLE_BODY, "g4-hint")


@solara.component
def Action(effect: Effect, scenario: Scenario):
    """An effect in a line; opened, its numbers and its source."""
    tags = [effect.evidence, *(["disputed"] if effect.disagreement else [])]
    facts = {
        "Acts on": evidence.target_title(effect, scenario),
        "How": evidence.describe_action(effect, scenario),
        "Source": effect.source,
        "Disputed": effect.disagreement,
    }
    with Fold([effect.title, *(Text("span", tag, "g4-tag") for tag in tags)]):
        for name, fact in facts.items():
            if fact:
                rv.Html(tag="p", class_="g4-hint", children=[Text("strong", name), f": {fact}"])


def _file_name(scenario: Scenario) -> str:
    return scenario.name.replace("/", "-")
