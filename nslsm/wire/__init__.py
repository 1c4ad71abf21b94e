"""What other programs read: decisions, summaries and findings, with a version and a schema for each."""
