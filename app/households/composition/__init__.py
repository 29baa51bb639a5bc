"""How a community is made up on any day: age and sex, education, tenure, occupancy by grid area."""
