"""What is kept is tested on the databases, and through the launched page, that the accounts are tested on."""

from tests.storage.databases import engine, mariadb, name, new_url, other_site, site, uploads, url

__all__ = ["engine", "mariadb", "name", "new_url", "other_site", "site", "uploads", "url"]
