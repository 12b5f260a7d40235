"""What the figures of benchmarks/README.md come from, one command each."""
