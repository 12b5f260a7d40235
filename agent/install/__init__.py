"""Writes what an assistant needs into a project: the server's entry, the subagent, the skills."""
