"""A PAM service of the demo's own: the password that this host would ask alice for."""

import os
from pathlib import Path

from process import PREFIX, left_behind

PLACE = Path("/etc/pam.d")
PASSWORD = "alice's password on this host"
# In place of pam_unix, so that the machine needs no user `alice`.
CHECK = f"""#!/bin/sh
[ "$PAM_USER" = alice ] && [ "$(tr -d '\\0')" = "{PASSWORD}" ]
"""


class Service:
    """A file among the machine's PAM services, as there is no other place."""

    def __init__(self):
        self.name = f"{PREFIX}{os.getpid()}"

    def make(self, directory):
        for left in left_behind(PLACE):
            left.unlink(missing_ok=True)
        check = directory / "check-password"
        check.write_text(CHECK)
        check.chmod(0o700)
        (PLACE / self.name).write_text(
            f"auth [success=1 default=ignore] pam_exec.so expose_authtok quiet {check}\n"
            "auth requisite pam_deny.so\n"
            "auth required pam_permit.so\n"
            "account required pam_permit.so\n")

    def remove(self):
        (PLACE / self.name).unlink(missing_ok=True)
