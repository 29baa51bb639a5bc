"""Buildings: which grid area each belongs to and in which order it is walked."""
