"""Foreign text into this project's values: traces of programs that ran, policies of other systems."""
