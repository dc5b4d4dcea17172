"""Scripts in the manner of those that the vendor and others publish, to try the stand-in with."""

# A question whose answer is known here; expire() comes before the answer is read.
SUM = """
import random
from pyovpn.plugin import *

SYNCHRONOUS = True

def post_auth_cr(authcred, attributes, authret, info, crstate):
    print("AUTHCRED %r" % (authcred,))
    if info.get("auth_method") in ("session", "autologin"):
        return authret
    if "sum" not in crstate:
        first, second = random.randrange(10), random.randrange(10)
        crstate["sum"] = first + second
        crstate.challenge_post_auth(authret, "How much is %d + %d?" % (first, second))
        return authret
    crstate.expire()
    try:
        right = int(crstate.response()) == crstate["sum"]
    except ValueError:
        right = False
    authret["status"] = SUCCEED if right else FAIL
    authret["reason"] = authret["client_reason"] = "right" if right else "wrong"
    return authret
"""

# Takes a static response and asks those who sent none.
YEAR = """
from pyovpn.plugin import (SUCCEED, FAIL)
import time

SYNCHRONOUS = False
STATIC_CHALLENGE = "Which year is it?"
STATIC_CHALLENGE_ECHO = True

def post_auth_cr(authcred, attributes, authret, info, crstate):
    if info.get("auth_method") in ("session", "autologin"):
        return authret
    said = authcred.get("static_response")
    if crstate.get("asked"):
        said = crstate.response()
        crstate.expire()
    elif said is None:
        crstate["asked"] = True
        crstate.challenge_post_auth(authret, STATIC_CHALLENGE, echo=False)
        return authret
    right = said == str(time.gmtime().tm_year)
    authret["status"] = SUCCEED if right else FAIL
    if not right:
        authret["reason"] = authret["client_reason"] = "not this year"
    return authret
"""

# Has a veto, and no challenge.
ODD = """
def post_auth(authcred, attributes, authret, info):
    if len(authcred["username"]) & 1:
        authret["status"] = FAIL
        authret["reason"] = authret["client_reason"] = "odd"
    return authret
"""

# Remembers the machine from which a user came first, and chooses a group.
MACHINE = """
from pyovpn.plugin import *

def post_auth(authcred, attributes, authret, info):
    known, save = authret.setdefault("proplist", {}), {}
    known["conn_group"] = "staff"
    if attributes.get("vpn_auth"):
        now, before = authcred.get("client_hw_addr"), known.get("pvt_hw_addr")
        if not now or before and now != before:
            authret["status"] = FAIL
            authret["reason"] = authret["client_reason"] = "not from this machine"
        elif not before:
            save["pvt_hw_addr"] = now
    return authret, save
"""

# Does the first factor too.
OWN_PASSWORDS = """
from pyovpn.plugin import *

AUTH_NULL = True
RETAIN_PASSWORD = True

def post_auth(authcred, attributes, authret, info):
    if authcred.get("password") != "of-the-script":
        authret["status"] = FAIL
    return authret
"""

# Three tries without expire(), as long as the login lasts.
TRIES = """
from pyovpn.plugin import *

def post_auth_cr(authcred, attributes, authret, info, crstate):
    if info.get("auth_method") in ("session", "autologin"):
        return authret
    if not crstate.get("challenge"):
        crstate["challenge"] = True
        crstate["tries"] = 0
        crstate.challenge_post_auth(authret, "Word?")
        return authret
    crstate["tries"] += 1
    if crstate.response() == "word" or crstate["tries"] == 3:
        crstate.expire()
        authret["status"] = SUCCEED if crstate.response() == "word" else FAIL
    else:
        crstate.challenge_post_auth(authret, "Word? Try %d" % (crstate["tries"] + 1), echo=True)
    return authret
"""


def doing(lines, head="", result="authret"):
    """A script with a challenge state whose function does these lines."""
    body = "".join("    %s\n" % line for line in lines.strip().split("\n"))
    return ("from pyovpn.plugin import *\n%s\n"
            "def post_auth_cr(authcred, attributes, authret, info, crstate):\n%s"
            "    return %s\n" % (head, body, result))
