"""Hostile and broken input for the whole program: `make test-fuzz` in CI, `make fuzz` at leisure. See `invariants`."""
