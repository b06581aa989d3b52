"""What can go wrong on the training side, each with one sentence for the person at the command line.

ModelsError
├── DataError                 a data folder cannot be read, or may not be used for this
├── ExportError               the exported network does not do what the trained one does
├── NetworkRefused            a network that was trained elsewhere is none that can be served
├── PublishError              a detector cannot be published
├── RepoNameError             no repository on the Hub can have this name
└── UnknownArchitectureError  no architecture has this key
"""


class ModelsError(Exception):
    """Something a person can mend."""


class DataError(ModelsError, ValueError):
    """A data folder cannot be read as one of the three layouts, or may not be used for this."""


class ExportError(ModelsError, RuntimeError):
    """The exported network does not do what the trained one does."""


class NetworkRefused(ModelsError, ValueError):
    """A network that was trained elsewhere is none that can be served."""


class PublishError(ModelsError, RuntimeError):
    """A detector cannot be published: unmeasured, incomplete, or the Hub does not take it."""


class RepoNameError(ModelsError, ValueError):
    """No repository on the Hub can have this name."""


class UnknownArchitectureError(ModelsError, LookupError):
    """No architecture has this key."""
