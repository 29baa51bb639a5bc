"""XLSForm, the spreadsheet format in which questionnaires travel between tools: sheets survey, choices and settings.

What the format has no words for (points, what counts as satisfied, weights, subjects) stands in columns of our own,
which other tools ignore.
"""
