"""`python -m detectors compare | scan | check | new`: the older names of `facejury compare`, `scan` and `detectors`."""

import typer

from detectors.commands.compare import compare_command
from detectors.commands.plugins import check_command, new_command
from detectors.commands.scan import scan_command
from detectors.scan.ray_option import RayCommand
from text.output import end_in_a_sentence

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command("compare")(compare_command)
app.command("scan", cls=RayCommand)(scan_command)
app.command("check")(check_command)
app.command("new")(new_command)


@app.callback()
def main() -> None:
    """A jury of deepfake detectors. `facejury detectors list` names them."""


if __name__ == "__main__":
    with end_in_a_sentence():
        app()
