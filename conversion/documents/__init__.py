"""Documents as relations and relations as documents, without losing a value unsaid."""
