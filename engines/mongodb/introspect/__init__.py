"""Reads what a MongoDB database contains into the catalog."""

from engines.mongodb.introspect.reader import read_catalog

__all__ = ["read_catalog"]
