"""An authenticator app (RFC 6238, with SHA-1, six digits and steps of 30 seconds).

    python3 demo/phone.py SECRET      prints the code that it shows now
"""

import base64
import hashlib
import hmac
import sys
import time

STEP_SECS = 30


class Phone:
    """Alice's authenticator app."""

    def __init__(self, secret):
        self.key = base64.b32decode(secret + "=" * (-len(secret) % 8))

    def code(self, step):
        tag = hmac.digest(self.key, step.to_bytes(8, "big"), hashlib.sha1)
        at = tag[-1] & 15
        return f"{(int.from_bytes(tag[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"

    def wrong_code(self, step):
        near = {self.code(other) for other in range(step - 10, step + 11)}
        return next(code for code in ("000000", "111111", *map("{:06}".format, range(99)))
                    if code not in near)


def present_step():
    return int(time.time()) // STEP_SECS


if __name__ == "__main__":
    print(Phone(sys.argv[1].replace(" ", "")).code(present_step()))
