"""`python -m models`: the older name of `facejury models`."""

from models.commands.application import app

if __name__ == "__main__":
    app(prog_name="python -m models")
