"""How values travel: one module per pair of engines."""
