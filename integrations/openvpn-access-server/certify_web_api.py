"""Calls to AuthX: signed, each with a deadline, and believed only when the answer is signed too.

The same for every Python from 2.7.9 on, with its standard library alone.
"""

import base64
import difflib
import errno
import hashlib
import hmac
import io
import json
import os
import re
import select
import socket
import ssl
import threading
import time

try:
    from http.client import HTTPException, HTTPResponse
    from urllib.request import getproxies, proxy_bypass, unquote
except ImportError:  # Python 2
    from httplib import HTTPException, HTTPResponse
    from urllib import getproxies, proxy_bypass, unquote

VERSION = "0.1.0"
CLIENT = "authx-openvpn-as/" + VERSION


class Trouble(Exception):
    """Why there is no result; `text` is for the operator's log and holds no secret."""

    def __init__(self, text):
        self.text = plain(text)
        Exception.__init__(self, self.text)


class Away(Trouble):
    """Nobody answered in time, or only to say that AuthX is unable at this moment."""


class Wrong(Trouble):
    """The settings are wrong, or something answers that is not to be trusted."""


class Problem(Trouble):
    """AuthX itself, by a signed answer, says that this cannot be done."""

    def __init__(self, status, code, detail):
        Trouble.__init__(self, u"AuthX answers %d %s: %s" % (status, code, detail))
        self.status, self.code, self.detail = status, code, detail


class Broken(Trouble):
    """An attempt that came to nothing; another may do better, where `again` says so."""

    def __init__(self, text, again=True):
        Trouble.__init__(self, text)
        self.again = again


class Settings(object):
    """What certify_constants.py says, checked."""

    @classmethod
    def of(cls, module):
        """Reads a module; raises Wrong, which names the constant and what to do."""
        if not hasattr(ssl, "create_default_context"):
            raise Wrong("this Python cannot check certificates: 2.7.9 or newer is needed")
        read, self = Constants(module), cls()
        self.application_id = read.application_id()
        self.key = read.key()
        self.host, self.port = read.origin()
        shown = "[%s]" % self.host if ":" in self.host else self.host
        self.place = "%s:%d" % (shown, self.port)
        self.authority = shown if self.port == 443 else self.place
        self.url = "https://" + self.authority
        self.domain_suffix = read.text("DOMAIN_SUFFIX", "").lstrip("@")
        if re.search(u"[\\s@\\\\/]", self.domain_suffix):
            raise read.wrong("DOMAIN_SUFFIX", "has to be a domain, as corp.example")
        self.ca_file = read.text("CA_FILE", "")
        self.connect_secs = read.number("CONNECT_SECS", 5, 1, 30)
        self.call_secs = read.number("CALL_SECS", 10, 2, 60)
        self.phone_secs = read.number("PHONE_SECS", 25, 0, 30, whole=True)
        self.phone_logins = read.number("PHONE_LOGINS", 4, 0, 32, whole=True)
        self.outage = read.word("OUTAGE", ("refuse", "allow"))
        self.prompt = read.text("PROMPT", "Enter AuthX code", most=80)
        self.admin_ui = read.word("ADMIN_UI", ("ask", "skip"))
        self.admin_exempt = read.names("ADMIN_EXEMPT")
        self.server_name = read.text("SERVER_NAME", "", most=100)
        return self


class Constants(object):
    """Reads the constants one by one, so that a complaint is about one of them."""

    def __init__(self, module):
        self.module = module

    def wrong(self, name, what):
        return Wrong(u"certify_constants.py: %s %s" % (name, what))

    def value(self, name, default):
        if hasattr(self.module, name):
            return getattr(self.module, name)
        others = [other for other in dir(self.module) if other.isupper()]
        near = difflib.get_close_matches(name, others, 1, 0.8)
        if near:
            raise self.wrong(name, "is missing; is the line %s meant to be it?" % near[0])
        return default

    def text(self, name, default, most=1000):
        wanted = 'has to be a text in quotes, as %s = "..."' % name
        value = self.decoded(name, self.value(name, default), wanted)
        if len(value) > most or re.search(u"[\x00-\x1f\x7f]", value):
            raise self.wrong(name, "has to be one line of at most %d characters" % most)
        return value

    def decoded(self, name, value, wanted):
        try:  # A literal of Python 2 is bytes.
            value = value.decode("utf-8") if isinstance(value, bytes) else value
        except UnicodeDecodeError:
            raise self.wrong(name, "is not in UTF-8: save the file in UTF-8")
        if not isinstance(value, type(u"")):
            raise self.wrong(name, wanted)
        return value.strip()

    def number(self, name, default, least, most, whole=False):
        value = self.value(name, default)
        kind = "a whole number" if whole else "a number"
        # True is a number for Python; a text is none, and NaN is not within anything.
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not least <= value <= most or (whole and value != int(value)):
            wanted = (kind, least, most)
            raise self.wrong(name, "has to be %s from %d to %d, without quotes" % wanted)
        return int(value) if whole else value

    def word(self, name, words):
        value = self.text(name, words[0])
        if value.lower() in words:
            return str(value.lower())
        near = difflib.get_close_matches(value.lower(), words, 1, 0.4)
        meant = u'; is "%s" meant?' % near[0] if near else u""
        told = (u'" or "'.join(words), value[:40], meant)
        raise self.wrong(name, u'has to be "%s", not "%s"%s' % told)

    def names(self, name):
        value, wanted = self.value(name, []), 'has to be a list of names, as ["openvpn", "admin"]'
        if not isinstance(value, (list, tuple)):
            raise self.wrong(name, wanted)
        return [self.decoded(name, each, wanted) for each in value]

    def application_id(self):
        value = self.needed("APPLICATION_ID", "app_ and 26 characters").lower()
        if not re.match("app_[0-7][0-9a-hjkmnp-tv-z]{25}\\Z", value):
            raise self.wrong("APPLICATION_ID", "has to be app_ and 26 characters, as the portal"
                             " shows it: copy the Application ID again")
        return str(value)

    def key(self):
        """The 32 bytes; a slip in the text is noticed by its checksum."""
        value = self.needed("DEFAULT_SECRET_KEY", "axk_ and 49 characters")
        try:
            return parse_key(value)
        except ValueError as fault:
            raise self.wrong("DEFAULT_SECRET_KEY", "%s: copy the Application Key again" % fault)

    def origin(self):
        value = self.needed("APPLICATION_URL", "https://mfa.example.com")
        if not value.lower().startswith("https://"):
            raise self.wrong("APPLICATION_URL", "has to begin with https://: AuthX is never asked"
                             " without TLS")
        host = u"\\[[0-9a-f:.]+\\]|[a-z0-9_-]{1,63}(?:\\.[a-z0-9_-]{1,63})*"
        found = re.match(u"https://(%s)(:[0-9]{1,5})?(/?|[/?#].*)\\Z" % host, value.lower())
        port = int((found.group(2) or ":443")[1:]) if found else 0
        if found and found.group(3) not in ("", "/"):
            raise self.wrong("APPLICATION_URL", "has to end behind the host's name or the port:"
                             u" leave away %s" % value[found.start(3):])
        host = found.group(1) if found else u""
        if host.startswith("["):
            number = packed(host[1:-1]) or b""
            host = socket.inet_ntop(socket.AF_INET6, number) if len(number) == 16 else u""
        if not 0 < len(host) < 254 or not 0 < port < 65536:
            raise self.wrong("APPLICATION_URL", "has to look like https://mfa.example.com or"
                             " https://mfa.example.com:8443, names beyond ASCII as xn--...")
        return str(host), port

    def needed(self, name, looks):
        value = self.text(name, u"")
        if not value:
            raise self.wrong(name, "is empty: copy it from the AuthX portal; it looks like %s"
                             % looks)
        return value


class AuthX(object):
    """AuthX, as one application. May be used by many threads at once."""

    def __init__(self, settings):
        self.settings = settings
        # Seconds by which this machine's clock is behind AuthX's.
        self.clock_offset = 0
        self._names, self._hurry_until = Names(), 0
        self._context, self._context_of = None, None
        self._trusted()

    def check(self, within=None):
        """Who we are, and what users will be asked."""
        return self._call("GET", "/api/v1/check", None, within)

    def begin(self, login, body, within=None):
        """Begins a login; the same id and body are the same login."""
        return self._call("PUT", "/api/v1/logins/" + login, body, within)

    def answer(self, login, seq, text, within=None):
        """Hands in what the user typed; the same `seq` is the same answer."""
        target = "/api/v1/logins/%s/answers" % login
        return self._call("POST", target, {"seq": seq, "text": text}, within)

    def wait(self, login, after, secs, within=None):
        """The login as soon as its version is greater than `after`, at the latest after `secs`;
        sooner and unchanged where AuthX was away just now."""
        target = "/api/v1/logins/%s?after=%d&wait=%%d" % (login, after)
        return self._call("GET", target, None, within, min(max(int(secs), 0), 45))

    def cancel(self, login, within=None):
        """Gives a login up; one that is final stays as it is."""
        return self._call("DELETE", "/api/v1/logins/" + login, None, within)

    def renew(self, login, within=None):
        """Whether what a login allowed may go on."""
        return self._call("POST", "/api/v1/logins/%s/renewals" % login, {}, within)

    def _call(self, method, target, body, within, wait=None):
        """One call with all its tries: each may be repeated, by what AuthX's API promises."""
        content = b"" if body is None else json.dumps(body).encode("ascii")
        limit = self.settings.call_secs + (wait or 0) if within is None else within
        if clock() < self._hurry_until:
            limit = min(limit, HURRY_SECS)
        # What of the time is for the way there and back, and not for AuthX to wait.
        spare = min(self.settings.call_secs, max(limit - (wait or 0), 1))
        end, pause, corrected, fault = clock() + limit, 0.1, False, None
        while True:
            asked = target
            if wait is not None:
                asked = target % min(max(int(end - clock() - spare + 0.5), 0), wait)
            try:
                status, told, created, retry_after = self._exchange(
                    method, asked, content, end)
                if status == 401 and told.get("code") == "clock" and not corrected:
                    self.clock_offset, corrected = created - int(time.time()), True
                    continue
                if status != 503:
                    self._hurry_until = 0
                    if status == 200:
                        return told
                    raise Problem(status, told.get("code", u""), told.get("detail", u""))
                pause = max(pause, retry_after)
                fault = Broken(u"AuthX is unable at this moment: %s" % told.get("detail"))
            except Broken as broken:
                # What the deadline cut off says less than the attempt before.
                fault = broken if fault is None or clock() < end else fault
            if not fault.again or clock() + pause >= end:
                break
            time.sleep(pause)
            pause = min(2 * pause, 1)
        in_time = ""
        if end - clock() <= 1:
            # Others shall not wait as long for what is not there.
            self._hurry_until, in_time = clock() + CALM_SECS, " within %.3g s" % limit
        raise Away("%s: no answer%s. %s" % (self.settings.url, in_time, fault.text))

    def _exchange(self, method, target, body, end):
        """One attempt: status, JSON, when it was signed, and how long to wait before another."""
        settings, connection = self.settings, self._connect(end)
        try:
            created = int(time.time()) + self.clock_offset
            headers = signed(settings.key, settings.application_id, method, settings.authority,
                             target, body, created, os.urandom(16))
            lines = ["%s %s HTTP/1.1" % (method, target), "Host: " + settings.authority,
                     "Connection: close", "Content-Type: application/json",
                     "Content-Length: %d" % len(body)] + ["%s: %s" % pair for pair in headers]
            connection.send("\r\n".join(lines + ["", ""]).encode("ascii") + body)
            status, content, fields = connection.answer(method)
        finally:
            connection.close()
        if not fields("Signature"):
            raise unsigned(settings.url, status, content, fields)
        try:
            created = verified(settings.key, settings.application_id, dict(headers)["Signature"],
                               status, content, fields)
        except ValueError as fault:
            raise Wrong("%s: the signature of the answer (%d) is not right (%s). Something in"
                        " between changes answers, or the server has another key"
                        % (settings.url, status, fault))
        try:
            told = json.loads(content.decode("utf-8"))
        except ValueError:
            told = None
        if not isinstance(told, dict) or 300 <= status < 400:
            raise Wrong("%s: the answer (%d) is not understood: are AuthX and this script of very"
                        " different versions?" % (settings.url, status))
        retry_after = re.match("[0-9]{1,4}\\Z", "".join(fields("Retry-After")))
        return status, told, created, int(retry_after.group()) if retry_after else 0

    def _connect(self, end):
        """A secured connection, by way of a proxy where the environment names one."""
        settings, proxy = self.settings, proxy_for(self.settings)
        host, port = proxy[:2] if proxy else (settings.host, settings.port)
        addresses = self._names.find(host, port, end)
        for tried, (family, address) in enumerate(addresses, 1):
            left = (end - clock()) / (len(addresses) - tried + 1)
            connection = Connection(clock() + min(settings.connect_secs, left))
            try:
                connection.open(family, address)
                if proxy:
                    connection.ask_proxy(proxy, settings)
                connection.secure(self._trusted(), settings.host)
                connection.end = end
                return connection
            except Broken:
                connection.close()
                if tried == len(addresses):
                    raise
            except BaseException:
                connection.close()
                raise

    def _trusted(self):
        """Whom to trust; read anew when CA_FILE has become another."""
        file = self.settings.ca_file or None
        try:
            state = file and (os.stat(file).st_mtime, os.stat(file).st_size)
            if self._context is None or state != self._context_of:
                self._context, self._context_of = tls(file, self.settings.host), state
        except (IOError, OSError, ValueError) as fault:  # An ssl.SSLError is one of them.
            raise Wrong(u"certify_constants.py: CA_FILE: %s cannot be used (%s): it has to be a"
                        " file with certificates in PEM that Access Server may read"
                        % (file, getattr(fault, "strerror", None) or fault))
        return self._context


class Names(object):
    """Looks names up. The system's resolver cannot be told when to stop, so it runs in a thread,
    which is left alone when it takes too long: but only so many."""

    def __init__(self):
        self.lock, self.left, self.known = threading.Lock(), 0, {}

    def find(self, host, port, end):
        known = self.known.get((host, port))
        if self.left >= MOST_LEFT:
            if known:
                return known
            raise Away("%d look-ups of names still hang: look at /etc/resolv.conf" % self.left)
        found, done, state = [], threading.Event(), {}

        def look():
            try:
                for each in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
                    found.append((each[0], each[4]))
                self.known[host, port] = found
            except Exception as fault:
                state["fault"] = fault
            with self.lock:
                done.set()
                self.left -= 1 if state.get("left") else 0

        thread = threading.Thread(target=look)
        thread.daemon = True
        try:
            thread.start()
        except Exception as fault:  # Each Python has another name for it.
            raise Broken("No thread could be had to look a name up (%s)" % fault)
        # What was right a moment ago is good enough: TLS proves who it is.
        done.wait(min(end - clock(), 1) if known else end - clock())
        with self.lock:
            if not done.is_set():
                state["left"] = True
                self.left += 1
        if done.is_set() and found and "fault" not in state:
            return found
        if known:
            return known
        if not done.is_set():
            raise Broken("The name %s is not resolved in time: look at /etc/resolv.conf" % host)
        fault = state.get("fault")
        again = getattr(fault, "errno", None) == socket.EAI_AGAIN
        raise Broken("The name %s is not resolved (%s): check it, and /etc/resolv.conf"
                     % (host, getattr(fault, "strerror", None) or fault), again)


class Connection(object):
    """A connection all of whose waits end at one moment, however slowly the other side drips."""

    def __init__(self, end):
        self.socket, self.end, self.received, self.ended = None, end, 0, False

    def close(self):
        if self.socket:
            self.socket.close()

    def open(self, family, address):
        try:
            self.socket = socket.socket(family, socket.SOCK_STREAM)
            self.socket.setblocking(False)
            code = self.socket.connect_ex(address)
        except (IOError, OSError) as fault:  # No such family here, or too many files.
            code = fault.errno or errno.EIO
        if code == errno.EINPROGRESS:
            self._ready(select.POLLOUT, "connection")
            code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise Broken("No connection to %s (%s): does AuthX run there, at this port, and does"
                         " no firewall stop it?" % (address[0], os.strerror(code)))

    def ask_proxy(self, proxy, settings):
        (host, port, extra), place = proxy, settings.place
        request = "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (place, place, extra)
        self.send(request.encode("ascii"))
        response = self._response("CONNECT")
        if response.status in GATEWAY:
            raise Broken("The proxy %s:%d does not reach it (%d)" % (host, port, response.status))
        if response.status != 200:
            raise Wrong("the proxy %s:%d, which the environment names, refuses the way to %s (%d)"
                        % (host, port, place, response.status))

    def secure(self, context, host):
        """TLS, with a certificate that is trusted and of this name."""
        try:
            self.socket = context.wrap_socket(
                self.socket, server_hostname=host if context.check_hostname else None,
                do_handshake_on_connect=False)
            self._until(self.socket.do_handshake, "secure connection")
            if not context.check_hostname:
                check_address(self.socket.getpeercert(), host)
        except ssl.CertificateError as fault:
            raise Wrong(certificate_text(host, fault))
        except ssl.SSLError as fault:
            if is_end(fault):
                raise Broken("The connection ended while it was being secured")
            if reason(fault) == "CERTIFICATE_VERIFY_FAILED":
                raise Wrong(certificate_text(host, fault))
            raise Wrong("no secure connection to %s (%s): does what listens there speak TLS 1.2 or"
                        " newer?" % (host, reason(fault)))

    def send(self, data):
        while data:
            try:
                sent = self._until(self.socket.send, "connection", data, events=select.POLLOUT)
            except ssl.SSLError as fault:
                raise Broken("The connection broke off (%s)" % reason(fault))
            data = data[sent:]
            if not sent:  # How Python 2 says that it has to wait.
                self._ready(select.POLLOUT, "connection")

    def read(self, most):
        """What has arrived; nothing at the end."""
        try:
            data = self._until(self.socket.recv, "answer", most)
        except ssl.SSLError as fault:
            if not is_end(fault):
                raise Broken("The connection broke off (%s)" % reason(fault))
            data = b""
        self.received += len(data)
        self.ended = not data
        if self.received > MOST_BYTES:
            raise Wrong("an answer that is longer than any of AuthX: something else listens there")
        return data

    def makefile(self, *_):
        """What HTTPResponse reads from."""
        return io.BufferedReader(Reading(self))

    def answer(self, method):
        response = self._response(method)
        length, body = response.length, b""
        try:
            part = response.read(65536)
            while part:
                body += part
                part = response.read(65536)
        except (HTTPException, ValueError):
            length = MOST_BYTES
        if length is not None and len(body) < length:
            raise Broken("The connection broke off in the middle of the answer")
        message = response.msg
        every = message.getheaders if hasattr(message, "getheaders") else message.get_all
        return response.status, body, lambda name: every(name) or []

    def _response(self, method):
        response = HTTPResponse(self, method=method)
        response.strict = True  # Or Python 2 takes anything for an answer of HTTP/0.9.
        try:
            response.begin()
        except (HTTPException, ValueError) as fault:
            if self.received:
                raise Wrong("what listens there does not speak HTTP (%s)" % type(fault).__name__)
            self.ended = True
        if self.ended:
            raise Broken("The connection ended before an answer came")
        return response

    def _until(self, act, what, *arguments, **how):
        """Does it, as soon as the connection is ready for it."""
        while True:
            if clock() >= self.end:  # Also of what comes fast, and never comes to an end.
                raise Broken("No %s in time" % what)
            try:
                return act(*arguments)
            except ssl.SSLWantReadError:
                events = select.POLLIN
            except ssl.SSLWantWriteError:
                events = select.POLLOUT
            except ssl.SSLError:
                raise
            except (IOError, OSError) as fault:
                if fault.errno == 0:  # How Python 3.6 and 3.7 say it with OpenSSL 3.
                    raise ssl.SSLEOFError("EOF")
                if fault.errno not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR):
                    raise Broken("The connection broke off (%s)" % (fault.strerror or fault))
                events = how.get("events", select.POLLIN)
            self._ready(events, what)

    def _ready(self, events, what):
        poll = select.poll()
        poll.register(self.socket, events)
        while clock() < self.end:
            try:
                if poll.poll(int((self.end - clock()) * 1000) + 1):
                    return
            except select.error as fault:  # Python 2 is interrupted by every signal.
                if fault.args[0] != errno.EINTR:
                    raise
        raise Broken("No %s in time" % what)


class Reading(io.RawIOBase):
    """A connection as a stream of bytes."""

    def __init__(self, connection):
        self.connection = connection

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.connection.read(len(buffer))
        buffer[:len(data)] = data
        return len(data)


def parse_key(text):
    """The 32 bytes of an Application Key; ValueError says what is wrong with its text."""
    if not text.startswith("axk_"):
        raise ValueError("has to begin with axk_")
    if len(text) != 53:
        raise ValueError("has %d characters, but needs 53" % len(text))
    if not re.match("[A-Za-z0-9_-]*\\Z", text):
        raise ValueError("has a character that none has")
    text = text.encode("ascii")
    checksum = base64.urlsafe_b64encode(hashlib.sha256(text[:47]).digest()[:4])
    key = base64.urlsafe_b64decode(text[4:47] + b"=")
    if checksum[:6] != text[47:] or base64.urlsafe_b64encode(key)[:43] != text[4:47]:
        raise ValueError("has a typing error")
    return key


def digest_of(body):
    return "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def signature_of(key, base):
    """Of a list of lines."""
    mac = hmac.new(key, "\n".join(base).encode("ascii"), hashlib.sha256).digest()
    return "authx=:%s:" % base64.b64encode(mac).decode("ascii")


def signed(key, application_id, method, authority, target, body, created, nonce, client=CLIENT):
    """The headers that make it a signed request (docs/protocol.md of AuthX)."""
    path, _, query = target.partition("?")
    digest = digest_of(body)
    nonce = base64.urlsafe_b64encode(nonce).decode("ascii").rstrip("=")
    params = ('("@method" "@authority" "@path" "@query" "content-digest" "authx-client")'
              ';created=%d;nonce="%s"' % (created, nonce) + CALLER % application_id)
    signature = signature_of(key, [
        '"@method": ' + method, '"@authority": ' + authority, '"@path": ' + path,
        '"@query": ?' + query, '"content-digest": ' + digest, '"authx-client": ' + client,
        '"@signature-params": ' + params])
    return [("AuthX-Client", client), ("Content-Digest", digest),
            ("Signature-Input", "authx=" + params), ("Signature", signature)]


def verified(key, application_id, sent, status, body, fields):
    """When the answer was signed, if it is signed, and one to the request with the signature
    `sent`; ValueError says what is wrong. `fields` gives all values of a header."""
    values = [fields(name) for name in ("Content-Digest", "Signature-Input", "Signature")]
    if any(len(value) != 1 for value in values):
        raise ValueError("a header is missing, or there more than once")
    digest, params, signature = [value[0].strip(" \t") for value in values]
    start = 'authx=("@status" "content-digest" "signature";req;key="authx");'
    if not params.startswith(start):
        raise ValueError("it covers other components")
    parts = params[len(start):].split(";")
    created = [part for part in parts if re.match("created=(0|[1-9][0-9]{0,14})\\Z", part)]
    expected = (CALLER % application_id)[1:].split(";") + created
    if len(created) != 1 or sorted(parts) != sorted(expected):
        raise ValueError("its parameters are not those of the profile")
    if digest != digest_of(body):
        raise ValueError("the body is another one")
    right = signature_of(key, [
        '"@status": %d' % status, '"content-digest": ' + digest,
        '"signature";req;key="authx": ' + sent[len("authx="):],
        '"@signature-params": ' + params[len("authx="):]])
    if not hmac.compare_digest(signature.encode("utf-8"), right.encode("ascii")):
        raise ValueError("it does not fit")
    return int(created[0][len("created="):])


def unsigned(url, status, body, fields):
    """What an answer without AuthX's signature comes to: nothing, whatever it says."""
    if status in GATEWAY:
        return Broken("Something before it answers (%d), for which AuthX is away" % status)
    if 300 <= status < 400:
        return Wrong("%s redirects to %s: APPLICATION_URL has to be the address of AuthX itself"
                     % (url, shown("".join(fields("Location")[:1]))))
    try:
        told = json.loads(body.decode("utf-8")) if status == 401 else {"code": None}
        if told["code"] == "signature":
            return Wrong(u"%s does not accept the Application Key (%s). Was it revoked, is it one"
                         " of this APPLICATION_ID, is APPLICATION_URL what the server has as"
                         " public_url?" % (url, shown(told["detail"])))
    except Exception:  # A stranger can write what breaks a reader of JSON in many ways.
        pass
    return Wrong("%s: an answer (%d, %s) without AuthX's signature: something else answers there"
                 % (url, status, shown("".join(fields("Content-Type")[:1]) or "no content type")))


def proxy_for(settings):
    """Host and port of the proxy that the environment names, and its header; or none."""
    named = getproxies().get("https")
    if not named or proxy_bypass(settings.place):
        return None
    form = "(?:http://)?(?:([^@/]*)@)?(\\[[0-9a-fA-F:.]+\\]|[^][:/@]+)(?::([0-9]{1,5}))?/?\\Z"
    found = re.match(form, named)
    if not found:
        raise Wrong("https_proxy in the environment of Access Server is not understood: it has to"
                    " look like http://proxy.example.com:3128")
    user, host, port = found.groups()
    extra, user = "", unquote(user or "")
    if user:
        user = user if isinstance(user, bytes) else user.encode("utf-8")
        extra = "Proxy-Authorization: Basic %s\r\n" % base64.b64encode(user).decode("ascii")
    return host.strip("[]"), int(port or 80), extra


def tls(file, host):
    """What a server has to show. AuthX may be given an authority of the company's own."""
    context = ssl.create_default_context(cafile=file)
    # Python 3.13 began to refuse what other versions take, and what authorities of companies lack.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if hasattr(ssl, "TLSVersion"):
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    else:
        context.options |= ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
    # Python 2 knows names only, so `check_address` does it.
    context.check_hostname = not (str is bytes and packed(host))
    return context


def packed(host):
    """The bytes of an address, or None of a name."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, str(host).strip())
        except (socket.error, ValueError):
            pass


def check_address(certificate, host):
    named = (certificate or {}).get("subjectAltName", ())
    if ("IP Address", packed(host)) not in [(kind, packed(value)) for kind, value in named]:
        raise ssl.CertificateError("it does not name %s" % host)


def certificate_text(host, fault):
    """What is wrong with it, as far as this Python says."""
    code = getattr(fault, "verify_code", None)
    if code in (62, 64) or (code is None and not isinstance(fault, ssl.SSLError)):
        what = "is for another name: APPLICATION_URL has to name the server as its certificate does"
    elif code in (9, 10):
        what = "has expired or is not valid yet: renew it, or set this machine's clock right"
    else:
        what = ("is not trusted: name the file of the authority that it is from in CA_FILE"
                + (", if it has not expired" if code is None else ""))
    return "the certificate of %s %s (%s)" % (host, what, getattr(fault, "verify_message", fault))


def is_end(fault):
    """Whether the other side just went. Pythons from before OpenSSL 3 have another name for the
    number of its error."""
    ends = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    return isinstance(fault, ends) or "EOF" in str(fault) or reason(fault) == "KRB5_S_TKT_NYV"


def reason(fault):
    return getattr(fault, "reason", None) or fault


def plain(text):
    """What may stand in a log: ASCII, in one line, and never a key."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else u"%s" % (text,)
    text = text.replace(u"\u201c", u'"').replace(u"\u201d", u'"').replace(u"\u2019", u"'")
    text = re.sub(u"[^ -~]", u"?", text)
    return str(re.sub(u"(ax[a-z]_)[A-Za-z0-9_-]{6,}", u"\\1...", text))


def shown(text):
    """What a stranger wrote, cut."""
    return plain(text)[:200]


def new_login_id():
    """A UUIDv7 (RFC 9562), so that asking again after a broken connection begins nothing twice."""
    noise = int(base64.b16encode(os.urandom(10)), 16)
    number = int(time.time() * 1000) << 80 | 7 << 76 | noise >> 68 << 64 | 2 << 62
    number |= noise & (1 << 62) - 1
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    return "log_" + "".join(letters[number >> 5 * place & 31] for place in reversed(range(26)))


# Not the wall clock, which may jump. The kernel has such a one for Python 2 too.
clock = getattr(time, "monotonic", lambda: os.times()[4])

CALLER = ';keyid="%s";alg="hmac-sha256";tag="authx-app-1"'
# What proxies say while nobody stands behind them, or of a body that came too slowly.
GATEWAY = (408, 502, 503, 504)
MOST_BYTES = 262144
MOST_LEFT = 32
# For so long after a call came to nothing, others get less time.
CALM_SECS = 10
HURRY_SECS = 2
