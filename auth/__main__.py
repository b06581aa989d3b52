"""`python -m auth add-user | set-password | unlock | list-users | remove-user | feedback`: the older names.

They are those of `facejury users` and `facejury feedback`.
"""

import typer

from auth.commands import feedback, users
from text.output import end_in_a_sentence

app = typer.Typer(
    help="Accounts and feedback, for who runs this Facejury.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (users.add_user, users.set_password, users.unlock, users.list_users, users.remove_user):
    app.command()(command)
app.add_typer(feedback.app, name="feedback")

if __name__ == "__main__":
    with end_in_a_sentence():
        app(prog_name="python -m auth")
