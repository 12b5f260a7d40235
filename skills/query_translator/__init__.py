"""query-translator: SQL carried to another engine, each statement labelled by what running both sides showed."""
