"""The import of Word files that public packages ship as test data."""
