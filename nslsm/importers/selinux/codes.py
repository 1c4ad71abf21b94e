"""What can be wrong with a policy of SELinux, or be lost of it."""
