use crate::{
    phone::Phone,
    world::{AUTHORITY, on_each_engine},
};
use authx_core::{webauthn::registration_challenge, wire::phone::Base64Url};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

/// What a browser would hand over of a new credential.
fn made(phone: &Phone) -> Value {
    let client = json!({
        "type": "webauthn.create",
        "challenge": Base64Url::new(registration_challenge(phone.id)).text(),
        "origin": format!("https://{AUTHORITY}"),
        "crossOrigin": false,
    });
    let host = digest(&SHA256, AUTHORITY.as_bytes());
    let data = [host.as_ref(), &[0x45, 0, 0, 0, 0], &[0; 16], &[0, 2], b"id", b"cose"].concat();
    let spki = [
        &[0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8][..],
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42, 0],
        phone.r#box.point(),
    ]
    .concat();
    json!({
        "id": Base64Url::new(*b"id"),
        "public_key": Base64Url::new(spki),
        "client_data": Base64Url::new(client.to_string()),
        "authenticator_data": Base64Url::new(data),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_own_authenticator_is_registered_and_forgotten() {
    on_each_engine(async |world| {
        let phone = Phone::enrolled(world).await;
        let body = made(&phone);
        let reply = phone.call(world, &phone.answer, "PUT", "/credential", &body).await;
        assert_eq!(reply.json()["credential"], true, "{reply:?}");
        assert_eq!(world.newest_event().await, "phone_credential");
        let other = Phone::enrolled(world).await;
        let reply = other.call(world, &other.answer, "PUT", "/credential", &body).await;
        assert_eq!(reply.outcome(), "credential", "made for another phone");
        let gone = phone.call(world, &phone.answer, "DELETE", "/credential", &Value::Null).await;
        assert_eq!(gone.status, 204);
        assert_eq!(phone.account(world).await.json()["credential"], false);
    })
    .await;
}
