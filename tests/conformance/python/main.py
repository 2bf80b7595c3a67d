"""Microsoft's Python SDK, unmodified, against the sandbox: `main.py https://localhost:PORT`.

The last line says how many assertions were made and how many failed; the exit code is 1 if one did.
"""

import sys

import batches
import errors
import queries
import records
import relationships
import tables
from environment import Environment
from tally import Tally

AREAS = [records, queries, batches, tables, relationships, errors]


def main(base_url):
    environment = Environment(base_url)
    tally = Tally()
    for area in AREAS:
        for scenario in area.SCENARIOS:
            with tally.run(area.__name__, scenario) as check:
                scenario(environment, check)
            environment.clear_faults()
    print(f"python: {tally.assertions} assertions, {tally.failures} failures")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
