"""The language's text: grammar, tree, parser, explanations of what does not parse, and the way back to text."""
