"""The certificate of an equal comparison: what was compared, when, by which hashes, signed."""
