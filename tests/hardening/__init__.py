"""Bounded, seeded trials of damage: run by hand (`make fuzz`, `make durability`), not by pytest."""
