"""Tables and bars for a terminal. `facejury compare --json` does without: Rich takes long to import."""

from typing import Any

from rich.console import Console
from rich.text import Text

from text.plain_text import show_plainly


class PlainConsole(Console):
    """A terminal that text of strangers cannot steer: Rich brings every line, cell and title through here."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Rich's own method."""
        return super().render_str(show_plainly(text), **options | {"emoji": False})  # no picture for a name's :x:


screen = PlainConsole()
errors = PlainConsole(stderr=True)  # where progress goes, too: standard output is for answers
