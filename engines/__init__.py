"""Database engines behind small protocols, and the engine-neutral catalog model."""
