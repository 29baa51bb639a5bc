"""The people who sign in, administered by a community's director and by administrators."""
