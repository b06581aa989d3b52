"""`python -m models`: the older name of `facejury models`."""

from models.commands.application import app
from text.output import end_in_a_sentence

if __name__ == "__main__":
    with end_in_a_sentence():
        app(prog_name="python -m models")
