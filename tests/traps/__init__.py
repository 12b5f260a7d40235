"""Traps of comparing databases, planted on every pair of engines: found, and no alarm without one."""
