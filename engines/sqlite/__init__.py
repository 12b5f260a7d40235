"""SQLite: files opened read-only, introspected, profiled and left as they were."""
