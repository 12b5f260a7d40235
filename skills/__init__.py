"""The seven skills: typed input, typed output, each works alone and without a model."""
