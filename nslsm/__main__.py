"""``python -m nslsm``: the command line where its script is not on the path."""

import sys

from nslsm.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
