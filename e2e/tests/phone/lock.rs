//! The phone's own screen lock, before codes, before approvals, and in what the server checks.

use crate::house::House;
use authx_e2e::{
    PASSWORD,
    browser::{Answer, Finger, Phone, role, text},
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lock_hides_codes_and_holds_approvals() {
    let Some(house) = House::new("the_lock_hides_codes", "").await else { return };
    let phone = locking(&house).await;
    let browser = phone.browser();
    let digits = text("tap to copy");
    assert_eq!(phone.codes().await.len(), 1);

    // Everything behind the lock after a start.
    browser.reload().await;
    browser.wait(&text("unlock to show")).await;
    assert!(!browser.sees(&digits).await);
    browser.finger(Finger::Stranger).await;
    browser.click(&role("button", "Unlock codes")).await;
    browser.wait(&text("The phone did not recognise you")).await;
    assert!(!browser.sees(&digits).await);
    browser.finger(Finger::Owner).await;
    browser.evaluate(LONG_AGO, Value::Null).await;
    browser.click(&role("button", "Unlock codes")).await;
    browser.wait(&digits).await;

    // The grace is over: another question, for an approval too.
    browser.evaluate(TODAY, Value::Null).await;
    browser.wait(&text("unlock to show")).await;
    let sign_in = house.sign_in("alice", "482913").await;
    browser.finger(Finger::Stranger).await;
    refused_by_the_sensor(&phone, &sign_in.number).await;
    assert_eq!(sign_in.now().await["state"], "awaiting_phone");
    browser.finger(Finger::Owner).await;
    browser.click(&role("button", "Approve sign-in")).await;
    phone.ended("Approved").await;
    sign_in.allowed().await;
    browser.wait(&digits).await;

    // Within the grace nobody is asked.
    let sign_in = house.sign_in("alice", "104729").await;
    browser.finger(Finger::Stranger).await;
    phone.wait_request("vpn").await;
    phone.answer(&Answer::Approve { number: Some(&sign_in.number) }).await;
    phone.ended("Approved").await;
    sign_in.allowed().await;

    // Locked by hand. Who says no needs no lock.
    phone.go("Settings").await;
    browser.click(&role("link", "App lock")).await;
    browser.click(&role("button", "Lock now")).await;
    browser.wait(&text("unlock to show")).await;
    let _sign_in = house.sign_in("alice", "271828").await;
    phone.wait_request("vpn").await;
    phone.answer(&Answer::Deny).await;
    phone.ended("Sign-in ended").await;
    browser.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_checks_who_was_verified() {
    let policy = "user_verification = \"required\"\n";
    let Some(house) = House::new("the_server_checks", policy).await else { return };
    let phone = locking(&house).await;
    let browser = phone.browser();
    assert_eq!(browser.credentials().await.as_array().unwrap().len(), 1);
    let registered = "SELECT COUNT(*) FROM phone WHERE credential IS NOT NULL";
    assert_eq!(house.installation.count(registered).await, 1);

    let sign_in = house.sign_in("alice", "482913").await;
    phone.wait_request("vpn").await;
    browser.wait(&text("Your phone asks for your fingerprint")).await;
    // Somebody else's script in the page may use the keys. The server wants the finger.
    let forged = browser.evaluate(FORGE, json!({ "number": sign_in.number })).await;
    assert_eq!((&forged["status"], &forged["code"]), (&403.into(), &"verification_needed".into()));
    assert_eq!(sign_in.now().await["state"], "awaiting_phone");
    // As it had been for another statement.
    let other = browser.evaluate(FORGE, json!({ "number": sign_in.number, "other": true })).await;
    assert_eq!((&other["status"], &other["code"]), (&403.into(), &"verification_failed".into()));
    assert_eq!(sign_in.now().await["state"], "awaiting_phone");

    browser.finger(Finger::Stranger).await;
    refused_by_the_sensor(&phone, &sign_in.number).await;
    assert_eq!(sign_in.now().await["state"], "awaiting_phone");
    browser.finger(Finger::Owner).await;
    browser.click(&role("button", "Approve sign-in")).await;
    browser.wait(&role("heading", "Approved")).await;
    browser.wait(&text("with your fingerprint, face or PIN")).await;
    phone.ended("Approved").await;
    sign_in.allowed().await;
    let (intact, said) = house.installation.verify(&[]);
    assert!(intact, "{said}");
    browser.is_clean().await;
}

/// A phone of alice's with a sensor, and the app lock on it.
async fn locking(house: &House) -> Phone {
    house.newcomer("alice").await;
    let phone = house.phone("phone").await;
    let browser = phone.browser();
    // The sensor has to be there before the app looks for one.
    browser.open("about:blank").await;
    browser.finger(Finger::Owner).await;
    browser.goto(&house.invite("alice").link).await;
    phone.begin(PASSWORD, "Alice's phone").await;
    browser.click(&role("button", "All four are the same")).await;
    browser.click(&role("button", "Turn on notifications")).await;
    browser.click(&role("button", "Turn on the app lock")).await;
    browser.wait(&role("heading", "This phone is ready")).await;
    browser.click(&role("button", "Show codes")).await;
    phone
}

/// Types the number with the wrong finger on the sensor.
async fn refused_by_the_sensor(phone: &Phone, number: &str) {
    let browser = phone.browser();
    phone.wait_request("vpn").await;
    phone.answer(&Answer::Approve { number: Some(number) }).await;
    browser.wait(&text("The phone did not recognise you")).await;
    browser.wait(&text("Nothing was sent. Try again.")).await;
}

/// What is seen now was seen longer ago than the grace lasts.
const LONG_AGO: &str = "
    globalThis.realNow = Date.now;
    Date.now = () => realNow() - 301_000;
";
/// Back again, until the app has seen that.
const TODAY: &str = "
    Date.now = realNow;
    await new Promise(done => setTimeout(done, 1_500));
";

/// An approval with the account's key and no assertion, or one for something else.
const FORGE: &str = r"
    const done = wish => new Promise((resolve, reject) => {
        wish.onsuccess = () => resolve(wish.result);
        wish.onerror = () => reject(wish.error);
    });
    const database = await done(indexedDB.open('authx'));
    const [account] = await done(database.transaction('accounts').objectStore('accounts').getAll());
    database.close();
    const utf8 = text => new TextEncoder().encode(text);
    const base64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)));
    const url64 = bytes => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const components = '(\x22@method\x22 \x22@authority\x22 \x22@path\x22 \x22@query\x22 \x22content-digest\x22 \x22authx-client\x22)';
    const send = async (method, path, body) => {
        const client = 'authx-web-phone/0.1.0';
        const digest = `sha-256=:${base64(await crypto.subtle.digest('SHA-256', utf8(body)))}:`;
        const nonce = url64(crypto.getRandomValues(new Uint8Array(16)));
        const parameters = `${components};created=${Math.floor(Date.now() / 1000)};nonce=\x22${nonce}\x22;` +
            `keyid=\x22${account.phone}\x22;alg=\x22ecdsa-p256-sha256\x22;tag=\x22authx-phone-1\x22`;
        const base = `\x22@method\x22: ${method}\n\x22@authority\x22: ${location.host}\n\x22@path\x22: ${path}\n` +
            `\x22@query\x22: ?\n\x22content-digest\x22: ${digest}\n\x22authx-client\x22: ${client}\n` +
            `\x22@signature-params\x22: ${parameters}`;
        const ecdsa = { name: 'ECDSA', hash: 'SHA-256' };
        const signature = await crypto.subtle.sign(ecdsa, account.keys.answer.privateKey, utf8(base));
        const headers = {
            'authx-client': client, 'content-digest': digest, 'signature-input': `authx=${parameters}`,
            signature: `authx=:${base64(signature)}:`, 'content-type': 'application/json',
        };
        const answer = await fetch(path, { method, headers, body: method === 'GET' ? undefined : body });
        const json = await answer.json();
        return { status: answer.status, ...json };
    };
    const { requests: [request] } = await send('GET', '/phone/v1/requests', '');
    const statement = JSON.stringify({
        answer: 'approve', login: request.id, application: request.application.id,
        address: request.client.address, match_number: arg.number,
    });
    const body = { statement };
    if (arg.other) {
        const challenge = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8('something else')));
        const { rawId, response } = await navigator.credentials.get({
            publicKey: { challenge, rpId: location.hostname, userVerification: 'required' },
        });
        body.assertion = {
            id: url64(rawId), client_data: url64(response.clientDataJSON),
            authenticator_data: url64(response.authenticatorData), signature: url64(response.signature),
        };
    }
    return send('POST', `/phone/v1/requests/${request.id}/answers`, JSON.stringify(body));
";
