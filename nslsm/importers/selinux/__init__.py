"""SELinux's policies, from the Common Intermediate Language, as policies of ours."""
