"""Figures that were reported upward or published, each with its date and source."""
