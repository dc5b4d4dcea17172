"""A real AuthX for the tests: `authx init` and `authx serve` in a directory of their own.

AUTHX names the directory of the built programs. AUTHX_PREPARED, if set, is a directory that several
test processes share: the first one makes people there, which takes half a minute, and each copies
them. Without it people are made when a test asks for them.
"""

import atexit
import fcntl
import io
import json
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

try:
    from http.client import HTTPException, HTTPSConnection
except ImportError:
    from httplib import HTTPException, HTTPSConnection

from people import Person, Spare, text

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
PROGRAMS = os.environ.get("AUTHX") or os.path.join(HERE, "..", "..", "..", "target", "debug")
FILES = ("certify_constants.py", "certify_post_auth_script.py", "certify_web_api.py")
COMPANY = "acme"
# What only an application for Access Server needs: the password is proved before AuthX is asked.
POLICY = 'first_factors = ["access_server"]\n'
# Keys in a file, as `authx-phone` has them, are for the company to allow.
COMPANY_POLICY = 'phone_classes = ["web", "software"]\n'
# Nobody listens at this port: notices for phones are sent, and come to nothing.
PUSH_SERVICE = "localhost:9"
START_SECS = 30
# 2.7 hands a file that one thread has just opened to a program that another one starts.
STARTING = threading.Lock()


class Failed(Exception):
    """The test's own world is broken: nothing is known of what should be tested."""


class Application(object):
    """What Access Server is for AuthX."""

    def __init__(self, made):
        self.id = str(made["application_id"])
        self.key = str(made["application_key"])
        self.url = str(made["application_url"])
        self.name = text(made["name"])


class AuthX(object):
    """One AuthX that serves, with a company, its people, and applications."""

    def __init__(self, place=None):
        self.place = place or tempfile.mkdtemp(prefix="authx-as-tests-")
        self.certificate = os.path.join(self.place, "certificate.pem")
        self.config = os.path.join(self.place, "authx.toml")
        self.process, self.port, self.behind, self.spares = None, 0, None, []
        self.numbers, self.counting, self.applications = 0, threading.Lock(), {}
        try:
            self._set_up()
            self.start()
        except BaseException:
            self.close()
            raise

    def _set_up(self):
        prepared = os.environ.get("AUTHX_PREPARED")
        if prepared and os.path.dirname(self.place) != prepared:
            os.rmdir(self.place)
            shutil.copytree(prepare(prepared), self.place)
            self.spares = Spare.read(self)
            with open(self.config) as file:
                self.port = int(re.search(r"https://localhost:(\d+)", file.read()).group(1))
            # Another test process may serve a copy there.
            self.move(free_port())
            return
        self.port = free_port()
        run([program("authx"), "init", "--dir", self.place, "--public-url", self.url,
             "--push-contact", "mailto:tests@authx-test.dev"])
        edit(self.config, "# hosts = []", 'hosts = ["%s"]' % PUSH_SERVICE)
        edit(self.config, "# allow_networks = []", 'allow_networks = ["127.0.0.1"]')
        self.command("tenant", "create", COMPANY)
        self.command("policy", "set", typed=COMPANY_POLICY)

    @property
    def url(self):
        return "https://localhost:%d" % self.port

    @property
    def address(self):
        """Where it listens."""
        return ("127.0.0.1", self.behind or self.port)

    def step_back(self):
        """Listens at another port, so that a test may stand at the one that callers know."""
        self.stop()
        self.behind = free_port()
        edit(self.config, 'address = "127.0.0.1:%d"' % self.port,
             'address = "127.0.0.1:%d"' % self.behind)
        self.start()

    def move(self, port):
        """Serves at another port: several test processes copy one AuthX."""
        old, self.port = ":%d" % self.port, port
        for folder, _, files in os.walk(self.place):
            for name in files:
                if name in ("authx.toml", "phone.json"):
                    edit(os.path.join(folder, name), old, ":%d" % port)

    def start(self):
        """Serves, and comes back once it answers."""
        for _ in range(5):
            if self._starts():
                return
            if self.behind is None:
                self.move(free_port())
        raise Failed("authx serve finds no port:\n" + self._said())

    def _starts(self):
        """Whether it serves; not when something else has its port."""
        path = os.path.join(self.place, "server.log")
        with open(path, "wb") as log, open(os.devnull) as nothing, STARTING:
            self.process = subprocess.Popen(
                [program("authx"), "serve", "--config", self.config], close_fds=True,
                stdin=nothing, stdout=log, stderr=log)
        end = time.time() + START_SECS
        while time.time() < end:
            if self.process.poll() is not None:
                if "cannot listen" in self._said():
                    return False
                raise Failed("authx serve has ended:\n" + self._said())
            # By its own word: somebody else may answer at the port.
            if " serving " in self._said() and self._is_ready():
                return True
            time.sleep(0.05)
        raise Failed("authx serve is not ready:\n" + self._said())

    def _is_ready(self):
        trust = ssl.create_default_context(cafile=self.certificate)
        asking = HTTPSConnection("localhost", self.address[1], timeout=2, context=trust)
        try:
            asking.request("GET", "/health/ready")
            return asking.getresponse().status == 200
        except (EnvironmentError, HTTPException):
            return False
        finally:
            asking.close()

    def _said(self):
        with open(os.path.join(self.place, "server.log"), "rb") as log:
            return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-20:])

    def stop(self, at_once=False):
        """Ends it: in order, or as a power cut would."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.kill() if at_once else self.process.terminate()
        self.process.wait()

    def close(self):
        self.stop(at_once=True)
        shutil.rmtree(self.place, ignore_errors=True)

    def command(self, *words, **more):
        """Runs an `authx` command and gives what it printed; `typed` is its standard input."""
        return run([program("authx"), "--config", self.config] + list(words), more.get("typed"))

    def ask(self, *words, **more):
        """The same, for programs."""
        return json.loads(self.command(*(words + ("--json",)), **more))

    def log(self, support_code):
        """What the record has of a login, as an administrator finds it."""
        return self.command("log", "--code", support_code)

    def entries(self, support_code):
        """The same, one dict an entry."""
        lines = self.command("log", "--code", support_code, "--json").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def application(self, name=None, policy=None):
        """Something that Access Server protects; `policy` stands beside what it needs anyway."""
        made = Application(self.ask("application", "create", name or self.new_name("vpn")))
        self.policy(made, policy or "")
        return made

    def application_with(self, policy=""):
        """One with this policy, for tests that change nothing about it."""
        if policy not in self.applications:
            self.applications[policy] = self.application(policy=policy)
        return self.applications[policy]

    def policy(self, application, policy):
        document = policy if "first_factors" in policy else POLICY + policy
        self.command("policy", "set", "--application", application.id, typed=document)

    def new_name(self, word):
        with self.counting:
            self.numbers += 1
            return "%s%d" % (word, self.numbers)

    def user(self, name=None, code=True, aliases=(), phone=False):
        """Somebody new. Whoever needs no particular name comes from those made beforehand."""
        with self.counting:
            fits = [spare for spare in self.spares if spare.phone == phone]
            if fits and name is None and code and not aliases:
                self.spares.remove(fits[0])
                return fits[0].person
        person = Person(self, name or self.new_name("person"), aliases)
        if code:
            person.new_app()
        if phone:
            person.phone()
        return person

    def package(self, application, **constants):
        """A folder with the package, filled in as the portal does it."""
        folder = tempfile.mkdtemp(prefix="package-", dir=self.place)
        for name in FILES:
            shutil.copy(os.path.join(PACKAGE, name), folder)
        values = {"APPLICATION_ID": application.id, "DEFAULT_SECRET_KEY": application.key,
                  "APPLICATION_URL": application.url, "CA_FILE": self.certificate}
        values.update(constants)
        path = os.path.join(folder, FILES[0])
        for name, value in values.items():
            line = text("%s = %s" % (name, json.dumps(value, ensure_ascii=False)))
            edit(path, r"(?m)^%s = .*$" % name, lambda _, line=line: line, pattern=True)
        return folder


def program(name):
    path = os.path.abspath(os.path.join(PROGRAMS, name))
    if not os.path.exists(path):
        raise Failed("%s is not there: build AuthX, and name the directory in AUTHX" % path)
    return path


def run(words, typed=None, ends=(0,)):
    """Runs a program to its end and gives what it printed."""
    # Whatever the locale is: names have letters that an old Python would not pass on.
    words = [text(word).encode("utf-8") for word in words]
    with STARTING:
        running = subprocess.Popen(words, close_fds=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, complained = running.communicate(text(typed or "").encode("utf-8"))
    if running.returncode not in ends:
        shown = b" ".join(words).decode("utf-8")
        raise Failed(u"`%s` ended with %d:\n%s%s" % (
            shown, running.returncode, said.decode("utf-8"), complained.decode("utf-8")))
    return said.decode("utf-8")


def edit(path, old, new, pattern=False):
    """Changes a file; a text that is not there is a mistake of the tests."""
    with io.open(path, encoding="utf-8") as file:
        before = file.read()
    after, count = re.subn(old if pattern else re.escape(old), new, before)
    if count == 0:
        raise Failed("`%s` is not in %s" % (old, path))
    with io.open(path, "w", encoding="utf-8") as file:
        file.write(after)


def free_port():
    """A port that no outgoing connection gets by chance while a server is restarted on it."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        listener = socket.socket()
        try:
            listener.bind(("127.0.0.1", port))
            return port
        except EnvironmentError:
            continue
        finally:
            listener.close()


def prepare(folder):
    """Makes people for several test processes, once; gives the directory to copy."""
    place = os.path.join(folder, "authx")
    with open(os.path.join(folder, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(os.path.join(place, Spare.FILE)):
            return place
        shutil.rmtree(place, ignore_errors=True)
        os.mkdir(place)
        authx = AuthX(place)
        try:
            Spare.make(authx)
        finally:
            authx.stop()
    return place


def shared():
    """The AuthX of this process."""
    if not SHARED:
        SHARED.append(AuthX())
        atexit.register(SHARED[0].close)
    return SHARED[0]


SHARED = []
