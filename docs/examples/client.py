#!/usr/bin/env python3
"""A whole AuthX client, on nothing but Python's standard library.

    AUTHX_URL=https://mfa.example.com AUTHX_APP=app_… AUTHX_KEY=axk_… client.py [USER CODE]

With USER and CODE it asks for the password (or reads it from standard input) and prints the verdict:
it ends with 0 when the user is let in, with 1 when not, and with an error when there is no verdict
to be trusted. With neither it changes nothing and prints what the server says of id and key.
"""
import base64, getpass, hashlib, hmac, http.client, json, os, secrets, sys, time, urllib.parse  # noqa: E401

CLIENT = "authx-example/1.0"


def call(origin, app, key, method, target, body=b""):
    """Makes one signed call; gives status and JSON only when the answer's signature is right."""
    secret = base64.urlsafe_b64decode(key[4:47] + "=")
    digest = lambda content: f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
    sign = lambda *base: f":{base64.b64encode(hmac.digest(secret, chr(10).join(base).encode(), 'sha256')).decode()}:"
    url, (path, _, query) = urllib.parse.urlsplit(origin), target.partition("?")
    covered = '("@method" "@authority" "@path" "@query" "content-digest" "authx-client")'
    params = (f'{covered};created={int(time.time())};nonce="{secrets.token_urlsafe(16)}"'
              f';keyid="{app}";alg="hmac-sha256";tag="authx-app-1"')
    signature = sign(f'"@method": {method}', f'"@authority": {url.netloc.lower().removesuffix(":443")}',
                     f'"@path": {path}', f'"@query": ?{query}', f'"content-digest": {digest(body)}',
                     f'"authx-client": {CLIENT}', f'"@signature-params": {params}')
    connection = http.client.HTTPSConnection(url.netloc, timeout=60)
    connection.request(method, target, body, {
        "AuthX-Client": CLIENT, "Content-Type": "application/json", "Content-Digest": digest(body),
        "Signature-Input": f"authx={params}", "Signature": f"authx={signature}"})
    answer = connection.getresponse()
    content, (params, got) = answer.read(), (answer.headers.get(name, "").removeprefix("authx=")
                                             for name in ("Signature-Input", "Signature"))
    right = sign(f'"@status": {answer.status}', f'"content-digest": {digest(content)}',
                 f'"signature";req;key="authx": {signature}', f'"@signature-params": {params}')
    if not hmac.compare_digest(got, right) or not params.startswith('("@status" "content-digest" "signature";req;key="authx");'):
        raise SystemExit(f"no verdict: an answer ({answer.status}) without AuthX's signature: {content[:300]!r}")
    return answer.status, json.loads(content)


def login_id():
    """The caller makes the id, so that asking again after a broken connection begins nothing twice."""
    number = time.time_ns() // 1_000_000 << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return "log_" + "".join("0123456789abcdefghjkmnpqrstvwxyz"[number >> 5 * place & 31] for place in reversed(range(26)))


if __name__ == "__main__":
    host = [os.environ[f"AUTHX_{name}"] for name in ("URL", "APP", "KEY")]
    if len(sys.argv) == 1:
        status, check = call(*host, "GET", "/api/v1/check")
        print(json.dumps(check, indent=2))
        sys.exit(0 if status == 200 else 1)
    user, code = sys.argv[1:]
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    status, login = call(
        *host, "PUT", f"/api/v1/logins/{login_id()}",
        json.dumps({
            "user": user, "first_factor": {"kind": "password", "password": password}, "answer": code,
            "support_code": "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(6)),
        }).encode())
    reason = login.get("reason") or {"code": login.get("code", ""), "text": login.get("detail", "")}
    print(login.get("state", status), reason["code"], reason["text"])
    sys.exit(0 if status == 200 and login["state"] == "allowed" else 1)
