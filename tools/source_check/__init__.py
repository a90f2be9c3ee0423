"""The rules of tools/check-source, one table a file."""
