"""The canonical form: equal values give equal bytes, whichever engine holds them (docs/canonical-form.md)."""
