"""Why a scan cannot begin or go on."""


class ScanError(ValueError):
    """A scan cannot begin or go on. The message is one sentence for whoever typed the command."""
