"""database-optimization-analyzer: what a live database holds and what will bite when it moves."""
