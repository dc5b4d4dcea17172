//! A message as others read it: the Python packages `http-ece` and `py-vapid`, where they are
//! installed (`pip install http-ece py-vapid`).

use super::*;
use std::process::Command;

#[tokio::test]
async fn other_peoples_code_reads_a_message() {
    let python = std::env::var("AUTHX_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_them = Command::new(&python).args(["-c", "import http_ece, py_vapid"]).output();
    if !has_them.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {python} has no http_ece and py_vapid; AUTHX_TEST_PYTHON names one");
        return;
    }
    let world = World::new([]).await;
    world.send().await.unwrap();
    let seen = world.service.seen().remove(0);
    let input = serde_json::json!({
        "private": URL_SAFE_NO_PAD.encode(&world.phone.bytes[..]),
        "auth": URL_SAFE_NO_PAD.encode(world.phone.auth),
        "body": URL_SAFE_NO_PAD.encode(&seen.body),
        "authorization": seen.headers["authorization"].to_str().unwrap(),
    });
    let output = Command::new(&python).args(["-c", READ, &input.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, message().as_bytes());
}

const READ: &str = r#"
import base64, json, sys
import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

given = json.loads(sys.argv[1])
raw = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
assert Vapid02.verify(given["authorization"].replace(", k=", ",k=")), "the token"
private = ec.derive_private_key(int.from_bytes(raw(given["private"]), "big"), ec.SECP256R1())
plain = http_ece.decrypt(raw(given["body"]), private_key=private, auth_secret=raw(given["auth"]), version="aes128gcm")
sys.stdout.buffer.write(plain)
"#;
