"""The server for IDE assistants: skills as tools, long work as jobs, artifacts as resources, workflows as prompts."""
