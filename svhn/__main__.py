"""python -m svhn COMMAND"""

import sys

from .cli.main import main

sys.exit(main())
