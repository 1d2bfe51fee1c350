"""What the program costs: run by hand, and reported as ratios."""
