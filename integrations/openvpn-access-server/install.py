#!/usr/bin/env python3
"""Installs AuthX in OpenVPN Access Server: `sudo python3 install.py`.

Checks the connection to AuthX, copies the package to a folder of its own, makes it the post-auth
script and restarts Access Server. When a step fails, what was before is put back.
To get in again by hand, as root, in /usr/local/openvpn_as/scripts:

  ./sacli --key auth.module.post_auth_script ConfigDel
  ./sacli start

Exit codes:
  0   done
  2   wrong options
  3   not root; or sacli, a file of the package or the group is missing; or Python is too old
  4   a setting in certify_constants.py is wrong
  5   the name in APPLICATION_URL has no address
  6   AuthX does not answer in time
  7   its certificate is not trusted
  8   this server's clock is more than five minutes off
  9   AuthX refuses the Application ID or the Application Key
  10  the application's policy does not let Access Server vouch for users
  11  what answers is not AuthX, or not as it should be
  12  sacli failed, or another post-auth script has been set
  13  a file cannot be read or written
  130 interrupted
"""

import argparse
import ast
import calendar
import errno
import functools
import getpass
import grp
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

HOST, SETTINGS, NAME, AWAY, TLS, CLOCK, REFUSED, POLICY, ANSWER, SACLI, FILES, INTERRUPTED = (
    3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 130)
# Which of them a text of certify_web_api.py means.
KINDS = (("^certify_constants.py", SETTINGS), ("is not resolved", NAME),
         ("the certificate of|no secure connection", TLS), ("no answer within", AWAY),
         ("401 clock", CLOCK), ("does not accept the Application Key", REFUSED),
         ("this Python", HOST), ("", ANSWER))

HERE = os.path.dirname(os.path.abspath(__file__))
CONSTANTS, WEB_API, SCRIPT = PACKAGE = (
    "certify_constants.py", "certify_web_api.py", "certify_post_auth_script.py")
SINGLE, CA, STATE = "certify_single_file.py", "authx_ca.pem", "install.json"
PREVIOUS, REPLACED = "previous_script.py", "replaced_script.py"
SHARED, PRIVATE = PACKAGE + (CA,), (SINGLE, STATE, PREVIOUS, REPLACED)
GIVEN = ("APPLICATION_ID", "APPLICATION_URL", "DEFAULT_SECRET_KEY")
KEY, TOTP, USER_TOTP = (
    "auth.module.post_auth_script", "vpn.server.google_auth.enable", "prop_google_auth")

POLICY_HELP = u"""The policy does not let Access Server vouch for users. On the AuthX server:
  authx policy show --application %s --own >policy.toml
  # in policy.toml, above the first [...]: first_factors = %s
  authx policy set policy.toml --application %s"""
AUTOLOGIN = {
    "refuse": "Autologin profiles are refused, as the policy says (autologin).",
    "push": "Autologin profiles wait for the phone, as the policy says (autologin).",
    "allow": "Autologin profiles connect without a second factor, as the policy says (autologin)."}
CA_HELP = """
While installing: install.py --ca-file FILE"""
DONE = """Installed in %s. Sign in as a test user before you close this terminal.
Back: install.py --uninstall. By hand, as root, in %s:
  ./sacli --key %s ConfigDel
  ./sacli start"""


class Stop(Exception):
    """The end, with an exit code and what the operator should do."""

    def __init__(self, code, words):
        Exception.__init__(self, words)
        self.code, self.words = code, words


def text(value):
    """Text of what a file, an argument or a program gave."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def say(line):
    """Prints what any terminal can show, whether or not anybody still reads."""
    shown = sys.stdout.encoding or "ascii"
    line = text(line).encode(shown, "backslashreplace")
    try:
        print(line if str is bytes else line.decode(shown))
        sys.stdout.flush()
    except EnvironmentError:
        pass


def ask(question):
    """What the operator types; nothing where there is no terminal."""
    if not sys.stdin.isatty():
        return ""
    say(question)
    return sys.stdin.readline().strip()


def hear(how=signal.default_int_handler):
    """What Ctrl-C, `kill` and the end of the terminal do."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, how)


def read(path, needed=False):
    """The text of a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            return text(file.read())
    except EnvironmentError as error:
        if needed or error.errno not in (errno.ENOENT, errno.EACCES):
            raise Stop(FILES, "%s cannot be read: %s" % (path, error.strerror))


def values_of(source):
    """{name: value} of the settings. From bytes: 2.7 takes no coding line in text."""
    values = {}
    try:
        exec(compile(source.encode("utf-8"), CONSTANTS, "exec"), values)
    except Exception as error:
        # What it says may quote a key that lacks its quotes.
        place = sys.exc_info()[2].tb_next
        at = getattr(error, "lineno", None) or (place.tb_lineno if place else "?")
        raise Stop(SETTINGS, "%s does not work as Python: %s in line %s"
                   % (CONSTANTS, type(error).__name__, at))
    return dict((name, values[name]) for name in values if name.isupper())


def settings_in(script):
    """{name: value} of the settings in a script that holds all files. Only read, never run: it is
    from Access Server's database, in which others than root may write."""
    values = {}
    try:
        for files in re.findall(r"(?m)^SINGLE_FILE = (.*)$", script):
            source = ast.literal_eval(files).get("certify_constants", u"").encode("utf-8")
            for node in ast.parse(source).body:
                if isinstance(node, ast.Assign) and node.targets[0].id.isupper():
                    values[node.targets[0].id] = ast.literal_eval(node.value)
    except Exception:
        raise Stop(SETTINGS, "The post-auth script that is set is not as install.py writes it: "
                   "uninstall it, and fill in %s" % CONSTANTS)
    return values


def literal(value):
    """The value as Python that means the same on 2.7 and 3, in ASCII."""
    if isinstance(value, (list, tuple)):
        return u"[%s]" % u", ".join(literal(item) for item in value)
    if not isinstance(value, (bytes, type(u""))):
        return text(repr(value))
    plain = text(value).encode("unicode_escape").decode("ascii").replace(u'"', u'\\"')
    return u'%s"%s"' % (u"" if max(text(value) or u"a") < u"\x80" else u"u", plain)


def with_value(source, name, value):
    """The text with the line of this name written anew; `value` is Python."""
    line, form = u"%s = %s" % (name, value), r"(?m)^%s *=.*$" % name
    if len(re.findall(form, source)) != 1:
        raise Stop(SETTINGS, "there has to be one line `%s = ...`, and only one" % name)
    return re.sub(form, lambda _: line, source)


def is_ours(script):
    """Whether this is AuthX's script."""
    return bool(re.search(r"(?m)^AUTHX_FOLDER *=", script or u""))


def is_single(script):
    """Whether this script of AuthX has the two other files in it."""
    return bool(re.search(r"(?m)^SINGLE_FILE *= *{ *[^ }]", script or u""))


def is_on(value):
    """Whether a switch of Access Server is on."""
    return text(value or u"").lower() == u"true" or value is True


class Sacli(object):
    """Access Server's command. Facts are from its administrator's guide, unless said otherwise."""

    def __init__(self, options):
        self.path = os.path.join(options.scripts, "sacli")
        self.words = [self.path] + (["-a", options.admin] if options.admin else [])
        self.dry, self.reset, self.is_restarted = options.dry_run, options.reset, False

    def run(self, *words):
        """Runs it, or only shows it; gives what it printed."""
        command = self.words + [word if isinstance(word, str) else word.encode("utf-8")
                                for word in words]
        say("  $ " + subprocess.list2cmdline(command))
        if self.dry:
            return u""
        try:
            # Deaf to Ctrl-C, which must not cut through a change. A second one gives it up.
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        except EnvironmentError as error:
            raise Stop(SACLI, "%s cannot be run: %s" % (self.path, error.strerror))
        limit = threading.Timer(120, process.terminate)
        limit.start()
        try:
            out, complaint = process.communicate()
        except KeyboardInterrupt:
            process.communicate()
            raise
        finally:
            limit.cancel()
            if process.poll() is None:
                process.terminate()
        # Older ones print [True, {}] after a change (public logs), so maybe [False, ...] with 0.
        if process.returncode or out.lstrip().startswith(b"[False"):
            # Its output may hold all of Access Server's settings, passwords among them.
            last = text(complaint).strip().split(u"\n")[-1] or u"it gave no reason"
            raise Stop(SACLI, u"sacli failed (%d): %s" % (process.returncode, last))
        return text(out)

    def table(self, *words):
        """What it prints as JSON, maybe among other lines: {key: value} by ConfigQuery (from
        public scripts), {user: {key: value}} by UserPropGet."""
        out = self.run(*words)
        try:
            return {} if self.dry else json.loads(out[out.index(u"{"):out.rindex(u"}") + 1])
        except ValueError:
            raise Stop(SACLI, "sacli %s printed no JSON: does Access Server run? If so, take the "
                       "steps by hand that --dry-run shows" % words[-1])

    def script(self, path):
        """Sets the post-auth script, or none."""
        self.run("--key", KEY, *(("--value_file=" + path, "ConfigPut") if path else ("ConfigDel",)))

    def totp(self, user, value):
        """Sets Access Server's own authenticator: for all, or for a user or group."""
        words = ("--user", user, "--key", USER_TOTP) if user else ("--key", TOTP)
        words += ("--value", value) if value else ()
        self.run(*(words + (("UserProp" if user else "Config") + ("Put" if value else "Del"),)))

    def restart(self):
        """`start` restarts what has changed; Reset everything, and sessions may end."""
        self.is_restarted = True
        if self.reset:
            say("Reset may end the sessions of users who are connected.")
            self.run("Reset")
        elif re.search(r'"errors": *\{\s*[^\s}]', self.run("start")):  # From public logs.
            raise Stop(SACLI, "Access Server reports errors after `sacli start`: see its log")


class Store(object):
    """The folder. What is written to it can be taken back without a free byte on the disk."""

    def __init__(self, options):
        self.folder, self.dry = os.path.abspath(options.folder), options.dry_run
        self.names, self.is_new = [], False
        # What lies there is run and given to Access Server as if root had written it.
        found = os.stat(self.folder) if os.path.exists(self.folder) else None
        if found and (found.st_uid not in (0, os.geteuid()) or found.st_mode & 0o022):
            raise Stop(FILES, "%s can be written by others than root: remove it, or name another "
                       "with --folder" % self.folder)
        # In public copies of as.conf: `cs.group=openvpn_as`.
        conf = read(os.path.join(options.scripts, "..", "etc", "as.conf")) or u""
        found = re.findall(r"(?m)^cs\.group *= *(\S+)", conf) + ["openvpn_as"]
        self.group = options.group or str(found[0])

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, files):
        """Writes {name: text}: all, or none."""
        for name in sorted(files):
            rights = "0640 root:%s" % self.group if name in SHARED else "0600"
            say("  write %s (%s)" % (self.path(name), rights))
        if self.dry:
            return
        hear(signal.SIG_IGN)
        try:
            group = grp.getgrnam(self.group).gr_gid
            if not os.path.isdir(self.folder):
                os.mkdir(self.folder, 0o750)
                self.is_new = True
            os.chown(self.folder, 0, group)
            os.chmod(self.folder, 0o750)
            for name in files:
                self.stage(self.path(name), files[name], group if name in SHARED else None)
            for name in files:
                self.forget([name + ".old"])
                if os.path.exists(self.path(name)):
                    os.link(self.path(name), self.path(name) + ".old")
                os.rename(self.path(name) + ".new", self.path(name))
                self.names.append(name)
        except KeyError:
            raise Stop(HOST, "there is no group %s: name one with --group" % self.group)
        except EnvironmentError as error:
            self.forget(name + ".new" for name in files)
            self.undo()
            raise Stop(FILES, "%s cannot be written: %s" % (self.folder, error.strerror))
        finally:
            hear()

    def stage(self, path, content, group):
        """Writes a file beside the one that it shall replace."""
        self.forget([path + ".new"])
        number = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as file:
            if group is not None:
                os.fchown(number, 0, group)
                os.fchmod(number, 0o640)
            file.write(content.encode("utf-8"))
            file.flush()
            os.fsync(number)

    def undo(self):
        """Takes everything back, once."""
        while self.names:
            name = self.names.pop()
            if os.path.exists(self.path(name) + ".old"):
                os.rename(self.path(name) + ".old", self.path(name))
            else:
                os.unlink(self.path(name))
        if self.is_new:
            self.remove()

    def settle(self, names):
        """Makes it final: only these names stay, and the settings that were replaced."""
        for path in (self.path(CONSTANTS), self.path(SINGLE)):
            if os.path.exists(path + ".old") and read(path + ".old") != read(path):
                os.chmod(path + ".old", 0o600)
                os.rename(path + ".old", path + ".bak")
        self.forget(name + ".old" for name in self.names)
        self.forget(name for name in SHARED + PRIVATE if name not in names)

    def forget(self, names):
        for path in map(self.path, names):
            if os.path.lexists(path) and not self.dry:
                os.unlink(path)

    def remove(self):
        """Removes all that this program ever wrote, and what Python made of it."""
        for folder in (self.path("__pycache__"), self.folder):
            names = os.listdir(folder) if os.access(folder, os.R_OK) else []
            for name in sorted(names):
                if name.startswith(SHARED + PRIVATE + ("certify_",)):
                    say("  remove " + os.path.join(folder, name))
                    self.forget([os.path.join(folder, name)])
            if os.path.isdir(folder) and not (self.dry or os.listdir(folder)):
                os.rmdir(folder)
        if os.path.isdir(self.folder) and not self.dry:
            say("%s stays, as other files are in it." % self.folder)


class Installer(object):
    """What is done, step by step."""

    def __init__(self, options):
        self.options, self.sacli, self.store = options, Sacli(options), Store(options)

    def settings(self, current):
        """The package's; over them what is installed, the options, and what is typed."""
        options, source = self.options, read(os.path.join(HERE, CONSTANTS), True)
        fresh, kept = values_of(source), values_of(read(self.store.path(CONSTANTS)) or u"")
        # Another node of a cluster has the script that they share, and no files.
        single = read(self.store.path(SINGLE)) or (current if is_ours(current) else u"")
        kept = kept or settings_in(single)
        if fresh.get("APPLICATION_ID") and fresh["APPLICATION_ID"] != kept.get("APPLICATION_ID"):
            kept.pop("DEFAULT_SECRET_KEY", None)  # Of another application.
        for name, value in sorted(kept.items()):
            is_other = name in fresh and literal(fresh[name]) != literal(value)
            if is_other and not (name in GIVEN and fresh[name]):
                source = with_value(source, name, literal(value))
        key_file = options.application_key_file
        given = {"APPLICATION_ID": options.application_id, "ADMIN_EXEMPT": options.admin_exempt,
                 "APPLICATION_URL": options.application_url, "DOMAIN_SUFFIX": options.domain_suffix,
                 "DEFAULT_SECRET_KEY": key_file and read(key_file, True).strip(),
                 "CA_FILE": options.ca_file and self.store.path(CA)}
        for name, value in sorted(given.items()):
            is_open = name in GIVEN and not (value or values_of(source).get(name))
            if is_open and sys.stdin.isatty() and not options.dry_run:
                value = getpass.getpass(name + ": ") if "KEY" in name else ask(name + ":")
            source = with_value(source, name, literal(value)) if value else source
        values_of(source)
        return source

    def look(self, source):
        """Checks the settings, the connection, and what AuthX demands."""
        import certify_web_api as web
        module = argparse.Namespace(**values_of(source))
        module.CA_FILE = self.options.ca_file or getattr(module, "CA_FILE", "")
        try:
            settings = web.Settings.of(module)
            if self.options.no_check or self.options.dry_run:
                return say("The connection to %s is not checked." % settings.url)
            seen = web.AuthX(settings).check(within=8)
        except (web.Away, web.Wrong, web.Problem) as error:
            if self.options.dry_run:
                return say(error.text)
            code = [code for words, code in KINDS if re.search(words, error.text)][0]
            raise Stop(code, error.text + (CA_HELP if "in CA_FILE" in error.text else ""))
        asks, name = seen["asks"], subprocess.list2cmdline([seen["name"]])
        there = calendar.timegm(time.strptime(seen["time"][:19], "%Y-%m-%dT%H:%M:%S"))
        ahead = time.time() - there
        say(u"AuthX %s answers at %s, for the application %s."
            % (seen["version"], settings.url, name))
        words = u", ".join(offer["word"] for offer in asks["offers"]) or u"no second factor"
        say(u"Its users are asked for: %s. This server's clock is %+d s off." % (words, ahead))
        if asks.get("autologin") in AUTOLOGIN:
            say(AUTOLOGIN[asks["autologin"]])
        if abs(ahead) > 300:
            raise Stop(CLOCK, "Set this server's clock: AuthX allows five minutes")
        if "access_server" not in asks["first_factors"]:
            kinds = json.dumps(asks["first_factors"] + ["access_server"])
            raise Stop(POLICY, POLICY_HELP % (name, kinds, name))

    def files(self, source, current):
        """{name: text} to be written, and which of them is the script."""
        script, web = [read(os.path.join(HERE, name), True) for name in (SCRIPT, WEB_API)]
        script = with_value(script, "AUTHX_FOLDER", literal(self.store.folder))
        # `sacli start` may restart nothing when only the files have changed, and not the script.
        mark = hashlib.sha256((source + web).encode("utf-8")).hexdigest()[:16]
        script += u"\n# With files of the mark %s.\n" % mark
        files = {CONSTANTS: source, WEB_API: web, SCRIPT: script}
        # Other nodes of a cluster would not find files that are here only.
        was_single = is_single(current) or os.path.exists(self.store.path(SINGLE))
        is_kept = was_single and not self.options.separate_files
        if self.options.single_file or is_kept:
            if not self.options.single_file:
                say("It stays all in one script, as it was; --separate-files changes that.")
            if values_of(source).get("CA_FILE"):
                say("Copy the file that CA_FILE names to the same place on each node.")
            say("The Application Key will be in Access Server's database, and in its backups.")
            value = u'{"certify_constants": %s, "certify_web_api": %s}'
            value %= (literal(source), literal(web))
            files = {CONSTANTS: source, SINGLE: with_value(script, "SINGLE_FILE", value)}
        if self.options.ca_file:
            files[CA] = read(self.options.ca_file, True)
        return files, SINGLE if SINGLE in files else SCRIPT

    def totp_changes(self, config):
        """What of Access Server's own authenticator is to be switched off: [[user, old value]]."""
        users, wanted = self.sacli.table("UserPropGet"), self.options.google_authenticator
        found = [[None, config[TOTP]]] if is_on(config.get(TOTP)) else []
        found += [[name, "true"] for name in sorted(users) if is_on(users[name].get(USER_TOTP))]
        if found:
            say(u"Access Server's own (Google) authenticator is on for: "
                + u", ".join(name or u"all" for name, _ in found))
        if found and wanted == "ask":
            wanted = "off" if ask("Switch it off (y/n)?").lower().startswith("y") else "keep"
        if found and wanted != "off" and not self.options.google_user:
            say("It stays: users will be asked twice. --google-authenticator off switches it off.")
        if wanted == "off" and self.options.dry_run:
            say("To be set to false, where they are true: %s, and %s of users and groups."
                % (TOTP, USER_TOTP))
            return [[None, None]]
        if wanted == "off":
            return found
        names = [text(name) for name in self.options.google_user]
        return [[name, users.get(name, {}).get(USER_TOTP)] for name in names]

    def install(self):
        """All of it."""
        config = self.sacli.table("ConfigQuery")
        current = config.get(KEY) or u""
        source = self.settings(current)
        self.look(source)
        changes = self.totp_changes(config)
        files, script = self.files(source, current)
        known = json.loads(read(self.store.path(STATE)) or "[]")
        known += [change for change in changes if change[0] not in dict(known)]
        files[STATE] = text(json.dumps(known))
        before = REPLACED if is_ours(current) else PREVIOUS
        if current:
            files[before] = current
        undo = [lambda: self.sacli.is_restarted and self.sacli.restart(), self.store.undo]
        try:
            self.store.write(files)
            undo.append(lambda: self.sacli.script(current and self.store.path(before)))
            self.sacli.script(self.store.path(script))
            self.compare(files[script])
            for user, old in changes:
                undo.append(functools.partial(self.sacli.totp, user, old))
                self.sacli.totp(user, "false")
            self.sacli.restart()
        except BaseException:
            self.put_back(undo)
            raise
        stay = [CA, PREVIOUS] if is_ours(current) else [CA]
        self.store.settle(stay + [name for name in files if name != REPLACED])
        say("Nothing was changed." if self.options.dry_run
            else DONE % (self.store.folder, self.options.scripts, KEY))

    def compare(self, wanted):
        """Whether Access Server has this script. How it keeps ends of lines is not known."""
        now = self.sacli.table("ConfigQuery").get(KEY) or u""
        if now.split() != wanted.split() and not self.options.dry_run:
            raise Stop(SACLI, "Access Server does not have the script that was set")

    def put_back(self, undo):
        """Undoes steps, the last one first."""
        hear(signal.SIG_IGN)
        say("Putting back what was before.")
        try:
            for step in reversed(undo):
                step()
            say("All is as it was.")
        except (Stop, EnvironmentError) as error:
            say("That failed too (%s). Run by hand, as root, the last command above, then:\n"
                "  %s start" % (getattr(error, "words", error), self.sacli.path))

    def uninstall(self):
        """Puts back what was before the first installation."""
        config, dry = self.sacli.table("ConfigQuery"), self.options.dry_run
        before, is_set = read(self.store.path(PREVIOUS)), dry or is_ours(config.get(KEY))
        if not is_set and not os.path.isdir(self.store.folder):
            return say("AuthX is not installed.")
        if is_set:
            self.sacli.script(before and self.store.path(PREVIOUS))
            self.compare(before or u"")
        users = self.sacli.table("UserPropGet")
        for user, old in json.loads(read(self.store.path(STATE)) or "[]"):
            now = users.get(user, {}).get(USER_TOTP) if user else config.get(TOTP)
            if dry or now is not None and not is_on(now):
                self.sacli.totp(user, old)
        self.sacli.restart()
        self.store.remove()
        say("Nothing was changed." if dry else "AuthX is removed: it asks nobody any more.")

    def check(self):
        """The operator's own test."""
        # Whoever has installed by hand has no STATE.
        is_installed = any(os.path.exists(self.store.path(name)) for name in (STATE, CONSTANTS))
        current = self.sacli.table("ConfigQuery").get(KEY) if is_installed else u""
        self.look(self.settings(current))
        if is_installed and not is_ours(current):
            raise Stop(SACLI, "Access Server's post-auth script is not AuthX's: run install.py")
        lost = [name for name in PACKAGE if not os.path.exists(self.store.path(name))]
        if is_installed and not is_single(current) and lost:
            raise Stop(FILES, "%s lacks %s: run install.py" % (self.store.folder, lost[0]))
        say("AuthX is installed." if is_installed else "AuthX is not installed yet.")


def parsed(arguments):
    """The options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, words in (
            ("dry-run", "print each command and file, change nothing; needs no root, no sacli"),
            ("check", "check the settings and the connection only; for monitoring too"),
            ("uninstall", "put back what was before, and remove all files"),
            ("no-check", "do not check the connection"),
            ("single-file", "all in one script, for clusters: their nodes share the script only; "
             "later runs keep it"),
            ("separate-files", "no longer all in one script"),
            ("reset", "restart by `sacli Reset`, not `sacli start`: sessions may end")):
        parser.add_argument("--" + name, action="store_true", help=words)
    for name, default, words in (
            ("scripts", "/usr/local/openvpn_as/scripts", "where sacli is"),
            ("folder", "/usr/local/openvpn_as/authx", "where the files go, and nothing else"),
            ("group", None, "who may read them; cs.group in as.conf, or openvpn_as"),
            ("application-id", None, "as AuthX shows it; else the package's, else asked for"),
            ("application-url", None, "the same"),
            ("application-key-file", None, "a file with the Application Key; the same"),
            ("domain-suffix", None, "put behind user names without a domain"),
            ("ca-file", None, "authority of AuthX's certificate, PEM; is copied")):
        parser.add_argument("--" + name, default=default, help=words,
                            metavar=name.split("-")[-1].upper())
    parser.add_argument("-a", "--admin", metavar="NAME",
                        help="administrator, for sacli; root needs none")
    parser.add_argument("--google-authenticator", choices=("ask", "off", "keep"), default="ask",
                        help="what becomes of Access Server's own authenticator")
    for name, words in (("admin-exempt", "account that needs no second factor in the Admin UI"),
                        ("google-user", "user or group whose own authenticator goes off")):
        parser.add_argument("--" + name, action="append", default=[], metavar="NAME", help=words)
    return parser.parse_args(arguments)


def main(arguments=None):
    """Does what is asked, and gives the exit code."""
    options = parsed(arguments)
    hear()
    try:
        needed = [os.path.join(HERE, name) for name in PACKAGE if not options.uninstall]
        if not options.dry_run and not options.check:
            needed.append(os.path.join(options.scripts, "sacli"))
            if os.geteuid():
                raise Stop(HOST, "run this as root: sudo python3 install.py")
        for path in needed:
            if not os.path.exists(path):
                raise Stop(HOST, "%s is not there (--scripts DIR says where sacli is)" % path)
        name = "uninstall" if options.uninstall else "check" if options.check else "install"
        getattr(Installer(options), name)()
        return 0
    except Stop as stop:
        say(u"Stopped: " + text(stop.words))
        return stop.code
    except KeyboardInterrupt:
        say("Interrupted.")
        return INTERRUPTED


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
