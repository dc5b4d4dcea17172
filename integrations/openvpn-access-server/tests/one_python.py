"""Runs the tests under the Python that it is started with, and notes what became of each.

    PYTHON -B one_python.py NOTES [TEST...]

NOTES is the file for `run`: JSON, by the test's name. Without names, every test that there is.
"""

import json
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Noting(unittest.TextTestResult):
    """Prints as unittest does with -v, and notes."""

    def __init__(self, *arguments, **more):
        super(Noting, self).__init__(*arguments, **more)
        self.notes, self.began = {}, time.time()

    def startTest(self, test):
        self.began = time.time()
        super(Noting, self).startTest(test)

    def note(self, test, outcome, why=""):
        """A test's worst: one that passes may still fail while it is cleaned up."""
        if self.notes.get(test.id(), {}).get("outcome") != "failed":
            secs = round(time.time() - self.began, 2)
            self.notes[test.id()] = {"outcome": outcome, "why": why, "secs": secs}

    def addSuccess(self, test):
        super(Noting, self).addSuccess(test)
        self.note(test, "passed")

    def addSkip(self, test, reason):
        super(Noting, self).addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addFailure(self, test, err):
        super(Noting, self).addFailure(test, err)
        self.note(test, "failed", self.failures[-1][1])

    def addError(self, test, err):
        super(Noting, self).addError(test, err)
        self.note(test, "failed", self.errors[-1][1])

    def addExpectedFailure(self, test, err):
        super(Noting, self).addExpectedFailure(test, err)
        self.note(test, "passed")

    def addUnexpectedSuccess(self, test):
        super(Noting, self).addUnexpectedSuccess(test)
        self.note(test, "failed", "it is expected to fail, and passes")


def main(notes, names):
    loader = unittest.defaultTestLoader
    tests = loader.loadTestsFromNames(names) if names else loader.discover(HERE)
    # Not to standard output, into which the scripts print.
    result = unittest.TextTestRunner(sys.stderr, verbosity=2, resultclass=Noting).run(tests)
    # The file is there only once all of it is: whoever finds none knows that the run broke off.
    with open(notes + ".partial", "w") as file:
        json.dump(result.notes, file, indent=1, sort_keys=True)
    os.rename(notes + ".partial", notes)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
