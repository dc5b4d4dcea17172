"""install.py when something fails, is interrupted, or is already there."""

import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
import time

from installing import AXK, KEY, TOTP, URL, Installing, World

FOREIGN = u"def post_auth(*_):\n    pass  # \u00e4\n"
USERS = {"bob": {"prop_google_auth": "true"}}


class TestFailures(Installing):
    def test_what_was_done_is_put_back(self):
        """Of each step; on a server with another's script, and on one without."""
        cases = [("ConfigPut", "exit", FOREIGN), ("ConfigPut", "false", FOREIGN),
                 ("ConfigPut", "lie", FOREIGN), ("UserPropPut", "exit", FOREIGN),
                 ("start", "exit", FOREIGN), ("start", "false", FOREIGN),
                 ("start", "errors", None), ("UserPropPut", "exit", None)]
        for command, how, script in cases:
            given = {"script": script} if script else {}
            self.world.configured(users=USERS, totp="true", **given)
            before = self.world.access_server()
            out = self.run_it("--google-authenticator", "off", fails={command: how}, code=12)
            after = self.world.access_server()
            self.assertEqual(after["config"], before["config"], out)
            self.assertEqual(after["users"], before["users"], out)
            self.assertIn("All is as it was", out)
            self.assertIsNone(self.world.files(), out)
            running = after["running"].get(KEY)
            self.assertEqual(running, script if command == "start" else None, out)

    def test_what_cannot_be_put_back_is_said(self):
        self.world.configured(script=FOREIGN)
        out = self.run_it(fails={"start": "exit!"}, code=12)
        self.assertIn("by hand", out)
        self.assertEqual((self.world.script(), self.world.files()), (FOREIGN, None))
        out = self.run_it(fails={"ConfigPut": "exit!"}, code=12)
        self.assertIn("by hand", out)
        self.assertEqual(self.world.text("previous_script.py"), FOREIGN)

    def test_no_json_stops_before_anything_is_changed(self):
        for command in ("ConfigQuery", "UserPropGet"):
            self.run_it(fails={command: "garbage"}, code=12)
            self.assertEqual((self.world.commands(), self.world.files()), ([], None))

    def test_an_upgrade_that_fails_leaves_the_version_before(self):
        self.run_it()
        before = self.world.script(), self.world.text("certify_constants.py")
        files = self.world.files()
        self.world.fill(OUTAGE='"allow"')
        with open(self.world.in_package("certify_post_auth_script.py"), "a") as file:
            file.write("# newer\n")
        for how in ("errors", "errors!"):
            self.run_it(fails={"start": how}, code=12)
            self.assertEqual(self.world.script(), before[0])
            self.assertEqual(self.world.files(), files)
            self.assertEqual(self.world.text("certify_constants.py"), before[1])

    def test_a_folder_that_takes_no_files(self):
        os.mkdir(self.world.folder)
        os.mkdir(self.world.installed("install.json"))
        out = self.run_it(code=13)
        self.assertIn("install.json", out)
        self.assertEqual((self.world.commands(), list(self.world.files())), ([], ["install.json"]))
        os.rmdir(self.world.installed("install.json"))
        os.rmdir(self.world.folder)
        self.world.write(self.world.folder, u"a file")
        self.assertIn("cannot be", self.run_it(code=13))

    def test_a_full_disk_loses_nothing(self):
        self.world.configured(script=FOREIGN)
        self.run_it()
        files, texts = self.world.files(), self.world.text("certify_constants.py")
        self.world.commands()
        self.world.fill(PROMPT='"%s"' % ("x" * 70))

        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (8000, resource.RLIM_INFINITY))

        self.run_it(preexec_fn=small, code=13)
        self.assertEqual(sorted(self.world.files()), sorted(files))
        self.assertEqual(self.world.text("certify_constants.py"), texts)
        self.assertEqual(self.world.commands(), [])

    def test_a_folder_in_which_others_write(self):
        """What lies there is run by root, and may point elsewhere."""
        os.mkdir(self.world.folder)
        ran = os.path.join(self.world.base, "ran")
        self.world.write(self.world.installed("certify_constants.py"),
                         u"import os\nos.mkdir('%s')\n" % ran)
        for owner, mode in ((65534, 0o755), (0, 0o777), (0, 0o775)):
            os.chown(self.world.folder, owner, 0)
            os.chmod(self.world.folder, mode)
            for words in ((), ("--check",), ("--uninstall",)):
                self.assertIn("others than root", self.run_it(*words, code=13))
        self.assertFalse(os.path.exists(ran))
        self.assertEqual(self.world.commands(), [])

    def test_what_lies_in_the_way_is_replaced(self):
        """Neither written through, nor left to whom it belonged."""
        os.mkdir(self.world.folder, 0o755)
        other = os.path.join(self.world.base, "other")
        self.world.write(other, u"precious")
        os.symlink(other, self.world.installed("certify_constants.py.new"))
        self.world.write(self.world.installed("install.json.new"), u"")
        os.chown(self.world.installed("install.json.new"), 65534, 65534)
        os.chmod(self.world.installed("install.json.new"), 0o666)
        self.run_it()
        with open(other) as file:
            self.assertEqual(file.read(), "precious")
        self.assertEqual(os.stat(self.world.installed("install.json")).st_uid, 0)
        self.assertEqual(self.world.files()["install.json"], "600")

    def test_a_slip_in_the_settings_shows_no_key(self):
        name = AXK.replace("-", "_")
        for value in (name, name + '"', '"' + name, "[%s]" % name):
            self.world.fill(DEFAULT_SECRET_KEY=value)
            self.assertIn("line 15", self.run_it(code=4))

    def test_a_read_only_place(self):
        out = self.run_it("--folder", "/proc/authx", code=13)
        self.assertIn("/proc/authx cannot be written", out)
        self.assertIn("All is as it was", out)
        self.assertEqual(self.world.commands(), [])


class TestInterrupted(Installing):
    def test_a_signal_in_the_middle_puts_all_back(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.world.configured(script=FOREIGN)
            process = self.world.start(fails={"ConfigPut": "slow"}, preexec_fn=os.setsid)
            seen = b""
            while b"ConfigPut" not in seen:
                seen += os.read(process.stdout.fileno(), 10000)
            time.sleep(0.3)
            # As the terminal does: to all of the group.
            kill = os.killpg if number == signal.SIGINT else os.kill
            kill(process.pid, number)
            out = process.communicate()[0]
            self.assertEqual(process.returncode, 130, seen + out)
            self.assertIsNone(self.world.files())
            self.assertEqual(self.world.script(), FOREIGN)


class TestUpgrade(Installing):
    def test_the_operators_settings_stay(self):
        self.run_it()
        path = self.world.installed("certify_constants.py")
        text = self.world.text("certify_constants.py")
        self.world.write(path, text.replace(
            u'PROMPT = "Enter AuthX code"', u'PROMPT = (\n    "Gr\u00fc\u00dfe: Code"\n)  # ours')
            .replace(u"ADMIN_EXEMPT = []", u'ADMIN_EXEMPT = ["openvpn"]'))
        self.world.fill(OUTAGE='"refuse"\nNEW_SETTING = 7')
        self.run_it()
        text = self.world.text("certify_constants.py")
        self.assertIn(u'\nPROMPT = u"Gr\\xfc\\xdfe: Code"\n', text)
        self.assertIn(u'\nADMIN_EXEMPT = ["openvpn"]\n', text)
        self.assertIn(u"\nNEW_SETTING = 7\n", text)
        self.assertIn(u"# ours", self.world.text("certify_constants.py.bak"))
        self.assertEqual(self.world.files()["certify_constants.py.bak"], "600")
        self.run_it("--uninstall")
        self.assertIsNone(self.world.files())

    def test_an_unfilled_package_keeps_key_and_a_filled_one_brings_its_own(self):
        self.run_it()
        self.world.fill(APPLICATION_ID='""', DEFAULT_SECRET_KEY='""', APPLICATION_URL='""')
        self.run_it()
        self.assertIn(AXK, self.world.text("certify_constants.py"))
        self.world.fill(APPLICATION_URL='"https://other.example.com"')
        self.run_it()
        self.assertIn("other.example.com", self.world.text("certify_constants.py"))
        self.assertIn(URL, self.world.text("certify_constants.py.bak"))
        self.world.fill(APPLICATION_ID='"app_01k9zc3q8m4e2v7x5t0b6n1h9e"')
        self.assertIn("DEFAULT_SECRET_KEY is empty", self.run_it(code=4))


class TestDryRun(Installing):
    def test_it_shows_all_and_changes_nothing(self):
        os.unlink(os.path.join(self.world.scripts, "sacli"))
        out = self.run_it("--dry-run", "--google-authenticator", "off")
        sacli = '"%s/sacli"' % self.world.scripts
        for line in (sacli + ' --key %s "--value_file=%s" ConfigPut' % (
                KEY, self.world.installed("certify_post_auth_script.py")),
                sacli + " --key %s --value false ConfigPut" % TOTP, sacli + " start",
                "write " + self.world.installed("certify_web_api.py")):
            self.assertIn(line, out)
        self.assertIsNone(self.world.files())
        out = self.run_it("--dry-run", "--uninstall")
        self.assertIn("ConfigDel", out)

    def test_it_needs_no_root(self):
        self.run_it()
        os.chmod(self.world.base, 0o755)
        files = self.world.files()
        self.run_it("--dry-run", "--single-file", nobody=True)
        self.run_it("--dry-run", "--uninstall", nobody=True)
        self.assertIn("root", self.run_it(nobody=True, code=3))
        self.assertEqual(self.world.files(), files)


class TestSingleFile(Installing):
    def loaded(self):
        """The script as Access Server loads it: from a string, without a file."""
        text = self.world.script("running")
        text.encode("ascii")
        code = ("import sys; sys.path.insert(0, %r)\nmodule = type(sys)('script')\n"
                "exec(compile(sys.stdin.read(), '<string>', 'exec'), module.__dict__)\n"
                "web = module.sibling('certify_web_api')\nmade = web.Settings.of("
                "module.sibling('certify_constants'))\n"
                "print('%%s %%s' %% (made.url, made.prompt.encode('unicode_escape')))"
                % os.path.dirname(os.path.abspath(__file__)))
        process = subprocess.Popen([sys.executable, "-B", "-c", code], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, cwd="/")
        return process.communicate(text.encode("utf-8"))[0].decode("utf-8")

    def test_it_needs_no_other_file(self):
        self.world.fill(PROMPT=u'"Gr\u00fc\u00dfe \\"du\\": Code"')
        out = self.run_it("--single-file")
        self.assertIn("database", out)
        self.assertEqual(self.world.files(), {
            "certify_constants.py": "640", "certify_single_file.py": "600", "install.json": "600"})
        os.rename(self.world.package, self.world.package + ".away")
        found = self.loaded()
        self.assertIn(URL, found)
        self.assertIn('Gr\\xfc\\xdfe "du": Code', found.replace("\\\\", "\\"))

    def test_from_one_to_the_other_and_back(self):
        self.run_it()
        path = self.world.installed("certify_constants.py")
        self.world.write(path, self.world.text("certify_constants.py").replace(
            u'PROMPT = "Enter AuthX code"', u'PROMPT = "Code"'))
        self.run_it("--single-file")
        self.assertEqual(sorted(self.world.files()), [
            "certify_constants.py", "certify_single_file.py", "install.json"])
        self.run_it("--separate-files")
        self.assertIn('\nPROMPT = "Code"\n', self.world.text("certify_constants.py"))
        self.assertNotIn("certify_single_file.py", self.world.files())
        self.run_it("--uninstall")
        self.assertEqual((self.world.script(), self.world.files()), (None, None))

    def test_it_stays_so_with_the_settings_as_they_are_now(self):
        self.run_it("--single-file")
        path = self.world.installed("certify_constants.py")
        self.world.write(path, self.world.text("certify_constants.py").replace(
            u'PROMPT = "Enter AuthX code"', u'PROMPT = "Code"'))
        self.assertIn("--separate-files", self.run_it())
        self.assertIn("Code", self.loaded().split()[-1])
        self.assertIn("is installed", self.run_it("--check"))
        shutil.rmtree(self.world.folder)
        self.run_it()
        self.assertEqual(sorted(self.world.files()), [
            "certify_constants.py", "certify_single_file.py", "install.json"])
        self.assertIn("Code", self.loaded().split()[-1])

    def test_another_node_of_the_cluster(self):
        """It has the script, and no file; its package comes without the key."""
        self.run_it("--single-file")
        shutil.rmtree(self.world.folder)
        self.world.fill(APPLICATION_ID='""', DEFAULT_SECRET_KEY='""', APPLICATION_URL='""')
        self.run_it("--single-file")
        self.assertIn(URL, self.loaded())
        self.run_it("--uninstall")
        self.assertEqual((self.world.script(), self.world.files()), (None, None))

    def test_a_script_of_the_database_is_never_run(self):
        """Others than root may write there."""
        ran = os.path.join(self.world.base, "ran")
        act = u"__import__('os').mkdir('%s')" % ran
        for files in (u'{"certify_constants": %s or u""}' % act,
                      u'{"certify_constants": u"PROMPT = %s"}' % act, u'{"certify_constants":'):
            self.world.configured(script=u'AUTHX_FOLDER = ""\nSINGLE_FILE = %s\n' % files)
            self.assertIn("is not as install.py writes it", self.run_it(code=4))
        for line in (act, u"if 1: %s" % act):
            self.world.configured(script=u'AUTHX_FOLDER = ""\nSINGLE_FILE = '
                                  u'{"certify_constants": u"%s"}\n' % line)
            self.run_it()
        self.assertFalse(os.path.exists(ran))

    def test_the_package_unpacked_in_the_folder_itself(self):
        os.rename(self.world.package, self.world.folder)
        self.world.package = self.world.folder
        self.run_it()
        self.run_it()
        self.assertIn(URL, self.world.text("certify_constants.py"))
        self.run_it("--uninstall")
        self.assertEqual(list(self.world.files()), ["install.py"])
        self.run_it("--uninstall")


class TestAtATerminal(Installing):
    def test_what_is_missing_is_asked_and_the_key_not_shown(self):
        world = World()
        self.addCleanup(world.close)
        world.configured(users=USERS)
        world.env["SACLI_STATE"] = world.state
        pid, terminal = pty.fork()
        if not pid:
            os.environ.update(world.env)
            os.execv(sys.executable, world.command())
        seen = b""
        for wanted, typed in ((b"APPLICATION_ID:", "app_01k9zc3q8m4e2v7x5t0b6n1h9d"),
                              (b"APPLICATION_URL:", URL), (b"DEFAULT_SECRET_KEY:", AXK),
                              (b"(y/n)?", "y"), (b"sacli start", None)):
            while wanted not in seen:
                seen += os.read(terminal, 10000)
            time.sleep(0.2)
            os.write(terminal, (typed + "\n").encode() if typed else b"")
        self.assertEqual(os.waitpid(pid, 0)[1], 0, seen)
        os.close(terminal)
        self.assertNotIn(AXK.encode(), seen)
        self.assertIn(AXK, world.text("certify_constants.py"))
        self.assertEqual(world.access_server()["users"]["bob"]["prop_google_auth"], "false")
