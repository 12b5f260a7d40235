"""Statements that make one live schema like another, with their way back, locks and gentler alternatives."""
