"""Checked policies as programs: what an expression's value is, where a control stands, what its digest is."""
