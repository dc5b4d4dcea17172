"""The stand-in itself: loading, logins, sessions, threads, output."""

import os
import shutil
import sys
import tempfile
import threading
import time
import unittest

import access_server
from access_server import AccessServer, BrokenScript
from sample_scripts import MACHINE, ODD, OWN_PASSWORDS, SUM, TRIES, YEAR, doing

THIS_YEAR = str(time.gmtime().tm_year)


class Loading(unittest.TestCase):
    def test_a_script_comes_from_a_text_with_no_file_and_no_package(self):
        script = doing("print((PLACE, globals().get('__file__'), sys.modules.get(__name__)))",
                       "import inspect, sys\nPLACE = inspect.currentframe().f_code.co_filename")
        with AccessServer(script) as server:
            self.assertTrue(server.vpn("ann").allowed)
            self.assertEqual(server.log, "('<string>', None, None)\n")

    def test_the_verdicts_are_in_the_namespace_only_when_asked_for(self):
        with AccessServer(ODD, names_given=True) as server:
            self.assertTrue(server.vpn("anna").allowed)
            self.assertEqual(server.vpn("ann").client_reason, "odd")
        with AccessServer(ODD) as server:
            with self.assertRaises(AssertionError) as caught:
                server.vpn("ann")
            self.assertIn("NameError", str(caught.exception))

    def test_a_broken_script_is_a_clear_error(self):
        neither = "neither post_auth_cr nor post_auth"
        for script, what in (("def post_auth(:\n", "SyntaxError"), ("x = 1\n", neither),
                             ("import nothing_like_it\n", "nothing_like_it"),
                             ("post_auth = 1\n", neither)):
            with self.assertRaises(BrokenScript) as caught:
                AccessServer(script)
            self.assertIn(what, str(caught.exception))

    def test_the_names_are_read_once(self):
        script = doing("globals()['SYNCHRONOUS'] = True\nglobals()['post_auth_cr'] = None")
        with AccessServer(script) as server:
            self.assertTrue(server.vpn("ann").allowed and server.vpn("ann").allowed)
            self.assertFalse(server.synchronous)

    def test_post_auth_cr_comes_before_post_auth(self):
        script = doing("pass", head="def post_auth(*_):\n    raise ValueError\n")
        with AccessServer(script) as server:
            self.assertTrue(server.vpn("ann").allowed)

    def test_a_package_is_loaded_with_its_folder_written_in(self):
        folder = tempfile.mkdtemp()
        try:
            with open(os.path.join(folder, "certify_post_auth_script.py"), "w") as script:
                script.write('A = 1\nAUTHX_FOLDER = "/usr/local/openvpn_as/authx"\nB = 2\n')
            text = access_server.load_package(folder)
        finally:
            shutil.rmtree(folder)
        self.assertEqual(text, "A = 1\nAUTHX_FOLDER = %r\nB = 2\n" % folder)


class Logins(unittest.TestCase):
    def test_a_question_is_asked_and_answered(self):
        with AccessServer(SUM) as server:
            for login in (
                    server.vpn, server.web_client, server.admin_ui, server.rest, server.reauth):
                asked = login("ann")
                self.assertFalse(asked.allowed)
                self.assertTrue(asked.echo)
                first, second = asked.challenge.strip("?").split()[-3::2]
                self.assertTrue(asked.answer(str(int(first) + int(second))).allowed)
                self.assertEqual(login("ann").answer("x").client_reason, "wrong")
            self.assertEqual(server.log.count("\n"), 20)

    def test_a_static_response_comes_with_the_password(self):
        with AccessServer(YEAR) as server:
            self.assertEqual(server.static_challenge, "Which year is it?")
            self.assertTrue(server.static_challenge_echo)
            self.assertTrue(server.vpn("ann", static_response=THIS_YEAR).allowed)
            self.assertEqual(server.vpn("ann", static_response="").client_reason, "not this year")
            self.assertFalse(server.vpn("ann", "wrong", static_response=THIS_YEAR).called)
            asked = server.vpn("ann")
            self.assertFalse(asked.echo)
            self.assertTrue(asked.answer(THIS_YEAR).allowed)

    def test_the_script_is_not_called_after_a_wrong_password(self):
        with AccessServer(SUM, passwords={"ann": "secret"}) as server:
            self.assertTrue(server.vpn("ann", "secret").challenge)
            for user, password in (("ann", "primary"), ("ann", ""), ("bob", "secret")):
                refused = server.vpn(user, password)
                self.assertFalse(refused.called or refused.allowed or refused.client_reason)

    def test_a_script_may_do_the_first_factor(self):
        with AccessServer(OWN_PASSWORDS) as server:
            self.assertFalse(server.vpn("ann").allowed)
            self.assertTrue(server.vpn("ann", "of-the-script").allowed)

    def test_a_script_stores_properties(self):
        with AccessServer(MACHINE) as server:
            self.assertEqual(server.vpn("ann", hw_addr="one").properties, {"pvt_hw_addr": "one"})
            self.assertEqual(server.vpn("ann", hw_addr="one").properties, {})
            self.assertFalse(server.vpn("ann", hw_addr="two").allowed)
            self.assertFalse(server.vpn("bob", hw_addr=None).allowed)
            self.assertIsNone(server.vpn("ann", hw_addr="one").group)
        with AccessServer("GROUP_SELECT = True\n" + MACHINE, with_proplist=False) as server:
            self.assertEqual(server.vpn("ann").group, "staff")

    def test_a_certificate_is_told_about_as_far_as_asked_for(self):
        head = "def x509_track():\n    return ['CN', '+SHA1']\n"
        known = {"X509_0_CN": "ann", "X509_1_SHA1": "ab", "X509_0_O": "org", "tls_serial_0": "7"}
        script = doing("print(sorted(attributes['auth_parms']))", head)
        with AccessServer(script) as server:
            server.vpn("ann", attributes={"auth_parms": known})
            self.assertEqual(server.log, "['X509_0_CN', 'X509_1_SHA1', 'tls_serial_0']\n")

    def test_every_call_gets_dicts_of_its_own(self):
        script = doing("for given in (authcred, attributes, info, attributes['client_info']):\n"
                       "    assert 'left' not in given, given\n    given['left'] = True")
        with AccessServer(script) as server:
            info, attributes = {"auth_method": "ldap"}, {"more": []}
            for _ in range(2):
                server.vpn("ann", info=info, attributes=attributes)

    def test_what_is_optional_may_be_missing(self):
        script = doing("print(sorted(list(authcred) + list(attributes) + list(authret)))\n"
                       "print(authcred.get('client_ip_addr'))\n"
                       "assert authret.state is None\nauthret.state = 1")
        with AccessServer(script, with_proplist=False) as server:
            server.vpn("ann", address=None, client_info=None, hw_addr=None)
            server.admin_ui("ann", service=None, address=None)
            self.assertEqual(server.log.split("\n")[0::2][:2], [
                "['reason', 'status', 'user', 'username', 'vpn_auth']",
                "['reason', 'status', 'user', 'username']"])
            for address in ("198.51.100.7", "2001:db8::7", "127.0.0.1"):
                server.vpn("ann", address=address)
                self.assertEqual(server.log.split("\n")[-2], address)

    def test_the_bare_call_takes_everything_as_it_is(self):
        script = doing("print(sorted(authcred))\nprint(sorted(authret))\nprint(crstate.get('a'))")
        with AccessServer(script) as server:
            done = server.call({"username": "ann"}, {}, {}, {"status": 1}, {"a": 2})
            self.assertFalse(done.allowed)
            self.assertEqual(server.log, "['username']\n['status']\n2\n")


class Sessions(unittest.TestCase):
    def test_a_token_comes_with_a_vpn_login_and_passes_without_a_question(self):
        with AccessServer(TRIES) as server:
            self.assertFalse(server.session("ann").called)
            self.assertIsNone(server.vpn("ann").token)
            allowed = server.vpn("ann").answer("word")
            self.assertTrue(allowed.token and server.session("ann").allowed)
            self.assertFalse(server.session("ann", token=b"another").allowed)
            self.assertFalse(server.session("bob").allowed)
            self.assertIsNone(server.web_client("bob").answer("word").token)
            self.assertTrue(server.rest("bob").answer("word").token)
            with AccessServer(ODD, sessions=server.sessions, names_given=True) as restarted:
                self.assertFalse(restarted.session("ann").allowed)
                self.assertTrue(restarted.session("ann").called)

    def test_an_autologin_has_a_certificate_and_no_session(self):
        script = doing("print(sorted(authcred))\n"
                       "print(authret['common_name'] + info['auth_method'])")
        with AccessServer(script) as server:
            done = server.autologin("ann")
            self.assertTrue(done.allowed)
            self.assertTrue("serial" in done.authret and "serial_list" in done.authret)
            self.assertIsNone(done.token)
            self.assertEqual(server.log, "['client_hw_addr', 'client_ip_addr', 'username']\n"
                                         "ann_AUTOLOGINautologin\n")


class Threads(unittest.TestCase):
    def test_scripts_run_in_a_few_threads(self):
        script = doing("with LOCK:\n    RUNNING.append(1)\n    print(len(RUNNING))\n"
                       "time.sleep(0.1)\nwith LOCK:\n    RUNNING.pop()",
                       head="import threading, time\nLOCK, RUNNING = threading.Lock(), []\n")
        with AccessServer(script, threads=3) as server:
            results = []
            callers = [threading.Thread(target=lambda: results.append(server.vpn("ann").allowed))
                       for _ in range(9)]
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join()
            self.assertEqual(results, [True] * 9)
            self.assertEqual(max(server.log.split()), "3")

    def test_a_script_that_blocks_the_server_may_not_sleep(self):
        for lines in ("time.sleep(0.01)", "end = time.time() + 1.1\nwhile time.time() < end: pass"):
            with AccessServer(doing(lines, head="import time\nSYNCHRONOUS = True")) as server:
                with self.assertRaises(AssertionError) as caught:
                    server.vpn("ann")
                self.assertIn("SYNCHRONOUS", str(caught.exception))

    def test_a_hanging_script_is_noticed(self):
        with AccessServer(doing("time.sleep(0.5)", head="import time"), hang_secs=0.05) as server:
            with self.assertRaises(AssertionError) as caught:
                server.vpn("ann")
            self.assertIn("hangs", str(caught.exception))

    def test_output_goes_to_the_log_of_the_server_whole(self):
        script = doing("for _ in range(20):\n    sys.stdout.write(authcred['username'])\n"
                       "    time.sleep(0.0005)\n    print('.')\n"
                       "other = threading.Thread(target=lambda: print_it('thread'))\n"
                       "other.start()\nother.join()",
                       head="import sys, threading, time\ndef print_it(text):\n    print(text)\n")
        before = sys.stdout, sys.stderr
        servers = [AccessServer(script) for _ in range(2)]
        callers = [threading.Thread(target=server.vpn, args=(name % number,))
                   for number, server in enumerate(servers) for name in ("a%d", "b%d", "c%d")]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        for server in servers:
            server.close()
        for number, server in enumerate(servers):
            lines = sorted(["%s%d." % (name, number) for name in "abc"] * 20 + ["thread"] * 3)
            self.assertEqual(sorted(server.log.split()), lines)
        self.assertEqual((sys.stdout, sys.stderr), before)


class Returned(unittest.TestCase):
    def test_both_shapes_are_taken(self):
        for result in ("authret", "(authret, {})", "(authret, {'pvt_a': 'b'})"):
            with AccessServer(doing("pass", result=result)) as server:
                self.assertTrue(server.vpn("ann").allowed)

    def test_anything_else_is_not(self):
        for lines, result in (
                ("pass", "None"), ("pass", "dict(authret)"), ("pass", "True"),
                ("pass", "(authret, {}, {})"), ("pass", "[authret, {}]"),
                ("pass", "(authret, None)"),
                ("pass", "(authret, {'a': 1})"), ("del authret['status']", "authret"),
                ("authret['status'] = 2", "authret"), ("authret['status'] = 'FAIL'", "authret"),
                ("authret['status'] = False", "authret"),
                ("authret['proplist'] = {'a': []}", "authret"),
                ("authret['reason'] = ValueError('x')", "authret"),
                ("authret['client_reason'] = 7", "authret")):
            with AccessServer(doing(lines, result=result)) as server:
                with self.assertRaises(AssertionError):
                    server.vpn("ann")

    def test_no_exception_gets_out(self):
        for raised in ("ValueError('x')", "KeyError('x')", "SystemExit(0)", "KeyboardInterrupt()"):
            for synchronous in ("True", "False"):
                script = doing("raise %s" % raised, head="SYNCHRONOUS = %s" % synchronous)
                with AccessServer(script) as server:
                    with self.assertRaises(AssertionError) as caught:
                        server.vpn("ann")
                    self.assertIn('File "<string>"', str(caught.exception))
                    with self.assertRaises(AssertionError):
                        server.vpn("ann")
