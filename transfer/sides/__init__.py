"""One side of a comparison per engine: counts, digests, hashes and values of rows at one moment."""
