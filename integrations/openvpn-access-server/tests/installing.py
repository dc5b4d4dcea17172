"""A place to install into: the package, a stand-in for `sacli`, and an AuthX that says what a test
wants."""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
KEY = "auth.module.post_auth_script"
TOTP = "vpn.server.google_auth.enable"
ID = "app_01k9zc3q8m4e2v7x5t0b6n1h9d"
AXK = "axk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8MnOJAQ"
URL = "https://mfa.example.com"

# The tests' own limits are not sacli's.
SACLI = u"""#!/bin/sh
ulimit -S -f unlimited
exec "%s" -B -S "%s" "$@"
"""

# Put behind the package's own certify_web_api.py: the same settings, and no network.
NO_NETWORK = u"""

class AuthX(object):
    def __init__(self, settings):
        pass

    def check(self, within=None):
        told = json.loads(os.environ["AUTHX_SAYS"])
        if "raise" in told:
            raise eval(told["raise"])
        return told
"""


# An interpreter in root's home can load nothing any more after this.
AS_NOBODY = """
import encodings.ascii, encodings.unicode_escape, os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import certify_web_api, install
os.setgid(65534)
os.setuid(65534)
sys.exit(install.main(sys.argv[2:]))
"""


class World(object):
    """One Access Server and one unpacked package."""

    def __init__(self, has_network=False):
        self.base = tempfile.mkdtemp(prefix="access server ")
        self.scripts, self.folder, self.package = [
            os.path.join(self.base, name) for name in ("scripts", "authx folder", "package")]
        self.state, self.env, self.out = os.path.join(self.base, "state.json"), {}, ""
        for folder in (self.scripts, self.package):
            os.mkdir(folder)
        for name in ("certify_constants.py", "certify_post_auth_script.py", "certify_web_api.py",
                     "install.py"):
            shutil.copy(os.path.join(PACKAGE, name), self.package)
        if not has_network:
            with io.open(self.in_package("certify_web_api.py"), "a") as file:
                file.write(NO_NETWORK)
        self.write(os.path.join(self.scripts, "sacli"), SACLI % (
            sys.executable, os.path.join(HERE, "sacli")))
        os.chmod(os.path.join(self.scripts, "sacli"), 0o755)
        self.configured()
        self.authx_says()

    def close(self):
        shutil.rmtree(self.base)

    def write(self, path, text):
        with io.open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def in_package(self, name):
        return os.path.join(self.package, name)

    def installed(self, name):
        return os.path.join(self.folder, name)

    def text(self, name):
        """What is in a file of the folder."""
        with io.open(self.installed(name), encoding="utf-8") as file:
            return file.read()

    def fill(self, **constants):
        """Writes constants into the package, as the portal does."""
        path = self.in_package("certify_constants.py")
        with io.open(path, encoding="utf-8") as file:
            lines = file.read().split(u"\n")
        for name, value in constants.items():
            at = [line.startswith(name + " =") for line in lines].index(True)
            lines[at] = u"%s = %s" % (name, value)
        self.write(path, u"\n".join(lines))

    def filled(self):
        """As from the portal."""
        self.fill(APPLICATION_ID='"%s"' % ID, DEFAULT_SECRET_KEY='"%s"' % AXK,
                  APPLICATION_URL='"%s"' % URL)
        return self

    def configured(self, users=None, **config):
        """Sets what Access Server has; `script` is the post-auth script, `totp` its own TOTP."""
        names = {"script": KEY, "totp": TOTP}
        config = dict((names[name], value) for name, value in config.items())
        config["auth.ldap.0.bind_pw"] = "hidden from all"
        with open(self.state, "w") as file:
            json.dump({"config": config, "users": users or {}, "running": {}, "commands": []}, file)

    def access_server(self):
        with open(self.state) as file:
            return json.load(file)

    def commands(self):
        """What was run since the last time, looking aside, in short: the last word, and what of."""
        state = self.access_server()
        with open(self.state, "w") as file:
            json.dump(dict(state, commands=[]), file)
        return [short(words) for words in state["commands"]
                if words[-1] not in ("ConfigQuery", "UserPropGet")]

    def script(self, of="config"):
        return self.access_server()[of].get(KEY)

    def authx_says(self, kinds=("password", "access_server"), ahead=0, fault=None, **more):
        """What the check comes to."""
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + ahead))
        offers = [{"word": word, "factor": word, "hint": ""} for word in ("code", "push")]
        asks = dict(
            more, first_factors=list(kinds), offers=offers, prompt="Enter AuthX code")
        told = {"name": u"office vpn \u201c1\u201d", "version": "9.8.7", "time": now, "asks": asks}
        self.env["AUTHX_SAYS"] = json.dumps({"raise": fault} if fault else told)

    def command(self, *words, **how):
        group = [] if how.get("no_group") else ["--group", "root"]
        program = ["-c", AS_NOBODY, self.package] if how.get("nobody") else [
            self.in_package("install.py")]
        return [sys.executable] + program + [
            "--scripts", self.scripts, "--folder", self.folder] + group + list(words)

    def start(self, *words, **how):
        """Starts install.py."""
        env = dict(os.environ, SACLI_STATE=self.state, PYTHONIOENCODING="ascii", **self.env)
        fails = how.pop("fails", {})
        env["SACLI_FAIL"] = json.dumps([list(pair) for pair in fails.items()])
        command = self.command(
            *words, no_group=how.pop("no_group", False), nobody=how.pop("nobody", False))
        return subprocess.Popen(
            command, env=env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how)

    def install(self, *words, **how):
        """Runs install.py; its exit code. What it printed is in `out`."""
        process = self.start(*words, **how)
        self.out = process.communicate()[0].decode("utf-8")
        return process.returncode

    def files(self):
        """{name: mode} of the folder; None when it is not there."""
        if not os.path.isdir(self.folder):
            return None
        return dict((name, "%o" % stat.S_IMODE(os.stat(self.installed(name)).st_mode))
                    for name in os.listdir(self.folder))


def short(words):
    """A command line without what is always the same."""
    about = [os.path.basename(word.split("=")[-1]) for word in words[:-1]
             if not word.startswith("--") or "=" in word]
    return " ".join([words[-1]] + [word for word in about if word != KEY])


@unittest.skipIf(os.geteuid(), "files are given to root: run the tests as root")
class Installing(unittest.TestCase):
    """A world for each test."""

    def setUp(self):
        self.world = World().filled()
        self.addCleanup(self.world.close)

    def run_it(self, *words, **how):
        """Runs install.py, which has to end with `code`; gives what it printed."""
        code = how.pop("code", 0)
        found = self.world.install(*words, **how)
        self.assertEqual(found, code, self.world.out)
        self.assertNotIn(AXK, self.world.out)
        self.assertNotIn("hidden from all", self.world.out)
        return self.world.out
