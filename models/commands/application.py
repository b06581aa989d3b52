"""All commands of the training side as one application. A user's mistake is one sentence, not a traceback."""

from typing import Any

import typer
from typer.core import TyperGroup

from detectors.commands.options import warn
from models.commands import evaluation, leaderboard, motion, publishing, speed, training, voice

NEEDS_TRAIN = "{name} is not installed, and this command needs it: .venv/bin/pip install -e '.[train]'"


class PlainErrorsGroup(TyperGroup):
    """Commands whose known errors are printed as they say themselves, and end with exit code 1 or 2."""

    def invoke(self, ctx: Any) -> Any:
        """Typer's own method."""
        try:
            return super().invoke(ctx)
        except remote_errors() as error:
            raise _exit(str(error), 1) from error
        except local_errors() as error:
            raise _exit(str(error), 2) from error
        except ModuleNotFoundError as error:  # `make demo` installs only what serving needs
            raise _exit(NEEDS_TRAIN.format(name=error.name) if error.name else str(error), 2) from error


def remote_errors() -> tuple[type[Exception], ...]:
    """What went wrong at the Hub, or on the way there. Imported when something did: --help must answer fast."""
    from detectors.networks.hub import HubError
    from models.errors import PublishError

    return HubError, PublishError


def local_errors() -> tuple[type[Exception], ...]:
    """What is wrong with the data, the model folders or the names that were given."""
    from detectors.networks.folder import ArtifactError
    from detectors.networks.resolve import SourceError
    from models.errors import ModelsError
    from registry import UnknownDetectorError

    return ArtifactError, ModelsError, SourceError, UnknownDetectorError


def _exit(sentence: str, code: int) -> typer.Exit:
    warn(sentence)
    return typer.Exit(code)


app = typer.Typer(
    cls=PlainErrorsGroup,
    help="Train, export, measure and publish the networks of the jury.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for part in (training, motion, evaluation, speed, leaderboard, publishing):
    app.registered_commands += part.app.registered_commands
app.add_typer(voice.app, name="voice")
