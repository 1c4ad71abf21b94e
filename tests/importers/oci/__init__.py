"""The import of containers' configurations."""
