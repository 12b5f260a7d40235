"""The conversation at a terminal: slash commands over the rules, and answers of a model where there is one."""
