"""Makes the vectors of what AuthX stores from its documentation alone, with other people's
cryptography, and compares them with those in crates/authx-core/vectors/.

    pip install cryptography==50.0.2 pyhpke==0.6.5
    python tests/vectors/stored.py            # compares; exits with 1 if one differs
    python tests/vectors/stored.py --write    # writes them anew
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey, KEMKeyPair

VECTORS = pathlib.Path(__file__).parents[2] / "crates/authx-core/vectors"


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(key, info):
    return HKDFExpand(hashes.SHA256(), 32, info).derive(key)


def u64(number):
    return struct.pack(">Q", number)


def fields(label, *rest):
    """Each field behind its length; an absent one is the length 2^64-1."""
    absent = b"\xff" * 8
    return b"".join(absent if f is None else u64(len(f)) + f for f in (label, *rest))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def secret_text(prefix, secret):
    text = prefix + base64url(secret)
    return text + base64url(sha256(text.encode())[:4])


def tenant_id(raw):
    alphabet, number = "0123456789abcdefghjkmnpqrstvwxyz", int.from_bytes(raw, "big")
    return "ten_" + "".join(alphabet[number >> 5 * i & 31] for i in reversed(range(26)))


def seal():
    def sealed(root, context, nonce, plain):
        header = b"\1" + expand(root, fields(b"authx key id"))[:4]
        cipher = AESGCM(expand(root, context))
        return header + nonce + cipher.encrypt(nonce, plain, header + context)

    master, data_key = sha256(b"master"), sha256(b"data")
    tenant = bytes.fromhex("019abcdef0127345899abcdef0123456")
    row, plain = bytes(range(16)), b"JBSWY3DPEHPK3PXP"
    place = fields(b"authx place", tenant, b"factor", b"record", row)
    fingerprint_key = expand(data_key, fields(b"authx fingerprint", b"recovery code"))
    wrapped = sealed(master, fields(b"authx data key", tenant), bytes(range(12)), data_key)
    return {
        "master_key": secret_text("axm_", master),
        "tenant": tenant_id(tenant),
        "data_key": data_key.hex(),
        "wrapped_data_key": wrapped.hex(),
        "table": "factor",
        "column": "record",
        "row": row.hex(),
        "plain": plain.decode(),
        "sealed": sealed(data_key, place, bytes(range(12, 24)), plain).hex(),
        "label": "recovery code",
        "fingerprint": mac(fingerprint_key, plain).hex(),
    }


def backup():
    private, ephemeral = sha256(b"recovery"), sha256(b"ephemeral")
    recipient = X25519PrivateKey.from_private_bytes(private).public_key()
    sender = X25519PrivateKey.from_private_bytes(ephemeral)
    suite = CipherSuite.new(
        KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM
    )

    def sealed(plain):
        info = b"AUTHXBAK\1" + recipient.public_bytes_raw()
        key = KEMKey.from_pyca_cryptography_key
        encapsulated, context = suite.create_sender_context(
            key(recipient), info=info, eks=KEMKeyPair(key(sender), key(sender.public_key()))
        )
        chunks = [plain[at : at + 65536] for at in range(0, len(plain), 65536)]
        flags = [b"\0"] * (len(chunks) - 1) + [b"\1"]
        return info + encapsulated + b"".join(map(context.seal, chunks, flags))

    plain, long = "a backup of AuthX", 3 * 65536 + 5
    return {
        "recovery_key": secret_text("axr_", private),
        "recovery_public": base64url(recipient.public_bytes_raw()),
        "ephemeral": ephemeral.hex(),
        "plain": plain,
        "sealed": sealed(plain.encode()).hex(),
        "long": {
            "of": "the byte 0x61",
            "bytes": long,
            "sha256": sha256(sealed(b"a" * long)).hex(),
        },
    }


def audit():
    def tree(leaves):
        if len(leaves) == 1:
            return sha256(b"\0" + leaves[0])
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return sha256(b"\1" + tree(leaves[:split]) + tree(leaves[split:]))

    root, tenant, raw_id = bytes([7] * 32), bytes([1] * 16), u64(0) + u64(3)
    events, seals = expand(root, b"authx events"), expand(root, b"authx seals")
    at, kind = u64(1767225602100), b"application_deleted"
    detail = '{"a":{"b\\n":"é","z":[1,null,true]},"n":3}'
    columns = (raw_id, at, kind, None, raw_id, raw_id, b"CODE3", detail.encode())
    event = mac(events, fields(b"authx event 1", tenant, *columns))

    def link(number, upto, count, leaves, previous, at):
        numbers = (u64(number), u64(upto), u64(count))
        rest = (tree(leaves), previous, u64(at))
        return mac(seals, fields(b"authx seal 1", tenant, *numbers, *rest))

    first = link(1, 5, 3, [bytes([n] * 32) for n in (1, 2, 3)], bytes(32), 1)
    second = link(2, 9, 4, [bytes([4] * 32)], first, 2)
    return {
        "detail": detail,
        "event_mac": event.hex(),
        "first_seal_mac": first.hex(),
        "second_seal_mac": second.hex(),
        "witness": f"{tenant_id(tenant)}:2:{base64url(second)}",
    }


def main():
    differ = False
    for vectors in (seal, backup, audit):
        file = VECTORS / f"{vectors.__name__}.json"
        text = json.dumps(vectors(), indent=2, ensure_ascii=False) + "\n"
        if "--write" in sys.argv:
            file.write_text(text)
        elif file.read_text() != text:
            print(f"{file.name}: differs from the documentation")
            differ = True
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
