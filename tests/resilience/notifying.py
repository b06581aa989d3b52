"""`python -m tests.resilience.notifying`: the demo, for which every host that it may notify is this machine."""

from demo import app
from ui.server.programs.webhook import Webhooks

if __name__ == "__main__":
    Webhooks.__init__.__kwdefaults__["resolve"] = lambda *_: ["127.0.0.1"]
    app()
