"""Folders that are written: their contents, their record, and how they replace older ones."""
