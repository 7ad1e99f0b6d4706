"""Which scenario, what it is about, what acts in it and on which evidence, and what to take home."""

from functools import cache
from itertools import groupby

import solara
from solara.alias import rv

from sim.dashboard import archive
from sim.dashboard.desk import Desk
from sim.dashboard.fold import Fold
from sim.endocrine import account, library
from sim.endocrine.library import Effect
from sim.endocrine.modulation import STEPS
from sim.files import merge
from sim.scenario import SCENARIOS, Scenario


@solara.component
def ScenarioPanel(desk: Desk):
    """The picker, and the scenario on show."""
    scenario = desk.settings.value.scenario
    Picker(desk, "" if scenario is None else scenario.name)
    if scenario is None:
        solara.HTML("p", "Getting ready: the first time, compiling takes half a minute.", classes=["g4-hint"])
        return
    with solara.Div():
        solara.HTML("h2", scenario.title or scenario.name)
        solara.HTML("code", scenario.name)
    solara.HTML("p", scenario.description)
    if scenario.therapy:
        Therapies(scenario)
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
            lambda: archive.results(desk.session.taken().result()),
            filename=f"{_file_name(scenario)}.zip",
            label="Results so far",
        )


@solara.component
def Picker(desk: Desk, shown: str):
    """All installed scenarios by their titles, in groups; to be searched by typing."""
    items = installed()
    names = [item["value"] for item in items if "value" in item]
    if shown and shown not in names:
        items = [{"text": shown, "value": shown}, *items]
    rv.Autocomplete(
        label="Scenario",
        items=items,
        v_model=shown,
        on_v_model=lambda name: name in names and name != shown and desk.load(lambda: Scenario.load(name)),
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
        solara.HTML("h3", "Therapy")
        for therapy in scenario.therapy:
            solara.HTML("p", account.describe_therapy(therapy))
        solara.HTML("h3", "How these drugs stand")
        for drug, note in account.standings(scenario).items():
            with rv.Html(tag="p", class_="g4-hint"):
                solara.HTML("strong", drug.capitalize())
                solara.Text(f": {note.removesuffix(account.NOT_ADVICE)}")
        solara.HTML("p", account.NOT_ADVICE)


@solara.component
def Evidence(scenario: Scenario):
    """Who acts on what in it, and whence that is known."""
    with Fold([solara.HTML("strong", "What acts, and on which evidence")]):
        for effect in account.acting(scenario):
            Action(effect, scenario)
        solara.HTML("p", account.WHOLE_BODY, classes=["g4-hint"])


@solara.component
def Action(effect: Effect, scenario: Scenario):
    """An effect in a line; opened, its numbers and its source."""
    tags = [effect.evidence, *(["disputed"] if effect.disagreement else [])]
    on = STEPS[effect.target].title if effect.acts_on_cell else library.levels()[effect.target].title
    how = library.describe_strength(effect) + (f", after {account.say(effect.lag)}" if effect.lag else "")
    if effect.receptor in scenario.hormones.blocked:
        how += f"; {effect.receptor} is blocked: as without it"
    facts = {"Acts on": on, "How": how, "Source": effect.source, "Disputed": effect.disagreement}
    with Fold([effect.title, *(solara.HTML("span", tag, classes=["g4-tag"]) for tag in tags)]):
        for name, fact in facts.items():
            if fact:
                solara.HTML("p", f"{name}: {fact}", classes=["g4-hint"])


def _file_name(scenario: Scenario) -> str:
    return scenario.name.replace("/", "-")
