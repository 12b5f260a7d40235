"""The schema-comparator skill: target DDL from a source's schema, and the differences of two schemas."""
