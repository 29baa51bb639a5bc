"""Households (户): dwellings, their tenure and occupancy, the people in them, and the visits paid to them."""
