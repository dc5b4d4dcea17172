"""What install.py has set, as Access Server runs it: from its database, without a file's name."""

import os
import shutil

import fake_authx
from access_server import AccessServer
from installing import Installing, World

QUESTION = {"id": "log_01k9zc3r5y7w2g8j4s6p0f3a1c", "version": 1, "state": "awaiting_input",
            "user": "alice", "support_code": "K7QF2M",
            "prompt": {"text": "Enter AuthX code", "echo": True,
                       "offers": [{"word": "code", "factor": "code", "hint": ""}]}}


class TestLogin(Installing):
    def setUp(self):
        self.world, self.authx = World(has_network=True).filled(), fake_authx.FakeAuthX()
        self.authx.then(fake_authx.sends(200, QUESTION))
        for each in (self.world, self.authx):
            self.addCleanup(each.close)
        self.words = ["--no-check", "--application-url", self.authx.url, "--ca-file",
                      fake_authx.certificates("authority")[0]]

    def login(self):
        """Of alice, by what Access Server read when it was started."""
        server = AccessServer(self.world.script("running"))
        try:
            outcome = server.vpn("alice")
            return outcome, server.log
        finally:
            server.close()

    def test_with_the_files_beside(self):
        self.run_it(*self.words)
        shutil.rmtree(self.world.package)
        self.assertEqual(self.login()[0].challenge, "Enter AuthX code.")
        self.assertEqual(len(self.authx.requests), 1)

    def test_with_one_of_them_gone(self):
        self.run_it(*self.words)
        os.unlink(self.world.installed("certify_web_api.py"))
        outcome, log = self.login()
        self.assertFalse(outcome.allowed or outcome.challenge)
        self.assertIn(self.world.installed("certify_web_api.py"), log)
        self.assertIn("install.py", log)

    def test_alone(self):
        self.run_it("--single-file", *self.words)
        shutil.rmtree(self.world.package)
        os.unlink(self.world.installed("certify_single_file.py"))
        self.assertEqual(self.login()[0].challenge, "Enter AuthX code.")

    def test_after_it_was_taken_away(self):
        self.run_it(*self.words)
        self.run_it("--uninstall")
        self.assertIsNone(self.world.script("running"))
