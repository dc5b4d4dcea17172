"""A challenge on the wire, as the server writes it and as three clients read it.

The form is that of OpenVPN's doc/management-notes.txt ("Challenge/Response Protocol"). The limits
are what the clients' and the server's sources do: OpenVPN 2 (src/openvpn: push.c, ssl_pkt.c,
misc.c, manage.c), OpenVPN 3 (openvpn/auth/cr.hpp, openvpn/client/cliproto.hpp) and OpenVPN GUI
(openvpn.c, as.c). What one of them would cut, drop or take for something else is an
AssertionError.
"""

import base64
import collections
import re

# The server cuts `AUTH_FAILED,<reason>` and its NUL there (push.c: PUSH_BUNDLE_SIZE).
MESSAGE_BYTES = 1024
# A line of the management interface, by which a server program can refuse a client.
LINE_BYTES = 1023
# The password field of the clients that have most room (misc.h: USER_PASS_LEN with PKCS #11). The
# others have 128, which leaves 87 for an answer.
PASSWORD_BYTES = 4095

Challenge = collections.namedtuple("Challenge", "echo response state user text")


def to_bytes(text):
    """UTF-8, whatever kind of text it is."""
    return text if isinstance(text, bytes) else text.encode("utf-8")


def native(data):
    """The `str` of this Python."""
    return data if isinstance(data, str) else data.decode("utf-8")


def check_text(text, what):
    """A text for clients or for the log: one line that every part on the way passes on."""
    assert isinstance(text, (str, type(u""))), "%s is not a text: %r" % (what, text)
    if str is bytes and isinstance(text, type(u"")):
        assert all(ord(char) < 128 for char in text), (
            "%s is unicode that is not ASCII, on Python 2: %r" % (what, text))
    try:
        read = to_bytes(text).decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        raise AssertionError("OpenVPN 3 drops the connection, %s is not UTF-8: %r" % (what, text))
    bad = [char for char in read if ord(char) < 32 or 127 <= ord(char) < 160]
    assert not bad, "clients drop a message with control characters, %s: %r" % (what, text)


def check_reason(reason, client_reason):
    """Both texts of a refusal that is no challenge."""
    check_text(reason, "reason")
    if client_reason is None:
        return
    check_text(client_reason, "client_reason")
    for begin in ("TEMP", "SESSION", "CRV1:"):
        assert not client_reason.startswith(begin), (
            "clients take client_reason for something else: %r" % client_reason)
    assert "CRV1:" not in client_reason, (
        "OpenVPN GUI takes client_reason for a challenge: %r" % client_reason)
    assert client_reason == client_reason.lstrip(), (
        "OpenVPN 3 cuts spaces off client_reason: %r" % client_reason)
    check_length(reason, client_reason)


def check_length(reason, client_reason):
    """A refusal has to fit in one control message, and with its reason in one command."""
    message = len("AUTH_FAILED,") + len(to_bytes(client_reason)) + 1
    assert message <= MESSAGE_BYTES, "the server cuts off a message of %d bytes" % message
    line = len('client-deny 4294967295 255 "" ""') + len(to_bytes(reason + client_reason))
    assert line <= LINE_BYTES, "reason and client_reason make a command of %d bytes" % line


def render(state, user, text, echo):
    """The reason text that is a challenge."""
    flags = "R,E" if echo else "R"
    name = native(base64.b64encode(to_bytes(user)))
    return "CRV1:%s:%s:%s:%s" % (flags, state, name, native(to_bytes(text)))


def parse(reason):
    """A challenge, as all clients read it."""
    check_text(reason, "challenge")
    check_length("", reason)
    read = _openvpn3(reason)
    for name, other in (("OpenVPN 2", _openvpn2(reason)), ("OpenVPN GUI", _gui(reason))):
        assert other == read, "%s reads %r, OpenVPN 3 %r" % (name, other, read)
    return read


def _challenge(echo, response, state, user, text):
    return Challenge(echo, response, state, native(base64.b64decode(user)), text)


def _openvpn3(reason):
    parts = reason.lstrip().split(":", 4)
    assert len(parts) == 5 and parts[0] == "CRV1", "OpenVPN 3 does not parse %r" % reason
    flags = parts[1].split(",")
    return _challenge("E" in flags, "R" in flags, *parts[2:])


def _openvpn2(reason):
    assert reason.startswith("CRV1:"), "OpenVPN 2 sees no challenge in %r" % reason
    flags, state, user, text = reason[5:].split(":", 3)
    assert 0 < len(base64.b64decode(user)) < 128, "OpenVPN 2 cuts the user name"
    return _challenge("E" in flags, "R" in flags, state, user, text)


def _gui(reason):
    line = ">PASSWORD:Verification Failed: 'Auth' ['%s']" % reason
    found = line[line.index("CRV1:") + 5:line.index("']", line.index("CRV1:"))]
    # C's strtok passes over empty parts.
    parts = re.match(":*([^:]+):+([^:]+):+([^:]+):(.+)$", found)
    assert parts, "OpenVPN GUI does not parse %r" % reason
    flags, state, user, text = parts.groups()
    return _challenge("E" in flags, "R" in flags, state.replace("%", "_"), user, text)


def rest_answer(reason):
    """What the REST interface answers with HTTP status 401 (OpenVPN 3's doc/webauth.md)."""
    escaped = reason.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n'
            "  <Type>Authorization Required</Type>\n  <Synopsis>REST method failed</Synopsis>\n"
            "  <Message>%s (9007)</Message>\n</Error>\n" % escaped)


def parse_rest(answer):
    """A challenge from REST, as OpenVPN GUI reads it: it resolves no entities."""
    message = answer[answer.index("<Message>") + 9:answer.index("</Message>")]
    assert "&" not in message, "REST clients show entities: %r" % message
    assert message.endswith(" (9007)"), message
    return parse(message[:-len(" (9007)")])


def dynamic_password(state, answer):
    """The password by which a client answers a challenge."""
    password = "CRV1::%s::%s" % (state, native(to_bytes(answer)))
    assert len(to_bytes(password)) <= PASSWORD_BYTES, "no client can send such an answer"
    return password


def static_password(password, response):
    """The password of a client whose profile has a static challenge."""
    return "SCRV1:%s:%s" % tuple(
        native(base64.b64encode(to_bytes(part))) for part in (password, response))


def parse_dynamic(password):
    """State and answer, or None."""
    found = re.match("CRV1::([^:]+)::(.*)$", password, re.DOTALL)
    return found.groups() if found else None


def parse_static(password):
    """Password and response, or None for any other password."""
    parts = password.split(":")
    if len(parts) != 3 or parts[0] != "SCRV1":
        return None
    try:
        return tuple(native(base64.b64decode(part)) for part in parts[1:])
    except (TypeError, ValueError):
        return None
