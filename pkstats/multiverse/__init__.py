"""The grid of defensible specifications, the batched engine, bootstrap and randomisation inference."""
