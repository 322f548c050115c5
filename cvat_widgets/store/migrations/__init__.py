"""Alembic migrations of the annotation store."""
