"""Start-up and exit: what `check_tls_cert` and `python -m check_tls_cert` run."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from typing import NoReturn

# Nearly the whole run is imports: thousands of objects, no garbage. Collecting among them costs a tenth of it.
gc.disable()

# Monitors merge stderr into the output; a library's remark on its future is not for whoever is paged.
if not sys.warnoptions:
    warnings.simplefilter("ignore")


def run() -> NoReturn:
    """Run the check with the process's arguments and exit with its state (0 to 3)."""
    from check_tls_cert.cli import main

    code = main()
    # Not sys.exit: taking the interpreter apart costs milliseconds a check and gains nothing; output is flushed.
    os._exit(code)


if __name__ == "__main__":
    run()
