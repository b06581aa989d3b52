"""What is kept is tested on the databases, and through the launched page, that the accounts are tested on."""

from tests.storage.databases import pytest_plugin_registered

__all__ = ["pytest_plugin_registered"]
