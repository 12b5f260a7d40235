"""Triggers and routines from one procedural dialect to another, as far as rules reach."""
