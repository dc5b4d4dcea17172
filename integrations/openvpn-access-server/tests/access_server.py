"""A stand-in for OpenVPN Access Server, as far as a post-auth script can tell.

README.md beside this file says which behaviour is documented, which was seen, and which is a guess.
"""

import copy
import os
import re
import threading
import traceback
import types

import captured
import crv1
import pool
from challenges import Challenges, CrState, Faults, now
from pyovpn.plugin import FAIL, SUCCEED

ADDRESS = "198.51.100.7"
HW_ADDR = "02:00:5e:10:00:01"
CLIENT_INFO = {
    "IV_VER": "3.git::d3f8b18b", "IV_PLAT": "win", "IV_SSO": "webauth,crtext", "IV_PROTO": "30",
    "UV_ASCLI_VER": "3.4.4-3412", "UV_PLAT_REL": "10.0.22631",
}


class BrokenScript(Exception):
    """Access Server could not load the script."""


class AuthRet(dict):
    """`authret`: a dict with a place for an object that lives as long as the session."""

    state = None


class Login(object):
    """One connection, from which the dicts of every call are made anew."""

    def __init__(self, user, kind, authcred, attributes, info, authret=None):
        self.user, self.kind, self.info = user, kind, info
        self.authcred = dict(authcred, username=user)
        self.attributes, self.authret = attributes, authret or {}


class Outcome(object):
    """What became of one login, or of one call of the script."""

    def __init__(self, server, login, authret, secs, crv1_text=None, properties=None, called=True):
        self._server, self._login = server, login
        self.authret, self.secs, self.properties, self.called = authret, secs, properties, called
        self.allowed = authret["status"] == SUCCEED
        self.reason, self.client_reason = authret.get("reason"), authret.get("client_reason")
        self.token, self.rest, self.crv1 = None, None, crv1_text
        self.challenge, self.echo, self._state, self._user = None, None, None, None
        if crv1_text is None:
            crv1.check_reason(self.reason or "", self.client_reason)
            return
        read = crv1.parse(crv1_text)
        if login.kind == "rest":
            self.rest = crv1.rest_answer(crv1_text)
            read = crv1.parse_rest(self.rest)
        self.challenge, self.echo = read.text, read.echo
        self._state, self._user = read.state, read.user

    @property
    def group(self):
        """The group that this login gets: a script's word counts with GROUP_SELECT only."""
        chosen = self._server.group_select and self.authret.get("proplist", {}).get("conn_group")
        return chosen or None

    def answer(self, text, user=None):
        """Answers the challenge over a new connection, as the user of it unless one is named.

        An answer of None arrives as no answer at all.
        """
        assert self.crv1 is not None, "there is no challenge to answer: %r" % (self.authret,)
        login = copy.copy(self._login)
        login.authcred = dict(login.authcred)
        if user is not None:
            login.user = login.authcred["username"] = user
        else:
            assert self._user == crv1.native(crv1.to_bytes(login.user))
        # A static response belongs to the first password.
        login.authcred.pop("static_response", None)
        if text is None:
            return self._server._answered(login, self._state, None)
        return self._server._authenticate(login, crv1.dynamic_password(self._state, text))

    def __repr__(self):
        return "<Outcome %s %r>" % ("allowed" if self.allowed else "refused", dict(self.authret))


class AccessServer(object):
    """A server that runs one script. `with AccessServer(text) as server:` closes it.

    `threads`: size of the pool for scripts that are not SYNCHRONOUS. `passwords`: `{user: primary
    password}`; by default everybody has "primary". `names_given`: SUCCEED and FAIL are in the
    script's namespace already. `challenge_secs`: how long an answer is waited for.
    `states_bound`: an answer under another name is refused without the script. `with_proplist`:
    `authret` carries `proplist`. `sessions`: those of a server before, which was restarted.
    `hang_secs`: after that long a call counts as hanging. `after_expire`: see `CrState`.
    `status_at_answer`: what `authret` says when an answer comes, before the script sets it.
    """

    def __init__(self, script, threads=4, passwords=None, names_given=False, challenge_secs=300,
                 states_bound=True, with_proplist=True, sessions=None, hang_secs=150,
                 after_expire="kept", status_at_answer=FAIL):
        self._after_expire, self._status_at_answer = after_expire, status_at_answer
        self._passwords, self._states_bound = passwords, states_bound
        self._with_proplist, self._hang_secs = with_proplist, hang_secs
        self.challenges = Challenges(challenge_secs)
        self.sessions = {} if sessions is None else sessions
        self.properties = {}
        self._log = captured.Log()
        self._pool = None
        captured.attach(self._log)
        try:
            self._load(script, names_given)
        except Exception:
            captured.detach(self._log)
            raise
        self._pool = pool.Caller() if self.synchronous else pool.Pool(threads)

    def _load(self, script, names_given):
        if isinstance(script, bytes):
            script = script.decode("utf-8")
        # No file, no package, not in sys.modules: a text from the configuration database.
        module = types.ModuleType("post_auth_script")
        if names_given:
            module.SUCCEED, module.FAIL = SUCCEED, FAIL
        with captured.Printing(self._log):
            try:
                code = compile(script, "<string>", "exec", 0, True)
                exec(code, module.__dict__)
            except Exception:
                raise BrokenScript("the script does not load:\n" + traceback.format_exc())
            names = module.__dict__
            self.synchronous = bool(names.get("SYNCHRONOUS"))
            self.group_select = bool(names.get("GROUP_SELECT"))
            self.auth_null = bool(names.get("AUTH_NULL"))
            self.retain_password = bool(names.get("RETAIN_PASSWORD"))
            self.static_challenge = names.get("STATIC_CHALLENGE")
            self.static_challenge_echo = bool(names.get("STATIC_CHALLENGE_ECHO"))
            self.x509_track = list(names["x509_track"]()) if "x509_track" in names else []
        self._with_state = "post_auth_cr" in names
        self._script = names.get("post_auth_cr", names.get("post_auth"))
        if not callable(self._script):
            raise BrokenScript("the script has neither post_auth_cr nor post_auth")
        # Python 2 sets the names of a module to None when nobody holds it.
        self._module = module

    # Logins

    def vpn(self, user, password="primary", address=ADDRESS, client_info=CLIENT_INFO,
            hw_addr=HW_ADDR, static_response=None, attributes=None, info=None, **authcred):
        """A VPN client with a password; None leaves a key out."""
        login = _login(user, "vpn", address, hw_addr, client_info, authcred, attributes, info)
        if static_response is not None:
            password = crv1.static_password(password, static_response)
        return self._authenticate(login, password)

    def reauth(self, user, password="primary", **details):
        """A VPN client that gives its password again on a connection that stands."""
        attributes = dict(details.pop("attributes", None) or {}, reauth=True)
        return self.vpn(user, password, attributes=attributes, **details)

    def web_client(self, user, password="primary", **details):
        """The web page from which users get their profiles."""
        return self._web("web", "WEB_CLIENT", user, password, **details)

    def admin_ui(self, user, password="primary", service="WEB_ADMIN", **details):
        """The administration pages; `service` None leaves `log_service_name` out."""
        return self._web("admin", service, user, password, **details)

    def rest(self, user, password="primary", service="XML_API", **details):
        """A program that fetches a profile."""
        return self._web("rest", service, user, password, **details)

    def _web(self, kind, service, user, password, address=ADDRESS, attributes=None, info=None,
             **authcred):
        attributes = dict(attributes or {})
        if service is not None:
            attributes.setdefault("log_service_name", service)
        login = _login(user, kind, address, None, None, authcred, attributes, info)
        return self._authenticate(login, password)

    def session(self, user, token=None, address=ADDRESS, client_info=CLIENT_INFO, hw_addr=HW_ADDR,
                attributes=None, **authcred):
        """A VPN client that comes again with the token of its login, or with the one given."""
        login = _login(user, "session", address, hw_addr, client_info, authcred, attributes, None)
        login.info = {"auth_method": "session"}
        token = token or self.sessions.get(user)
        if token is None or self.sessions.get(user) != token:
            return self._refused(login, "session token unknown")
        return self._call(login, self._state(login))

    def autologin(self, user, address=ADDRESS, client_info=CLIENT_INFO, hw_addr=HW_ADDR,
                  attributes=None, **authcred):
        """A VPN client with a certificate and no password."""
        login = _login(user, "autologin", address, hw_addr, client_info, authcred, attributes,
                       {"auth_method": "autologin"})
        login.authret = {"common_name": user + "_AUTOLOGIN", "serial": "7", "serial_list": [7]}
        return self._call(login, self._state(login))

    def call(self, authcred, attributes, info, authret=None, crstate=None):
        """The bare call of the script; `crstate` may be a dict of what is in it."""
        login = Login(authcred.get("username"), "call", authcred, attributes, info, authret)
        login.authcred = authcred
        if not isinstance(crstate, CrState):
            crstate = self._state(login, crstate)
        return self._call(login, crstate)

    @property
    def log(self):
        """All that the script printed so far, its threads' output too."""
        return self._log.text

    def close(self):
        """Ends the threads. The log can still be read."""
        self._pool.close()
        captured.detach(self._log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What goes on before and around the script

    def _authenticate(self, login, password):
        dynamic = crv1.parse_dynamic(password)
        if dynamic:
            return self._answered(login, *dynamic)
        static = crv1.parse_static(password)
        if static:
            password, login.authcred["static_response"] = static
        if not self.auth_null:
            right = "primary" if self._passwords is None else self._passwords.get(login.user)
            if right is None or password != right:
                return self._refused(login, "local auth failed")
        if self.auth_null or self.retain_password:
            login.authcred["password"] = password
        return self._call(login, self._state(login))

    def _answered(self, login, state, answer):
        found = self.challenges.find(state)
        if found is None:
            return self._refused(login, "challenge unknown or expired")
        user, values = found
        if self._states_bound and user != login.user:
            return self._refused(login, "challenge of another user")
        login.authret = dict(login.authret, status=self._status_at_answer)
        return self._call(login, self._state(login, values, state, answer))

    def _state(self, login, *kept):
        return CrState(
            self.challenges, login.user, Faults(), *kept, after_expire=self._after_expire)

    def _refused(self, login, reason):
        return Outcome(self, login, AuthRet(status=FAIL, reason=reason), 0.0, called=False)

    def _call(self, login, crstate):
        arguments = self._arguments(login)
        if self._with_state:
            arguments.append(crstate)
        began = now()

        def work():
            with captured.Printing(self._log):
                try:
                    return self._script(*arguments), None
                except BaseException:
                    return None, traceback.format_exc()

        returned, trouble = self._pool.run(work, self._hang_secs)
        secs = now() - began
        assert not crstate._faults.found, crstate._faults.found[0]
        assert trouble is None, "the script let an exception out:\n%s" % trouble
        authret, properties = _checked(returned)
        text = crstate.finish(authret)
        outcome = Outcome(self, login, authret, secs, text, properties)
        if properties:
            self.properties.setdefault(login.user, {}).update(properties)
        if outcome.allowed and login.kind in ("vpn", "rest"):
            outcome.token = self.sessions[login.user] = os.urandom(16)
        return outcome

    def _arguments(self, login):
        attributes = copy.deepcopy(login.attributes)
        if "auth_parms" in attributes:
            attributes["auth_parms"] = self._tracked(attributes["auth_parms"])
        authret = AuthRet(status=SUCCEED, user=login.user, reason="local auth succeeded")
        # With GROUP_SELECT the user's properties are read after the script.
        if self._with_proplist and not self.group_select:
            saved = self.properties.get(login.user, {})
            authret["proplist"] = dict({"type": "user_connect"}, **saved)
        if login.kind == "call" and login.authret:
            authret = AuthRet()
        authret.update(copy.deepcopy(login.authret))
        # An LDAP connection in there cannot be copied.
        return [copy.deepcopy(login.authcred), attributes, authret, dict(login.info)]

    def _tracked(self, parameters):
        wanted = [name.lstrip("+") for name in self.x509_track]
        return dict((name, value) for name, value in parameters.items()
                    if not name.startswith("X509_") or name.split("_", 2)[2] in wanted)


def _login(user, kind, address, hw_addr, client_info, authcred, attributes, info):
    authcred = dict(authcred, client_ip_addr=address, client_hw_addr=hw_addr)
    authcred = dict((name, value) for name, value in authcred.items() if value is not None)
    attributes = dict(attributes or {})
    if kind in ("vpn", "session", "autologin"):
        attributes.setdefault("vpn_auth", True)
        if client_info is not None:
            attributes.setdefault("client_info", client_info)
    return Login(user, kind, authcred, attributes, info or {"auth_method": "local"})


def _checked(returned):
    """`authret` and the properties to store, of either shape that a script may return."""
    properties = {}
    if isinstance(returned, tuple) and len(returned) == 2:
        returned, properties = returned
    assert isinstance(returned, AuthRet), "Access Server cannot take %r" % (returned,)
    for name, values in (("proplist_save", properties), ("proplist", returned.get("proplist", {}))):
        assert isinstance(values, dict), "%s is no dict: %r" % (name, values)
        for entry in values.items():
            assert all(isinstance(part, (str, type(u""))) for part in entry), (
                "%s holds what is no text: %r" % (name, entry))
    assert returned.get("status") in (SUCCEED, FAIL) and returned["status"] is not False, (
        "authret has no status: %r" % (returned,))
    return returned, properties


def load_package(folder):
    """The text of the script in this folder, with the folder written into it as installed."""
    with open(os.path.join(folder, "certify_post_auth_script.py")) as script:
        text = script.read()
    return re.sub("(?m)^AUTHX_FOLDER = .*$", lambda _: "AUTHX_FOLDER = %r" % str(folder), text)
