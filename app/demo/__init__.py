"""Made-up data: the demo community at full size, and the small data set for acceptance checks."""
