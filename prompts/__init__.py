"""Templates: the words for people and for models, kept apart from the code that fills them."""
