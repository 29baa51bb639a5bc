"""Communities, their districts, their grid areas, and who works in them."""
