"""The portal: alice looks after her company there, by what a browser without scripts does."""

import html
import http.cookiejar
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request

from authx import PASSWORD
from process import Failed, say

TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')


class Browser:
    """Cookies, forms, and nothing else."""

    def __init__(self, authx):
        self.authx, self.token = authx, ""
        trust = ssl.create_default_context(cafile=authx.certificate)
        self.open = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trust),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open

    def get(self, path):
        return self.load(urllib.request.Request(self.authx.url + path))

    def post(self, path, **fields):
        form = urllib.parse.urlencode({"_csrf": self.token, **fields}).encode()
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.authx.url}
        return self.load(urllib.request.Request(self.authx.url + path, form, headers))

    def load(self, request):
        """Gives where the way ended, and the page."""
        try:
            with self.open(request, timeout=20) as answer:
                text, at = answer.read().decode(), urllib.parse.urlsplit(answer.geturl()).path
        except urllib.error.HTTPError as answer:
            text, at = answer.read().decode(), f"{answer.code}"
        found = TOKEN.search(text)
        self.token = found.group(1) if found else self.token
        return at, text


def tell(story, authx, alice):
    say("alice becomes the owner of her company and signs in to the portal:")
    say("    operator: " + authx.command("portal", "role", "alice", "owner", "--keep-factors").strip())
    browser = Browser(authx)
    browser.get("/sign-in")
    begun = time.perf_counter()
    at, page = browser.post("/sign-in", name="alice", password=PASSWORD)
    if at != "/sign-in/confirm":
        raise Failed(f"the portal does not ask alice for a second factor: {at}\n{heading(page)}")
    at, page = browser.post("/sign-in/confirm", code=alice.code())
    outcome = "allowed" if at in ("/dashboard", "/me") else f"refused:{at}"
    story.login("alice", "code", "portal", outcome, 1_000 * (time.perf_counter() - begun), "allowed")
    say(f"    portal: {heading(page)}")
    at, page = browser.get("/me")
    say(f"    portal: {heading(page)}")
    at, page = Browser(authx).get("/users")
    if at != "/sign-in":
        raise Failed(f"a stranger sees {at} of the portal")


def heading(page):
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    return html.unescape(found.group(1).strip()) if found else "a page without a heading"
