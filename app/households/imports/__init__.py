"""Importing the household register from CSV and XLSX: a dry run that names every row's fate, then the real one."""
