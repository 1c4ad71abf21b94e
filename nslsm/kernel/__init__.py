"""The kernel tower: tasks, credentials, objects and namespaces; what happens becomes requests. It knows no policy text."""
