"""The report of a migration: one set of facts, written as Markdown and as HTML."""
