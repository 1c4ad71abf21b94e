"""Where this meets the running system: recording what a real program does."""
