"""The model at the other end of a wire: requests, replies, attempts and what they cost."""
