"""Case studies: one mission and its place, by the same code for all."""
