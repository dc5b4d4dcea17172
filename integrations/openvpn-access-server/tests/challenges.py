"""What Access Server keeps between the calls of one login."""

import json
import pickle
import random
import threading
import time

import crv1
from pyovpn.plugin import FAIL

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
now = getattr(time, "monotonic", time.time)


class Faults(object):
    """What a script did wrong: kept, as a script may catch what is raised into it."""

    def __init__(self):
        self.found = []

    def add(self, text):
        """Raises an AssertionError, which is not lost when the script catches it."""
        self.found.append(text)
        raise AssertionError(text)


class Challenges(object):
    """The challenges that wait for an answer."""

    def __init__(self, secs):
        self._secs = secs
        self._lock = threading.Lock()
        self._waiting = {}

    def keep(self, state, user, values):
        """Puts a challenge in, its values as the text that a cluster's nodes would share."""
        with self._lock:
            self._waiting[state] = (user, json.dumps(values), now() + self._secs)

    def drop(self, state):
        """Forgets a challenge; one that is not there is no trouble."""
        with self._lock:
            self._waiting.pop(state, None)

    def find(self, state):
        """User and values, or None when it is unknown or too old."""
        with self._lock:
            user, values, until = self._waiting.get(state, (None, None, 0))
        return (user, json.loads(values)) if now() < until else None

    def __len__(self):
        with self._lock:
            return len(self._waiting)


class CrState(object):
    """`crstate`, with no more methods than public scripts use.

    `after_expire`: whether a challenge that comes after `expire()` in the same call is "kept" or
    "lost". No public script does that, so nobody knows.
    """

    def __init__(self, challenges, user, faults, values=None, state=None, answer=None,
                 after_expire="kept"):
        self._challenges, self._user, self._faults = challenges, user, faults
        self._values, self._state, self._answer = values or {}, state, answer
        self._after_expire, self._expired, self._text, self._new_state = after_expire, False, "", ""

    def get(self, name, default=None):
        """As with a dict."""
        return self._values.get(name, default)

    def __getitem__(self, name):
        return self._values[name]

    def __contains__(self, name):
        return name in self._values

    def __setitem__(self, name, value):
        # What is put in may have to reach another process of Access Server's: plain values only.
        try:
            same = json.loads(json.dumps({name: value})) == {name: value}
            pickle.dumps(value)
        except Exception as trouble:
            self._faults.add("crstate[%r] cannot be stored: %s" % (name, trouble))
        if not same:
            self._faults.add("crstate[%r] = %r would not come back the same" % (name, value))
        self._values[name] = value

    def response(self):
        """What the user answered; None when nothing was asked."""
        return self._answer

    def expire(self):
        """Ends what is kept for this challenge. This call may still read it."""
        self._expired = True
        self._challenges.drop(self._state)

    def challenge_post_auth(self, authret, text, echo=True):
        """Refuses the login with a challenge, in place of the one before."""
        if self._text:
            self._faults.add("two challenges in one call")
        if not isinstance(text, (str, type(u""))):
            self._faults.add("the challenge is not a text: %r" % (text,))
        source = random.SystemRandom()
        self._new_state = "".join(source.choice(_LETTERS) for _ in range(32))
        authret["status"] = FAIL
        authret["reason"] = "challenge"
        authret["client_reason"] = crv1.render(self._new_state, self._user, text, echo)
        self._text = authret["client_reason"]

    def finish(self, authret):
        """Keeps the challenge of this call and gives its text, or None without one."""
        if not self._text:
            return None
        assert authret["status"] == FAIL, "allowed, with a challenge: %r" % (authret,)
        assert authret["client_reason"] == self._text, "the script changed a challenge's text"
        self._challenges.drop(self._state)
        if not self._expired or self._after_expire == "kept":
            self._challenges.keep(self._new_state, self._user, self._values)
        return self._text
