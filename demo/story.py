"""What came of each login."""

from process import Failed


class Story:
    """One line for each login on standard output; what came out otherwise is kept."""

    def __init__(self):
        self.faults = []

    def login(self, user, tried, method, outcome, millis, expected):
        """Prints a line: user, what was tried, by which way, outcome, milliseconds."""
        print(f"LOGIN {user} {tried} {method} {outcome} {millis:.0f}", flush=True)
        if outcome != expected:
            self.faults.append(f"{user} with {tried} by {method}: {outcome} instead of {expected}")

    def end(self):
        if self.faults:
            raise Failed("; ".join(self.faults))
