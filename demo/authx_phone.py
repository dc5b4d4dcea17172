"""`authx-phone`, with somebody at its terminal: alice's phone, without a browser."""

import json
import os
import pty
import subprocess

from process import PATIENCE_SECS, Failed

WORDS = 4


class AuthxPhone:
    """One phone: a directory of accounts, as `authx-phone --store` keeps it."""

    def __init__(self, built, directory, name, certificate):
        self.program, self.name, self.certificate = built / "authx-phone", name, certificate
        self.store = directory / f"phone-{name}"

    def words(self, *arguments):
        return [str(self.program), "--store", str(self.store), *arguments]

    def enrol(self, link, password, compared):
        """Enrols at a terminal; `compared` says whether the words are those of the other side.

        Gives whether all was well, and what `authx-phone` said of it.
        """
        terminal = Terminal(self.words("enrol", link, "--name", self.name,
                                       "--ca-file", str(self.certificate)))
        if terminal.reads("Password: "):
            terminal.types(password)
        if terminal.reads("[y/N] "):
            terminal.types("y" if compared(four_words(terminal.text)) else "n")
        return terminal.end()

    def begin(self, *arguments):
        """Starts to answer a sign-in, once one waits."""
        command = self.words("--json", *arguments, "--wait", "20")
        return subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, answering):
        """What became of it."""
        said, complained = answering.communicate(timeout=PATIENCE_SECS)
        try:
            return json.loads(said)
        except ValueError:
            raise Failed(f"`authx-phone` answers nothing:\n{complained}") from None

    def answer(self, *arguments):
        return self.finish(self.begin(*arguments))

    def account(self):
        """What it keeps of its one account."""
        return json.loads((self.store / "phone.json").read_text())["accounts"][0]


class Terminal:
    """A program before a terminal, and what stands there so far."""

    def __init__(self, command):
        ours, theirs = pty.openpty()
        self.screen, self.text, self.answered = ours, "", 0
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                                        start_new_session=True)
        os.close(theirs)

    def reads(self, question):
        """Waits for a question; false when the program ended without asking it."""
        while not self.text.endswith(question):
            try:
                read = os.read(self.screen, 4_096)
            except OSError:
                # Linux says so when the last one who wrote has gone.
                return False
            if not read:
                return False
            self.text += read.decode(errors="replace").replace("\r\n", "\n")
        return True

    def types(self, line):
        self.answered = len(self.text)
        os.write(self.screen, f"{line}\n".encode())

    def end(self):
        """Waits for the end: whether all was well, and the first line after what was typed."""
        self.reads("\0")
        os.close(self.screen)
        done = self.process.wait(PATIENCE_SECS) == 0
        # The terminal shows what is typed, where it is no password.
        said = self.text[self.answered:].removeprefix("y\n").removeprefix("n\n")
        return done, said.strip().split("\n")[0]


def four_words(text):
    """The line of words in a text for people."""
    for line in text.splitlines():
        words = line.split()
        if len(words) == WORDS and line.startswith("    "):
            return words
    raise Failed(f"no four words in:\n{text}")
