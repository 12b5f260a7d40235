"""Designs a migration: strategy, tools, stages, timeline, way back, gates, from one visible decision table."""
