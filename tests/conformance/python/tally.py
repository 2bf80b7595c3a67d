"""Counts assertions; prints each one that fails, and goes on."""

import traceback

LONGEST_FINDING = 400


class Tally:
    """Assertions of one client. A failed one is reported at once and does not stop the scenario."""

    def __init__(self):
        self.assertions = 0
        self.failures = 0
        self._scenario = ""

    def run(self, area, scenario):
        """Runs one scenario with its own name in reports; an exception counts as a failure."""
        self._scenario = f"{area}/{scenario.__name__}"
        return _Run(self)

    def equal(self, what, found, expected):
        """`found` is `expected`, and of its type: 1 is not True, and 1.0 is not 1."""
        same_type = type(found) is type(expected)
        self._count(
            found == expected and same_type, what, f"expected {expected!r}, found {found!r}"
        )

    def holds(self, what, condition, found=""):
        """`condition` is true; `found` is shown if it is not."""
        self._count(bool(condition), what, f"found {found!r}")

    def raises(self, what, kind, act):
        """`act` raises `kind`, which is returned; `None` if it does not."""
        try:
            result = act()
        except kind as error:
            self._count(True, what, "")
            return error
        except Exception as error:  # noqa: BLE001 - any other error is the finding
            self._count(False, what, f"expected {kind.__name__}, raised {error!r}")
            return None
        self._count(False, what, f"expected {kind.__name__}, returned {result!r}")
        return None

    def _count(self, passed, what, finding):
        self.assertions += 1
        if not passed:
            self.failures += 1
            print(f"FAILED {self._scenario}: {what}: {finding[:LONGEST_FINDING]}", flush=True)


class _Run:
    """One scenario while it runs."""

    def __init__(self, tally):
        self._tally = tally

    def __enter__(self):
        return self._tally

    def __exit__(self, kind, error, trace):
        if error is None or not isinstance(error, Exception):
            return False
        where = traceback.extract_tb(trace)
        lines = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in where]
        self._tally._count(False, "runs to its end", f"{error!r} at {' < '.join(reversed(lines))}")
        return True
