# -*- coding: utf-8 -*-
"""What AuthX has to know on this VPN server. Read at the start of Access Server.

After a change here run `sudo python3 install.py` once more: it keeps what stands here, says whether
all of it is right, and restarts.
"""

# --- Of the application, from the AuthX portal ---------------------------------------------------

# Application ID: `app_` and 26 characters. Not a secret.
APPLICATION_ID = ""

# Application Key: `axk_` and 49 characters. A secret: who has it can ask AuthX in this server's
# name. Give each VPN server one of its own, so that each can be revoked alone.
DEFAULT_SECRET_KEY = ""

# Application URL: where AuthX is, as `https://mfa.example.com`.
APPLICATION_URL = ""

# --- Users ---------------------------------------------------------------------------------------

# The domain that is put behind user names which name none: with "corp.example" the user `alice`
# of Access Server is `alice@corp.example` for AuthX. `alice@home.example` and `CORP\alice` stay as
# they are. Empty: names are sent as they were typed.
DOMAIN_SUFFIX = ""

# The question. The words that this user may type, and the number for the phone, are put behind it.
PROMPT = "Enter AuthX code"

# --- Logins to the Admin UI ----------------------------------------------------------------------
# Those that Access Server calls WEB_ADMIN. For the VPN, on the client web page and by REST
# everybody is asked.

# "ask": they need a second factor like all others. "skip": they need none.
ADMIN_UI = "ask"

# Accounts that need none there, as ["openvpn"]: so that you get in while AuthX is away. Give them a
# long password.
ADMIN_EXEMPT = []

# --- The way to AuthX ----------------------------------------------------------------------------

# A file with the certificates (PEM) of the authority that AuthX's own certificate is from. Empty:
# those that this system trusts. It is checked in any case.
CA_FILE = ""

# Seconds for the connection, 1 to 30, and for a call as a whole with all its tries, 2 to 60.
CONNECT_SECS = 5
CALL_SECS = 10

# Seconds for which a login waits in Access Server for the answer of a phone, 0 to 30, and how many
# may do so at a time, 0 to 32: each holds one of Access Server's threads. Whoever is one too many,
# or not answered by then, is asked to type `ok` after the answer.
PHONE_SECS = 25
PHONE_LOGINS = 4

# What happens while AuthX cannot be reached. "refuse": nobody new gets in; who is connected stays.
# "allow": the first factor is enough, which whoever cuts the way to AuthX can bring about. Each
# such login is logged.
OUTAGE = "refuse"

# What this server is called on phones and in AuthX's log. Empty: its host name.
SERVER_NAME = ""
