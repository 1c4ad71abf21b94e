"""The laws of the model as properties, and the broken evaluators that they must find."""
