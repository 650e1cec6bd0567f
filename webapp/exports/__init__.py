"""Registers as files for auditors."""
