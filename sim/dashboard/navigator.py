"""What follows the page's address, with a slip in Solara's script mended, of which every browser would warn."""

from pathlib import Path

import solara
import traitlets
from solara import widgets

SLIP, MEANT = "modules.export =", "module.exports ="


class Navigator(widgets.Navigator):
    """As Solara's, whose script is read from its file."""

    template_file = None
    template = traitlets.Unicode(Path(widgets.Navigator.template_file).read_text("utf-8").replace(SLIP, MEANT)).tag(
        sync=True
    )


solara.Navigator.widget = Navigator  # of the component that Solara's router makes
