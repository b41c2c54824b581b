"""One look for every picture, and numbers drawn to what can be seen."""
