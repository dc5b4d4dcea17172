"""The files that are installed: what each has to be so that every Python takes it."""

import ast
import io
import os
import sys
import sysconfig
import unittest
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
SIBLINGS = ("certify_constants", "certify_post_auth_script", "certify_web_api")
FILES = tuple(name + ".py" for name in SIBLINGS) + ("install.py",)
# Access Server's own.
PRODUCT = ("pyovpn",)
# Modules that the other of the two Pythons calls otherwise: what stands in for which.
RENAMED = {
    "ConfigParser": "configparser", "Cookie": "http", "HTMLParser": "html", "Queue": "queue",
    "SocketServer": "socketserver", "StringIO": "io", "cStringIO": "io", "httplib": "http",
    "thread": "_thread", "urllib2": "urllib", "urlparse": "urllib",
}


def text_of(name):
    with io.open(os.path.join(PACKAGE, name), encoding="utf-8", newline="") as file:
        return file.read()


def compiled(name):
    """The file's syntax tree; what this Python only warns of is a mistake, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = str(text_of(name))
        compile(text, name, "exec", dont_inherit=True)
        return ast.parse(text, name)


def imported(tree):
    """The top-level names of all that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else node.module.split(".")[0]


def in_standard_library(name):
    """Whether this Python brings the module along, however it was installed."""
    if name in sys.builtin_module_names or name in getattr(sys, "stdlib_module_names", ()):
        return True
    folder = sysconfig.get_path("stdlib")
    # What pip installs lies below it, not in it.
    places = [place for place in (folder, os.path.join(folder, "lib-dynload"))
              if os.path.isdir(place)]
    return name in [file.split(".")[0] for place in places for file in os.listdir(place)]


class EveryFile(unittest.TestCase):
    def test_is_there(self):
        for name in FILES:
            self.assertTrue(os.path.isfile(os.path.join(PACKAGE, name)), name)

    def test_compiles_without_a_warning(self):
        for name in FILES:
            compiled(name)

    def test_is_plain_ascii_with_unix_lines(self):
        for name in FILES:
            text = text_of(name)
            for number, line in enumerate(text.split("\n"), 1):
                place = "%s:%d: " % (name, number)
                # Access Server hands a script on as it is; no coding line would reach Python.
                self.assertTrue(all(" " <= letter <= "~" for letter in line), place + repr(line))
                self.assertEqual(line, line.rstrip(), place + "blanks at the end")
                self.assertLessEqual(len(line), 100, place + "too long")
            self.assertTrue(text.endswith("\n"), name)

    def test_takes_nothing_from_the_future(self):
        # A script that is folded into another one no longer begins with it.
        for name in FILES:
            self.assertNotIn("__future__", list(imported(compiled(name))), name)

    def test_imports_the_standard_library_only(self):
        for name in FILES:
            for module in imported(compiled(name)):
                known = module in SIBLINGS + PRODUCT or in_standard_library(module)
                other = RENAMED.get(module) or module in RENAMED.values()
                self.assertTrue(known or other, "%s imports %s" % (name, module))

    def test_a_foreign_import_would_be_noticed(self):
        tree = ast.parse("import os.path, requests\ndef f():\n    from simplejson import loads\n")
        foreign = [name for name in imported(tree) if not in_standard_library(name)]
        self.assertEqual(foreign, ["requests", "simplejson"])


if __name__ == "__main__":
    unittest.main()
