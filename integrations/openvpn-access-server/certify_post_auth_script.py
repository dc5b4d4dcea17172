"""AuthX as the second factor of OpenVPN Access Server: its post-auth script.

Access Server keeps this text in its configuration, not this file, and calls `post_auth_cr` after
it has proved the first factor. What is to be set stands in certify_constants.py.
"""

import collections
import json
import os
import random
import re
import socket
import sys
import threading
import time
import types

from pyovpn.plugin import FAIL, SUCCEED

# Access Server calls in a thread of its own, which may wait for a phone.
SYNCHRONOUS = False

# Where the two other files are. `install.py` writes both; the second instead, on clusters.
AUTHX_FOLDER = "/usr/local/openvpn_as/authx"
SINGLE_FILE = {}


def post_auth_cr(authcred, attributes, authret, info, crstate):
    """Asks for the second factor. Always gives `authret` back, and never raises."""
    login = None
    try:
        login = SignIn(authcred, attributes or {}, authret, info or {}, crstate)
        login.decide()
    except BaseException as fault:  # Access Server must not see it, whatever it is.
        code, user = (login.code, login.typed_name) if login else (support_code(), "?")
        refuse(authret, code, user, "fault: %r" % (fault,), ASK_ADMINISTRATOR)
    return authret


class SignIn(object):
    """One call of Access Server: the beginning of a login, or an answer to its question."""

    def __init__(self, authcred, attributes, authret, info, crstate):
        self.authcred, self.attributes = authcred, attributes
        self.authret, self.info, self.crstate = authret, info, crstate
        self.method = info.get("auth_method")
        # What is signed in to, in the words of Access Server's log database. Where it says nothing,
        # whoever comes with a VPN client is none of the Admin UI.
        service = attributes.get("log_service_name") or None
        is_vpn = attributes.get("vpn_auth") or not service and attributes.get("client_info")
        self.service = "VPN" if is_vpn else service
        self.typed_name = text(authcred.get("username") or "")
        self.code = support_code()
        # The number for the phone that the user has before him, and the answers he has given.
        self.shown, self.seq, self.asked, self.has_typed = None, 0, False, False

    def decide(self):
        kept = self.crstate.get(MARK) if self.crstate is not None else None
        if not kept and self.authret.get("status") == FAIL:
            # Whatever has refused it before: no phone rings for it.
            return
        if self.method == "session":
            self.session()
        elif AUTHX.fault:
            self.refuse(AUTHX.fault, ASK_ADMINISTRATOR)
        elif len(self.typed_name) > LONGEST_NAME:
            # A request that is too long for AuthX would look as if AuthX were away.
            self.refuse("the user's name is too long", ASK_ADMINISTRATOR)
        elif self.method == "autologin" or not self.needs_none():
            self.second_factor(json.loads(kept) if kept else None)

    def second_factor(self, kept):
        try:
            if self.method == "autologin":
                self.autologin()
            elif kept:
                self.answered(kept, self.crstate.response())
            else:
                self.begin()
        except AUTHX.api.Away as trouble:
            self.away(trouble)
        except AUTHX.api.Problem as trouble:
            self.problem(trouble)
        except AUTHX.api.Wrong as trouble:
            self.refuse(trouble.text, ASK_ADMINISTRATOR)
        finally:
            # Nothing says that a new question may follow the end of the one before.
            if kept and not self.asked:
                self.crstate.expire()

    # --- The ways in ------------------------------------------------------------------------------

    def session(self):
        """Access Server's own token stands for both factors. Only a clear word from AuthX ends what
        it allowed: who is connected stays so while AuthX is away."""
        # The client says which device it is. If that one is not known, all of the user's count.
        client, until = self.client_key(), clock() + RENEWAL_SECS
        known = LOGINS.get(client)
        for login in [known] if known else LOGINS.of(client[0]):
            if AUTHX.fault or clock() >= until:
                return
            try:
                standing = AUTHX.server.renew(login["id"], within=until - clock())
            except Exception:  # Whatever it is: no word of AuthX.
                continue
            if standing.get("standing") == "ended":
                self.code, reason = login["code"], standing.get("reason") or {}
                said = "AuthX says %s" % reason.get("code")
                return self.refuse(said, reason.get("text") or ENDED)

    def needs_none(self):
        """Whether this login to the Admin UI is one that needs no second factor. Profiles and
        session tokens are handed out by other services: for them everybody is asked."""
        names = [text(name).lower() for name in AUTHX.settings.admin_exempt]
        exempt = self.typed_name.lower() in names and self.service in ("WEB_ADMIN", None)
        skipped = AUTHX.settings.admin_ui == "skip" and self.service == "WEB_ADMIN"
        if exempt or skipped:
            by = "ADMIN_EXEMPT" if exempt else "ADMIN_UI"
            self.log("no second factor for %s, by %s" % (self.service or "no named service", by))
        return exempt or skipped

    def autologin(self):
        """A profile that signs in by its certificate alone: the application's policy decides."""
        body = self.request(autologin=True, method="autologin")
        known = LOGINS.get(self.client_key())
        if known and known["session"]:
            body["session"] = known["session"]
        login = AUTHX.server.begin(AUTHX.api.new_login_id(), body)
        login = self.wait_for_phone(login)
        if login["state"] in FINAL:
            return self.follow(login)
        # Nobody is there to type `ok`.
        self.give_up(login["id"], "the phone was not answered in time")

    def begin(self):
        body = self.request(method="crv1" if self.service == "VPN" else "web")
        if self.crstate is not None:
            body["can"] = {"text": True, "several": True}
        static = text(self.authcred.get("static_response") or "").strip()
        if static:
            self.has_typed = True
            body.update(answer=static[:LONGEST_ANSWER], method="scrv1")
        self.follow(AUTHX.server.begin(AUTHX.api.new_login_id(), body))

    def answered(self, kept, response):
        """What came back to the question of an earlier call."""
        self.code, self.shown, self.seq = kept["code"], kept["shown"], kept["seq"]
        if kept["user"] != self.typed_name:
            return self.refuse("the answer came from another user", EXPIRED)
        if response is None:
            return self.give_up(kept["login"], "no answer came")
        typed, rang = text(response).strip(), kept["state"] == "awaiting_phone"
        self.has_typed = True
        if rang and typed.lower() in ANSWERED_THERE:
            return self.follow(AUTHX.server.wait(kept["login"], 0, 0))
        self.seq += 1
        login = AUTHX.server.answer(kept["login"], self.seq, typed[:LONGEST_ANSWER])
        if rang and login["state"] == "awaiting_phone" and not means_phone(typed):
            # Whoever has typed a code reads at once what was wrong with it.
            return self.ask(login)
        self.follow(login)

    # --- The ways out -----------------------------------------------------------------------------

    def follow(self, login):
        """Does what the state of the login asks for."""
        if login["state"] == "awaiting_phone" and login.get("match_number") in (None, self.shown):
            login = self.wait_for_phone(login)
        if login["state"] == "allowed":
            self.allow(login)
        elif login["state"] in FINAL:
            reason = login.get("reason") or {}
            said = reason.get("code") or login["state"]
            self.refuse("AuthX says %s" % said, reason.get("text") or TIMED_OUT)
        elif self.crstate is None:
            self.give_up(login["id"], "this login can be asked nothing")
        else:
            self.ask(login)

    def wait_for_phone(self, login):
        """Waits in this thread, if there is room, until the phone was answered or time is up."""
        if login["state"] != "awaiting_phone" or not AUTHX.room.acquire(False):
            return login
        try:
            until = clock() + AUTHX.settings.phone_secs
            while login["state"] == "awaiting_phone" and clock() < until:
                secs = max(1, int(until - clock()))
                login = AUTHX.server.wait(login["id"], login["version"], secs)
        finally:
            AUTHX.room.release()
        return login

    def ask(self, login):
        question, self.shown = questions(login, AUTHX.settings.prompt, not self.has_typed)
        self.crstate[MARK] = json.dumps({
            "login": login["id"], "state": login["state"], "seq": self.seq, "code": self.code,
            "shown": self.shown, "user": self.typed_name})
        echo = bool((login.get("prompt") or {}).get("echo", True))
        self.crstate.challenge_post_auth(self.authret, native(question), echo=echo)
        self.asked = True
        self.log("asked")

    def allow(self, login):
        session = (login.get("session") or {}).get("id")
        kept = {"id": login["id"], "session": session, "code": self.code}
        if not LOGINS.put(self.client_key(), kept):
            return self.refuse("this answer has let somebody in already", EXPIRED)
        self.authret["status"] = SUCCEED
        self.log("allowed by %s" % (login.get("factor") or "policy or session"))

    def away(self, trouble):
        # What its policy says of an autologin profile is not known now.
        if AUTHX.settings.outage != "allow" or self.method == "autologin":
            return self.refuse(trouble.text, TRY_AGAIN)
        self.authret["status"] = SUCCEED
        self.log("LET IN WITHOUT A SECOND FACTOR, because OUTAGE is \"allow\": %s" % trouble.text)

    def problem(self, trouble):
        why = "AuthX answers %s %s: %s" % (trouble.status, trouble.code, trouble.detail)
        self.refuse(why, EXPIRED if trouble.status in (404, 409) else ASK_ADMINISTRATOR)

    def give_up(self, login, why):
        """Ends a login that nobody will answer, so that no phone goes on asking."""
        try:
            AUTHX.server.cancel(login)
        except (AUTHX.api.Away, AUTHX.api.Problem, AUTHX.api.Wrong) as trouble:
            self.log("not cancelled, it ends by itself: %s" % trouble)
        self.refuse(why, TIMED_OUT)

    def refuse(self, why, told):
        refuse(self.authret, self.code, self.typed_name, why, told)

    def log(self, what):
        log(self.code, self.typed_name, what)

    # --- What is known of the client --------------------------------------------------------------

    def client_key(self):
        """Whose login, and from which device, as far as it says. A copied profile can say so too,
        and nobody is asked who is remembered: so for these also by which certificate, from where.
        """
        device, how = self.authcred.get("client_hw_addr"), ""
        if self.method == "autologin":
            at = self.authcred.get("client_ip_addr")
            how = "autologin %s %s" % (text(self.authret.get("serial") or ""), text(at or ""))
        return self.typed_name.lower(), label(device) or "", how

    def request(self, **more):
        suffix, name = text(AUTHX.settings.domain_suffix), self.typed_name
        if suffix and name and "@" not in name and "\\" not in name:
            name = "%s@%s" % (name, suffix)
        more.update({
            "user": name,
            "first_factor": {"kind": "proved", "by": "access_server"},
            "support_code": self.code,
            "client": self.client(),
            "server": {"name": label(AUTHX.settings.server_name or socket.gethostname())},
        })
        return more

    def client(self):
        told = self.attributes.get("client_info") or {}
        web = SERVICES.get(self.service, self.service)
        programs = [told.get(name) for name in ("IV_GUI_VER", "UV_ASCLI_VER", "IV_VER")] + [web]
        platform = [text(told.get(name) or "") for name in ("IV_PLAT", "IV_PLAT_VER")]
        client = {
            "address": address(self.authcred.get("client_ip_addr")),
            "program": label(next((program for program in programs if program), None)),
            "platform": label(" ".join(platform)),
            "device": label(self.authcred.get("client_hw_addr")),
        }
        return dict((name, value) for name, value in client.items() if value)


class AuthX(object):
    """The settings and the way to AuthX; or why there is none."""

    def __init__(self):
        self.fault, self.api, self.settings, self.server = None, None, None, None
        try:
            self.api = sibling("certify_web_api")
            self.settings = self.api.Settings.of(sibling("certify_constants"))
            self.server = self.api.AuthX(self.settings)
            self.room = threading.Semaphore(self.settings.phone_logins)
        except Exception as fault:  # The script has to load, so that it can refuse.
            named = "%s: %s" % (type(fault).__name__, fault)
            told = fault.text if self.api and isinstance(fault, self.api.Wrong) else named
            end = "" if told.endswith("?") else "."
            self.fault = "%s%s Nobody gets in until it is mended" % (told, end)
            log(support_code(), "at the start", self.fault)


class Logins(object):
    """Which login let a client in, as long as this process lives: the last ten thousand, and few
    of each user, so that nobody can fill it with devices that there are not."""

    def __init__(self):
        self.lock, self.known = threading.Lock(), collections.OrderedDict()
        self.used = collections.OrderedDict()

    def get(self, client):
        with self.lock:
            return self.known.get(client)

    def of(self, user):
        """All of a user's, the oldest first."""
        with self.lock:
            return [login for client, login in self.known.items() if client[0] == user]

    def put(self, client, login):
        """False for a login that has let a client in already: an answer is good for one."""
        with self.lock:
            if login["id"] in self.used:
                return False
            self.used[login["id"]] = None
            self.known.pop(client, None)
            self.known[client] = login
            devices = [each for each in self.known if each[0] == client[0]]
            for each in devices[:-MOST_DEVICES]:
                self.known.pop(each)
            for kept in (self.known, self.used):
                while len(kept) > MOST_LOGINS:
                    kept.popitem(last=False)
            return True


def sibling(name):
    """The file of this name beside the one that this text is from, as it is now: Access Server may
    load the text anew in the same process. Nothing compiled is left behind, it would hold the key.
    """
    path, source = os.path.join(AUTHX_FOLDER, name + ".py"), SINGLE_FILE.get(name)
    if not os.path.isdir(AUTHX_FOLDER):
        # Operators may have added theirs by `sys.path.insert`, as guides for earlier packages say.
        added = [os.path.join(each, name + ".py") for each in sys.path if os.path.isabs(each)]
        path = next((each for each in added if os.path.exists(each)), path)
    if source is None:
        try:
            with open(path, "rb") as file:
                source = file.read()
        except (IOError, OSError) as fault:
            raise IOError("%s cannot be read (%s): run install.py again, or write the folder that"
                          " holds it behind AUTHX_FOLDER" % (path, fault.strerror))
    module = types.ModuleType(name)
    source = source if isinstance(source, bytes) else source.encode("utf-8")
    try:
        exec(compile(source, path, "exec"), module.__dict__)
    except Exception as fault:
        # Its text may quote the line, which may be that of the key.
        place = sys.exc_info()[2].tb_next
        at = getattr(fault, "lineno", None) or (place.tb_lineno if place else "?")
        raise ValueError("%s, line %s: %s" % (path, at, type(fault).__name__))
    return module


def questions(login, prompt, is_first):
    """The text of a challenge, and the number for the phone where it shows one."""
    asked = login.get("prompt") or {}
    offers, number = asked.get("offers") or [], login.get("match_number")
    on_phone = login["state"] == "awaiting_phone"
    if not on_phone and not any(offer.get("factor") in ON_PHONE for offer in offers):
        number = None
    parted = "%s %s" % (number[:3], number[3:]) if number else ""
    if is_first and not on_phone and offers and prompt:
        told = "; the number for the phone is %s" % parted if number else ""
        return "%s%s." % (first_question(text(prompt).rstrip(".:; "), offers), told), number
    said = text(asked.get("text") or "").strip()
    if number and parted not in said and number not in said:
        said = "%s. For the phone the number is %s." % (said.rstrip(".: "), parted)
    return "%s Approve on your phone, then type ok." % said if on_phone else said, number


def means_phone(typed):
    """Whether it is a word for a phone: `push`, `Push2`, or its first letter."""
    word = typed.lower().rstrip("0123456789")
    return bool(word) and any(factor.startswith(word) for factor in ON_PHONE)


def first_question(prompt, offers):
    words = [text(offer.get("word")) for offer in offers if offer.get("factor") != "code"]
    listed = ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)
    if len(words) == len(offers):
        return "AuthX: type %s" % listed
    return "%s, or type %s" % (prompt, listed) if words else prompt


def refuse(authret, code, user, why, told):
    """Makes it a no: one text for Access Server's log, another for the user."""
    authret["status"] = FAIL
    authret["reason"] = line("AuthX [%s] %s" % (code, why))
    authret["client_reason"] = native(told if told.endswith("]") else "%s [%s]" % (told, code))
    log(code, user, "refused: %s" % why)


def log(code, user, what):
    """One line in Access Server's log."""
    try:
        print(line("AuthX [%s] %s: %s" % (code, user[:LONGEST_NAME], what)))
    except (IOError, OSError, ValueError):
        pass  # Nothing can be said about nowhere to say it.


def line(value):
    """In ASCII and without control characters, so that nobody writes lines of his own to a log."""
    said = re.sub(u"[\x00-\x1f\x7f]", u"?", text(value))
    return native(said.encode("ascii", "backslashreplace").decode("ascii"))


def support_code():
    """Finds a login in the logs of both sides."""
    return "".join(random.SystemRandom().choice(SUPPORT_CODE) for _ in range(6))


def text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, type(u"")) else u"%s" % (value,)


def native(value):
    """As this Python's own `str`, which is what Access Server takes."""
    return value if isinstance(value, str) else value.encode("utf-8")


def label(value):
    """What a client says of itself: AuthX keeps a hundred characters."""
    return text(value or "").strip()[:LONGEST_LABEL] or None


def address(value):
    """An address that AuthX can read; none for one of this machine, which forwards for others."""
    value = text(value or "").strip()
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, native(value))
        except (socket.error, TypeError, ValueError):
            continue
        return None if value.startswith("127.") or value == "::1" else value
    return None


# Not the wall clock, where there is another.
clock = getattr(time, "monotonic", time.time)

# What this script keeps with a challenge.
MARK = "authx"
SERVICES = {"VPN": None, "WEB_CLIENT": "client web page", "WEB_ADMIN": "Admin UI"}
FINAL = ("allowed", "refused", "expired", "cancelled")
# Factors whose approval needs the number, and what says that it was given.
ON_PHONE = ("push", "face", "palm")
ANSWERED_THERE = ("", "ok", "o", "okay", "done", "yes", "y")

RENEWAL_SECS = 3
LONGEST_ANSWER = 128
# More than AuthX takes, so that it has the word on all that anybody may have.
LONGEST_NAME, LONGEST_LABEL = 200, 200
MOST_LOGINS, MOST_DEVICES = 10000, 16
# Characters that cannot be mistaken for one another.
SUPPORT_CODE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

# What users read, with the support code behind it: in AuthX's own words for the same reasons.
ASK_ADMINISTRATOR = "Sign-in is not possible right now. Ask your administrator."
TRY_AGAIN = "Sign-in is not possible right now. Try again in a minute."
TIMED_OUT = "Nobody answered in time. Sign in again."
EXPIRED = "The question is no longer open. Sign in again."
ENDED = "Your sign-in has ended. Connect again and sign in."

AUTHX, LOGINS = AuthX(), Logins()
