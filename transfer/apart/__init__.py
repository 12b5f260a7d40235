"""Telling on the target which range of the source's key a row belongs to."""
