"""How verdicts are shown: one file per format, all from the same verdict and what was presented."""
