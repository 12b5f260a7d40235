"""Requests and the generator of the source database that the README runs."""
