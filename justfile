# `just check` is what CI runs, in pieces that are quicker to repeat.

python := ".venv/bin/python"

# everything: format, lint, types, layers, tests with documentation
check: format lint types layers test

# a virtual environment with all that development needs
setup:
    python3 -m venv .venv
    .venv/bin/pip install --quiet --editable '.[dev]'

format:
    .venv/bin/ruff format .

lint:
    .venv/bin/ruff check .

types:
    {{python}} -m mypy

layers:
    .venv/bin/lint-imports --no-logo

# the default selection: the README's commands, the wheel, lint and types are in it (tests/house)
test *arguments:
    {{python}} -m pytest --quiet -n auto {{arguments}}

# without the house: what one runs while writing
quick *arguments:
    {{python}} -m pytest --quiet --ignore tests/house {{arguments}}

# long random searches, elsewhere each time: CI looks at the same places
sweep:
    NSLSM_SEED=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') {{python}} -m pytest --quiet -n auto -m sweep --hypothesis-profile=sweep tests

# the parser's tables, after a change to the grammar
tables:
    {{python}} -m nslsm.language.syntax.generate
