"""install.py, with a stand-in for sacli that follows the vendor's documents."""

import grp
import io
import json
import os
import sys
import time
import unittest

import fake_authx
from installing import AXK, ID, TOTP, URL, Installing, World

PACKAGE = {"certify_constants.py": "640", "certify_post_auth_script.py": "640",
           "certify_web_api.py": "640", "install.json": "600"}
FOREIGN = u"def post_auth(*_):\n    pass  # \u00e4\n"


class TestInstall(Installing):
    def test_the_steps_in_order(self):
        out = self.run_it()
        self.assertEqual(self.world.commands(), ["ConfigPut certify_post_auth_script.py", "start"])
        self.assertEqual(self.world.files(), PACKAGE)
        self.assertEqual(self.world.script("running"),
                         self.world.text("certify_post_auth_script.py"))
        self.assertIn('\nAUTHX_FOLDER = "%s"\n' % self.world.folder, self.world.script())
        for told in ("AuthX 9.8.7 answers at " + URL, "code, push", "test user", "ConfigDel"):
            self.assertIn(told, out)

    def test_running_twice_changes_nothing(self):
        self.run_it()
        before = self.world.script(), self.world.text("certify_constants.py")
        self.run_it()
        self.assertEqual((self.world.script(), self.world.text("certify_constants.py")), before)
        self.assertEqual(self.world.files(), PACKAGE)

    def test_each_change_of_a_file_changes_the_script(self):
        """Or a restart by `start` might leave the service as it is."""
        self.run_it()
        scripts = [self.world.script()]
        path = self.world.installed("certify_constants.py")
        self.world.write(path, self.world.text("certify_constants.py").replace(
            u"PHONE_SECS = 25", u"PHONE_SECS = 20"))
        self.run_it()
        scripts.append(self.world.script())
        with io.open(self.world.in_package("certify_web_api.py"), "a") as file:
            file.write(u"# newer\n")
        self.run_it()
        scripts.append(self.world.script())
        self.assertEqual(len(set(scripts)), 3)

    def test_owners_and_modes(self):
        os.mkdir(self.world.folder)
        os.chmod(self.world.folder, 0o755)
        self.run_it("--group", "daemon")
        group = grp.getgrnam("daemon").gr_gid
        at = os.stat(self.world.folder)
        self.assertEqual((at.st_uid, at.st_gid, at.st_mode & 0o7777), (0, group, 0o750))
        at = os.stat(self.world.installed("certify_constants.py"))
        self.assertEqual((at.st_uid, at.st_gid), (0, group))
        self.assertEqual(os.stat(self.world.installed("install.json")).st_gid, 0)

    def test_the_group_is_the_one_in_as_conf(self):
        os.mkdir(os.path.join(self.world.base, "etc"))
        path = os.path.join(self.world.base, "etc", "as.conf")
        self.world.write(path, u"# cs.group=no\ncs.user=bin\ncs.group=daemon\n")
        self.run_it(no_group=True)
        self.assertEqual(os.stat(self.world.folder).st_gid, grp.getgrnam("daemon").gr_gid)

    def test_a_group_that_is_not_there(self):
        out = self.run_it("--group", "nowhere", code=3)
        self.assertIn("--group", out)
        self.assertEqual((self.world.commands(), self.world.files()), ([], None))

    def test_admin_and_reset(self):
        self.run_it("-a", "boss", "--reset")
        commands = self.world.access_server()["commands"]
        self.assertTrue(all(words[:2] == ["-a", "boss"] for words in commands), commands)
        self.assertEqual(commands[-1][-1], "Reset")

    def test_options_fill_what_is_empty(self):
        world = World()
        self.addCleanup(world.close)
        key, authority = os.path.join(world.base, "the key"), os.path.join(world.base, "ca file")
        world.write(key, AXK + u"\n")
        world.write(authority, u"-----BEGIN CERTIFICATE-----\n")
        code = world.install("--application-id", ID, "--application-url", URL, "--domain-suffix",
                             "corp.example", "--application-key-file", key, "--ca-file", authority,
                             "--admin-exempt", "openvpn", "--admin-exempt", "j\xc3\xb6rg"
                             if sys.version_info[0] == 2 else "j\xf6rg")
        self.assertEqual(code, 0, world.out)
        text = world.text("certify_constants.py")
        for line in ('DEFAULT_SECRET_KEY = "%s"' % AXK, 'DOMAIN_SUFFIX = "corp.example"',
                     'ADMIN_EXEMPT = ["openvpn", u"j\\xf6rg"]',
                     'CA_FILE = "%s"' % world.installed("authx_ca.pem")):
            self.assertIn("\n%s\n" % line, text)
        self.assertEqual(world.files()["authx_ca.pem"], "640")
        self.assertEqual(world.install(), 0, world.out)
        self.assertIn("authx_ca.pem", world.files())

    def test_without_a_terminal_nothing_is_asked(self):
        self.world.fill(DEFAULT_SECRET_KEY='""')
        self.assertIn("DEFAULT_SECRET_KEY is empty", self.run_it(code=4))
        self.world.fill(DEFAULT_SECRET_KEY='"%s"' % AXK, OUTAGE='"alow"')
        self.assertIn("OUTAGE", self.run_it(code=4))
        self.world.fill(OUTAGE="allow it")
        self.assertIn("certify_constants.py", self.run_it(code=4))
        self.assertEqual((self.world.commands(), self.world.files()), ([], None))


class TestChecks(Installing):
    def test_each_failure_has_its_code_and_changes_nothing(self):
        failures = (
            (5, "Away('u: no answer within 8 s. The name x is not resolved (y)')"),
            (6, "Away('u: no answer within 8 s. No connection to x')"),
            (7, "Wrong('the certificate of x is not trusted: name the file in CA_FILE (y)')"),
            (9, "Wrong('u does not accept the Application Key (y)')"),
            (8, "Problem(401, 'clock', 'y')"),
            (11, "Wrong('u redirects to v')"),
            (11, "Problem(500, 'fault', 'y')"))
        for code, fault in failures:
            self.world.authx_says(fault=fault)
            self.run_it(*["--check"] * (code % 2), code=code)
        self.assertEqual((self.world.commands(), self.world.files()), ([], None))
        self.run_it("--no-check")
        self.assertEqual(self.world.files(), PACKAGE)

    def test_a_wrong_clock(self):
        self.world.authx_says(ahead=-3600)
        self.assertIn("clock is +36", self.run_it(code=8))

    def test_a_policy_that_does_not_let_access_server_vouch(self):
        self.world.authx_says(kinds=["password"])
        out = self.run_it(code=10)
        self.assertIn('above the first [...]: first_factors = ["password", "access_server"]', out)
        self.assertIn("authx policy set policy.toml --application ", out)

    def test_what_becomes_of_autologin_profiles_is_said(self):
        for policy, words in (("refuse", "are refused"), ("push", "wait for the phone"),
                              ("allow", "without a second factor")):
            self.world.authx_says(autologin=policy)
            self.assertIn("Autologin profiles", self.run_it("--check"))
            self.assertIn(words, self.run_it("--check"))
        for unknown in ({}, {"autologin": None}, {"autologin": "ask"}):
            self.world.authx_says(**unknown)
            self.assertNotIn("utologin", self.run_it("--check"))

    def test_check_alone(self):
        self.run_it("--check")
        self.assertEqual((self.world.commands(), self.world.files()), ([], None))
        self.run_it()
        self.assertIn("is installed", self.run_it("--check"))
        self.world.commands()
        os.unlink(self.world.installed("certify_web_api.py"))
        self.assertIn("certify_web_api.py", self.run_it("--check", code=13))
        self.assertEqual(self.world.commands(), [])
        self.world.configured(script=FOREIGN)
        self.run_it("--check", code=12)

    def test_check_of_what_was_installed_by_hand(self):
        self.run_it()
        os.unlink(self.world.installed("install.json"))
        self.assertIn("AuthX is installed", self.run_it("--check"))
        self.world.configured(script=FOREIGN)
        self.run_it("--check", code=12)

    def test_what_is_missing_is_named(self):
        self.assertIn("--scripts", self.run_it("--scripts", "/nowhere", code=3))
        os.unlink(self.world.in_package("certify_web_api.py"))
        self.assertIn("certify_web_api.py", self.run_it(code=3))

    def test_what_can_be_wrong_on_the_way(self):
        """With the real calls, so that what they say is what is looked for."""
        world, authx = World(has_network=True).filled(), fake_authx.FakeAuthX()
        other = fake_authx.FakeAuthX("other_name")
        for each in (world, authx, other):
            self.addCleanup(each.close)
        trusted = ["--ca-file", fake_authx.certificates("authority")[0]]
        told = json.loads(world.env["AUTHX_SAYS"])
        good = fake_authx.sends(200, told)
        refused = fake_authx.unsigned(401, {"code": "signature", "detail": "another key"})
        cases = ((0, authx.url, trusted, good), (7, authx.url, [], good),
                 (7, other.url, trusted, good), (7, authx.url, trusted, fake_authx.no_tls),
                 (9, authx.url, trusted, refused), (11, authx.url, trusted, fake_authx.garbage),
                 (11, authx.url, trusted, fake_authx.redirect(302)),
                 (4, authx.url, ["--ca-file", "/nowhere.pem"], good),
                 (5, "https://authx.invalid", [], good), (6, "https://127.0.0.1:1", [], good),
                 (6, authx.url, trusted, fake_authx.drip_body))
        for code, url, words, behaviour in cases:
            authx.then(behaviour)
            begun = time.time()
            found = world.install("--check", "--application-url", url, *words)
            self.assertEqual(found, code, (url, words, world.out))
            self.assertEqual("--ca-file FILE" in world.out, code == 7 and not words, world.out)
            self.assertLess(time.time() - begun, 10)


class TestPrevious(Installing):
    def test_it_is_saved_and_comes_back(self):
        self.world.configured(script=FOREIGN)
        self.run_it()
        self.run_it()
        self.assertEqual(self.world.text("previous_script.py"), FOREIGN)
        self.assertEqual(self.world.files(), dict(PACKAGE, **{"previous_script.py": "600"}))
        self.world.commands()
        self.run_it("--uninstall")
        self.assertEqual(self.world.commands(), ["ConfigPut previous_script.py", "start"])
        self.assertEqual((self.world.script(), self.world.script("running")), (FOREIGN, FOREIGN))
        self.assertIsNone(self.world.files())

    def test_without_one_none_comes_back(self):
        self.run_it()
        self.world.commands()
        os.mkdir(self.world.installed("__pycache__"))
        for name in ("__pycache__/certify_constants.cpython-38.pyc", "certify_constants.pyc"):
            self.world.write(self.world.installed(name), AXK + u"")
        self.run_it("--uninstall")
        self.assertEqual(self.world.commands(), ["ConfigDel", "start"])
        self.assertIsNone(self.world.files())
        self.run_it("--uninstall")
        self.assertEqual(self.world.commands(), [])

    def test_anothers_script_set_since_then_stays(self):
        self.run_it()
        self.world.configured(script=FOREIGN)
        self.run_it("--uninstall")
        self.assertEqual(self.world.commands(), ["start"])
        self.assertEqual(self.world.script(), FOREIGN)
        self.assertIsNone(self.world.files())

    def test_what_is_the_operators_stays(self):
        self.run_it()
        self.world.write(self.world.installed("our notes"), u"")
        self.run_it("--uninstall")
        self.assertEqual(list(self.world.files()), ["our notes"])

    def test_an_uninstallation_that_fails_can_be_repeated(self):
        self.world.configured(script=FOREIGN)
        self.run_it()
        self.run_it("--uninstall", fails={"ConfigPut": "lie"}, code=12)
        self.run_it("--uninstall", fails={"start": "exit"}, code=12)
        self.assertIn("certify_constants.py", self.world.files())
        self.run_it("--uninstall")
        self.assertEqual((self.world.script("running"), self.world.files()), (FOREIGN, None))


class TestTotp(Installing):
    USERS = {"__DEFAULT__": {"prop_google_auth": "true"}, "a b": {"prop_google_auth": "true"},
             "carl": {"prop_google_auth": "false"}, "dora": {"type": "user_connect"}}

    def totp(self):
        state = self.world.access_server()
        return [state["config"].get(TOTP)] + [
            state["users"].get(name, {}).get("prop_google_auth")
            for name in ("__DEFAULT__", "a b", "carl", "dora")]

    def test_off_and_back(self):
        self.world.configured(users=self.USERS, totp="true")
        before = self.totp()
        self.run_it("--google-authenticator", "off")
        self.assertEqual(self.totp(), ["false", "false", "false", "false", None])
        self.run_it("--google-authenticator", "off")
        self.run_it("--uninstall")
        self.assertEqual(self.totp(), before)

    def test_without_a_terminal_it_is_kept_and_told(self):
        self.world.configured(users=self.USERS, totp="true")
        out = self.run_it()
        self.assertIn("all, __DEFAULT__, a b", out)
        self.assertIn("asked twice", out)
        self.assertEqual(self.totp(), ["true", "true", "true", "false", None])

    def test_for_one_user(self):
        self.world.configured(users=self.USERS, totp="true")
        self.run_it("--google-user", "a b", "--google-user", "dora")
        self.assertEqual(self.totp(), ["true", "true", "false", "false", "false"])
        self.run_it("--uninstall")
        self.assertEqual(self.totp(), ["true", "true", "true", "false", None])

    def test_what_was_changed_since_stays(self):
        self.world.configured(users={}, totp="true")
        self.run_it("--google-authenticator", "off")
        self.world.configured(users={}, script=self.world.script())
        self.run_it("--uninstall")
        self.assertNotIn(TOTP, self.world.access_server()["config"])


if __name__ == "__main__":
    unittest.main()
