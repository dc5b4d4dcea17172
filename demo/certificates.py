"""A certificate authority of the demo's own, on ECDSA P-256, by the command `openssl`."""

from process import run

EXTENSIONS = """
[req]
distinguished_name = name
prompt = no
[name]
CN = replaced
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[server]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[client]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
"""


class Authority:
    """Certifies a server and clients."""

    def __init__(self, directory):
        self.directory = directory
        (directory / "openssl.cnf").write_text(EXTENSIONS)
        self.make("authority", "authority")
        self.certificate = directory / "authority.crt"

    def certify(self, name, kind):
        """The lines of a configuration that name a new certificate and its key, inline."""
        self.make(name, kind, "-CA", self.certificate, "-CAkey", self.directory / "authority.key")
        certificate, key = (
            (self.directory / f"{name}.{ending}").read_text() for ending in ("crt", "key"))
        return f"<cert>\n{certificate}</cert>\n<key>\n{key}</key>\n"

    def make(self, name, kind, *more):
        run(["openssl", "req", "-x509", "-config", self.directory / "openssl.cnf",
             "-extensions", kind, "-subj", f"/CN={name}", "-days", "30", "-nodes",
             "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-keyout", self.directory / f"{name}.key",
             "-out", self.directory / f"{name}.crt", *more])
