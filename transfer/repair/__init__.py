"""Repair: exactly the rows that differ are copied again, after it was shown what will be done."""
