"""An AuthX that misbehaves on demand: an HTTPS server in a thread, and a proxy before it.

It signs by code of its own, so that a fault of certify_web_api.py is not one here too.
"""

import atexit
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

KEY = bytes(bytearray(range(32)))
KEY_TEXT = "axk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8MnOJAQ"
APPLICATION = "app_01k9zc3q8m4e2v7x5t0b6n1h9d"
ANSWER_START = '("@status" "content-digest" "signature";req;key="authx")'
LOGIN = {"id": "log_01k9zc3r5y7w2g8j4s6p0f3a1c", "version": 1, "state": "awaiting_input"}


class FakeAuthX(object):
    """Listens until `close`. `then` says what it does with the next connections, one after the
    other; the last goes on. At the beginning it answers as AuthX would."""

    def __init__(self, certificate="right", host="127.0.0.1"):
        self.requests, self.clock_ahead = [], 0
        self._turns, self._lock, self._closing = [good], threading.Lock(), threading.Event()
        self._open = 0
        self._context = server_context(certificate)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, 0))
        self._listener.listen(128)
        self._listener.settimeout(0.2)
        self.port = self._listener.getsockname()[1]
        self.url = "https://localhost:%d" % self.port
        in_background(self._accept)

    def then(self, *behaviours):
        self._turns = list(behaviours)

    def close(self):
        self._closing.set()
        self._listener.close()

    def all_closed(self, within=2):
        """Whether the other side has closed all its connections by then."""
        until = time.time() + within
        while self._open and time.time() < until:
            time.sleep(0.02)
        return not self._open

    def is_over(self, secs=0):
        return self._closing.wait(secs) or self._closing.is_set()

    def _accept(self):
        while not self.is_over():
            try:
                accepted = self._listener.accept()[0]
            except (socket.timeout, OSError, IOError):
                continue
            accepted.settimeout(30)
            with self._lock:
                self._open += 1
                behaviour = self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]
            in_background(self._talk, accepted, behaviour)

    def _talk(self, accepted, behaviour):
        talk = Talk(self, accepted)
        try:
            if not getattr(behaviour, "before_tls", False):
                talk.socket = self._context.wrap_socket(accepted, server_side=True)
                talk.read()
                self.requests.append(talk.request)
            behaviour(talk)
        except (IOError, OSError, ValueError):
            pass  # The other side has gone.
        finally:
            # Python 2 closes only when nobody knows the socket any more.
            hang_up(talk.socket)
            with self._lock:
                self._open -= 1


class Request(object):
    """What came: `headers` as pairs, names in lower case."""

    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.headers = [(line.partition(":")[0].lower(), line.partition(":")[2].strip())
                        for line in lines[1:]]
        self.body = body

    def header(self, name):
        values = [value for key, value in self.headers if key == name]
        assert len(values) == 1, (name, values)
        return values[0]

    @property
    def nonce(self):
        return re.search('nonce="([^"]{22})"', self.header("signature-input")).group(1)

    @property
    def created(self):
        return int(re.search(r";created=(\d+)", self.header("signature-input")).group(1))

    def is_signed(self, authority, key=KEY):
        path, _, query = self.target.partition("?")
        digest = digest_of(self.body)
        params = self.header("signature-input")[len("authx="):]
        base = ['"@method": ' + self.method, '"@authority": ' + authority, '"@path": ' + path,
                '"@query": ?' + query, '"content-digest": ' + digest,
                '"authx-client": ' + self.header("authx-client"),
                '"@signature-params": ' + params]
        return self.header("signature") == "authx=" + mac(key, base)


class Talk(object):
    """One connection."""

    def __init__(self, server, accepted):
        self.server, self.socket, self.request = server, accepted, None

    def read(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._some()
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(re.search(b"(?i)content-length: *([0-9]+)", head).group(1))
        while len(body) < length:
            body += self._some()
        self.request = Request(head, body)

    def _some(self):
        data = self.socket.recv(65536)
        if not data:
            raise ValueError("closed")
        return data

    def hold(self, secs=60):
        """Says nothing until the other side goes, or this server ends."""
        self.socket.settimeout(0.05)
        until = time.time() + secs
        while time.time() < until and not self.server.is_over():
            try:
                if not self.socket.recv(4096):
                    return
            except (socket.timeout, ssl.SSLError) as error:
                if "timed out" not in str(error):
                    raise

    def drip(self, data, pause=0.1):
        for at in range(len(data)):
            self.socket.sendall(data[at:at + 1])
            if self.server.is_over(pause):
                return

    def send(self, status=200, content=LOGIN, **how):
        self.socket.sendall(self.answer(status, content, **how))

    def answer(self, status=200, content=LOGIN, **how):
        """A signed answer as bytes. `how`: key, created, params (text behind the components), sent
        (the request's signature), digest; without and twice (names of headers); more (lines)."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode("ascii")
        digest = how.get("digest", digest_of(body))
        created = how.get("created", int(time.time()) + self.server.clock_ahead)
        caller = ';keyid="%s";alg="hmac-sha256";tag="authx-app-1"' % APPLICATION
        params = ANSWER_START + how.get("params", ";created=%d" % created + caller)
        sent = how.get("sent") or self.request.header("signature")[len("authx="):]
        base = ['"@status": %d' % how.get("signed_status", status), '"content-digest": ' + digest,
                '"signature";req;key="authx": ' + sent, '"@signature-params": ' + params]
        headers = [("Content-Digest", digest), ("Signature-Input", "authx=" + params),
                   ("Signature", "authx=" + mac(how.get("key", KEY), base))]
        headers = [pair for pair in headers if pair[0] not in how.get("without", ())]
        headers += [pair for pair in headers if pair[0] in how.get("twice", ())]
        lines = ["HTTP/1.1 %d Whatever" % status, "Content-Type: application/json",
                 "Content-Length: %d" % how.get("length", len(body))]
        lines += ["%s: %s" % pair for pair in headers] + how.get("more", [])
        return "\r\n".join(lines + ["", ""]).encode("ascii") + body

    def problem(self, status, code, detail="as it is", **how):
        self.send(status, {"status": status, "code": code, "detail": detail}, **how)


class Proxy(object):
    """A proxy for CONNECT, which may want a password or know better."""

    def __init__(self, status=200, target=None):
        self.asked, self._status, self._target = [], status, target
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(16)
        self.port = self._listener.getsockname()[1]
        in_background(self._accept)

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                accepted = self._listener.accept()[0]
            except (OSError, IOError):
                return
            in_background(self._talk, accepted)

    def _talk(self, accepted):
        head = b""
        while b"\r\n\r\n" not in head:
            head += accepted.recv(4096) or b"\r\n\r\n"
        self.asked.append(head.decode("latin-1"))
        accepted.sendall(("HTTP/1.1 %d Whatever\r\n\r\n" % self._status).encode("ascii"))
        if self._status == 200:
            onward = socket.create_connection(self._target)
            back = in_background(copy, onward, accepted)
            copy(accepted, onward)
            back.join(30)
            hang_up(onward)
        hang_up(accepted)


def hang_up(connection):
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except (OSError, IOError):
        pass
    connection.close()


def copy(source, sink):
    try:
        data = source.recv(65536)
        while data:
            sink.sendall(data)
            data = source.recv(65536)
        sink.shutdown(socket.SHUT_WR)
    except (OSError, IOError):
        pass


# --- Behaviours, each for one connection ----------------------------------------------------------

def good(talk):
    """As AuthX: signed, and strict about the clock."""
    now = int(time.time()) + talk.server.clock_ahead
    if abs(talk.request.created - now) > 300:
        return talk.problem(401, "clock", "correct the clock")
    talk.send()


def before_tls(behaviour):
    behaviour.before_tls = True
    return behaviour


@before_tls
def say_nothing(talk):
    talk.hold()


@before_tls
def close_at_once(talk):
    """Without a word, and without reading: the kernel answers with a reset or an end."""


@before_tls
def unfinished_tls(talk):
    """Answers the hello with the beginning of a record, and nothing more."""
    talk.socket.recv(4096)
    talk.socket.sendall(b"\x16\x03\x03\x40\x00\x02")
    talk.hold()


@before_tls
def dripping_tls(talk):
    talk.socket.recv(4096)
    talk.drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03" + b"\x00" * 16000)


@before_tls
def no_tls(talk):
    talk.socket.recv(4096)
    talk.socket.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\nThis is not the port for HTTPS")


def silent_after_request(talk):
    talk.hold()


def close_after_request(talk):
    """The answer never comes, as when the server ends."""


def drip_headers(talk):
    talk.drip(talk.answer())


def drip_body(talk):
    answer = talk.answer()
    body_at = answer.index(b"\r\n\r\n") + 4
    talk.socket.sendall(answer[:body_at])
    talk.drip(answer[body_at:])


def endless_headers(talk):
    talk.socket.sendall(b"HTTP/1.1 200 OK\r\n")
    while not talk.server.is_over():
        talk.socket.sendall(b"X-More: and more\r\n")


def endless_continue(talk):
    while not talk.server.is_over():
        talk.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def half_headers(talk):
    talk.socket.sendall(talk.answer()[:150])


def half_body(talk):
    talk.socket.sendall(talk.answer()[:-5])


def huge(talk):
    talk.send(200, b'{"padding":"' + b"x" * 2000000 + b'"}')


def chunked(talk):
    """As a proxy may pass it on."""
    head, _, body = talk.answer().partition(b"\r\n\r\n")
    head = re.sub(b"Content-Length: [0-9]+", b"Transfer-Encoding: chunked", head)
    chunks = b"".join(b"1\r\n" + body[at:at + 1] + b"\r\n" for at in range(len(body)))
    talk.socket.sendall(head + b"\r\n\r\n" + chunks + b"0\r\n\r\n")


def half_chunked(talk):
    head, _, body = talk.answer().partition(b"\r\n\r\n")
    head = re.sub(b"Content-Length: [0-9]+", b"Transfer-Encoding: chunked", head)
    talk.socket.sendall(head + b"\r\n\r\nff\r\n" + body)


def until_closed(talk):
    """Without a length, as HTTP/1.0 does."""
    talk.socket.sendall(re.sub(b"Content-Length: [0-9]+\r\n", b"", talk.answer()))


def garbage(talk):
    talk.socket.sendall(b"\x00\x01\x02 SSH-2.0-OpenSSH_9.2p1\r\n\xff\xfe\r\n\r\n" * 3)


def echo(talk):
    """Sends back what it got, as services for tests do."""
    talk.send(200, talk.request.body or b"{}", without=("Signature",))


def sends(*arguments, **how):
    """A behaviour that gives this answer."""
    return lambda talk: talk.send(*arguments, **how)


def problem(*arguments, **how):
    return lambda talk: talk.problem(*arguments, **how)


def redirect(status, to="https://elsewhere.example/login"):
    return sends(status, b"", without=("Signature", "Signature-Input", "Content-Digest"),
                 more=["Location: " + to])


def unsigned(status, content):
    return sends(status, content, without=("Signature", "Signature-Input", "Content-Digest"))


def busy(retry_after=None):
    more = [] if retry_after is None else ["Retry-After: %s" % retry_after]
    return problem(503, "busy", "all cores are hashing passwords", more=more)


# --- Signatures and certificates ------------------------------------------------------------------

def digest_of(body):
    return "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def mac(key, base):
    made = hmac.new(key, "\n".join(base).encode("ascii"), hashlib.sha256).digest()
    return ":%s:" % base64.b64encode(made).decode("ascii")


def server_context(certificate):
    context = ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_SERVER", ssl.PROTOCOL_SSLv23))
    chain, key = certificates(certificate)
    context.load_cert_chain(chain, key)
    return context


def certificates(name):
    """The files of one: `authority` (for CA_FILE), `right`, `other_name`, `expired`,
    `self_signed`. Made by openssl, once a process."""
    with MAKING:
        if not MADE:
            MADE.append(make_certificates())
    return [os.path.join(MADE[0], name + ending) for ending in (".pem", ".key")]


def make_certificates():
    directory = tempfile.mkdtemp(prefix="fake-authx-")
    atexit.register(shutil.rmtree, directory, True)

    def write(name, text):
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)

    def openssl(*words):
        process = subprocess.Popen(("openssl",) + words, cwd=directory, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        said = process.communicate()[0]
        if process.returncode:
            raise RuntimeError("openssl %s: %s" % (" ".join(words), said.decode("latin-1")))

    def request(name):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key")
        openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-config", "conf",
                "-out", name + ".csr")

    write("conf", AUTHORITY_CONF)
    names = {"right": LOCAL, "expired": LOCAL, "self_signed": LOCAL,
             "other_name": "DNS:other.example"}
    for name, shown in names.items():
        write(name + ".ext", "subjectAltName = %s\nbasicConstraints = CA:FALSE\n" % shown)
    write("authority.ext", "basicConstraints = critical, CA:TRUE\nkeyUsage = keyCertSign\n"
          "subjectKeyIdentifier = hash\n")
    write("index", "")
    write("serial", "01\n")
    for name in ["authority"] + sorted(names):
        request(name)
        ends = "20200201000000Z" if name == "expired" else "20491231235959Z"
        signer = ["-selfsign", "-keyfile", name + ".key"]
        if name in ("right", "expired", "other_name"):
            signer = ["-cert", "authority.pem", "-keyfile", "authority.key"]
        openssl("ca", "-batch", "-notext", "-config", "conf", "-in", name + ".csr", "-out",
                name + ".pem", "-extfile", name + ".ext", "-startdate", "20200101000000Z",
                "-enddate", ends, *signer)
    return directory


def in_background(work, *arguments):
    thread = threading.Thread(target=work, args=arguments)
    thread.daemon = True
    thread.start()
    return thread


LOCAL = "DNS:localhost,IP:127.0.0.1,IP:::1"
AUTHORITY_CONF = """
[req]
distinguished_name = name
[name]
[ca]
default_ca = it
[it]
new_certs_dir = .
database = index
serial = serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
MAKING, MADE = threading.Lock(), []
