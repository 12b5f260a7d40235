"""Comparing two databases table by table: counts, digests of parts, the rows and columns that differ."""
