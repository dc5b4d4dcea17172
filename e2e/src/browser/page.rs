//! What is done in a tab, and what is seen there.

use super::{Browser, Target};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

impl Browser {
    /// Opens a tab, which everything is done in from now on.
    pub async fn open(&self, url: &str) {
        self.must("open", json!({ "url": url })).await;
    }

    /// Follows an address in the tab.
    pub async fn goto(&self, url: &str) {
        self.must("goto", json!({ "url": url })).await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.must("reload", Value::Null).await;
    }

    /// Goes a page back, wherever that leads.
    pub async fn back(&self) {
        self.must("back", Value::Null).await;
    }

    /// The address of the page.
    pub async fn url(&self) -> String {
        self.must("url", Value::Null).await.as_str().unwrap().to_owned()
    }

    /// Closes the tab. The browser goes on without one.
    pub async fn close_tab(&self) {
        self.must("close_tab", Value::Null).await;
    }

    /// Puts the tab before others, as the sensor wants it.
    pub async fn to_front(&self) {
        self.must("front", Value::Null).await;
    }

    /// Takes over the window that a clicked notice has opened at an address with this part.
    pub async fn adopt(&self, part: &str) {
        self.must("adopt", json!({ "part": part })).await;
    }

    /// Touches something, once it is there and lets itself be touched.
    pub async fn click(&self, target: &Target) {
        self.must("click", json!({ "target": target.json() })).await;
    }

    /// Touches it twice, as fast as people do who are used to it.
    pub async fn double_click(&self, target: &Target) {
        self.must("double_click", json!({ "target": target.json() })).await;
    }

    /// Presses what sends a form and waits for the page that answers, wherever that leads.
    pub async fn submit(&self, target: &Target) {
        self.must("submit", json!({ "target": target.json() })).await;
    }

    /// The same, pressed twice.
    pub async fn submit_twice(&self, target: &Target) {
        self.must("submit", json!({ "target": target.json(), "twice": true })).await;
    }

    /// Chooses a file of this name and text.
    pub async fn choose_file(&self, target: &Target, name: &str, text: &str) {
        let wish = json!({ "target": target.json(), "name": name, "text": text });
        self.must("files", wish).await;
    }

    /// Touches what downloads a file, which lies in the directory then, under the name it came by.
    pub async fn download(&self, target: &Target, directory: &Path) -> PathBuf {
        let path = directory.join("download");
        let wish = json!({ "target": target.json(), "path": path });
        let name = self.must("download", wish).await;
        let named = directory.join(name.as_str().unwrap());
        fs::rename(path, &named).unwrap();
        named
    }

    /// Types into an empty field.
    pub async fn fill(&self, target: &Target, value: &str) {
        self.must("fill", json!({ "target": target.json(), "value": value })).await;
    }

    /// Types where the focus is.
    pub async fn keys(&self, text: &str) {
        self.must("keys", json!({ "text": text })).await;
    }

    /// Presses a key, such as `Tab`.
    pub async fn press(&self, key: &str) {
        self.must("press", json!({ "key": key })).await;
    }

    /// What is written there.
    pub async fn text(&self, target: &Target) -> String {
        let text = self.must("text", json!({ "target": target.json() })).await;
        text.as_str().unwrap().to_owned()
    }

    /// What stands in a field.
    pub async fn value(&self, target: &Target) -> String {
        let value = self.must("value", json!({ "target": target.json() })).await;
        value.as_str().unwrap().to_owned()
    }

    /// What is written in all that fit.
    pub async fn texts(&self, target: &Target) -> Vec<String> {
        let texts = self.must("texts", json!({ "target": target.json() })).await;
        let texts = texts.as_array().unwrap().iter();
        texts.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// An attribute of it.
    pub async fn attribute(&self, target: &Target, name: &str) -> Option<String> {
        let wish = json!({ "target": target.json(), "name": name });
        self.must("attribute", wish).await.as_str().map(str::to_owned)
    }

    /// How many can be seen.
    pub async fn count(&self, target: &Target) -> u64 {
        self.must("count", json!({ "target": target.json() })).await.as_u64().unwrap()
    }

    /// Whether it can be seen now.
    pub async fn sees(&self, target: &Target) -> bool {
        self.count(target).await > 0
    }

    /// Whether it lets itself be touched.
    pub async fn is_enabled(&self, target: &Target) -> bool {
        self.must("enabled", json!({ "target": target.json() })).await == true
    }

    /// Waits until it can be seen.
    pub async fn wait(&self, target: &Target) {
        self.must("wait", json!({ "target": target.json() })).await;
    }

    /// The same, with another patience than twenty seconds.
    pub async fn wait_within(&self, target: &Target, secs: u64) {
        let wish = json!({ "target": target.json(), "patience": secs * 1_000 });
        self.must("wait", wish).await;
    }

    /// Waits until one of them can be seen.
    pub async fn wait_one_of(&self, targets: &[&Target]) {
        let targets = targets.iter().map(|target| target.json()).collect::<Vec<_>>();
        self.must("wait_one_of", json!({ "targets": targets })).await;
    }

    /// Waits until it cannot be seen.
    pub async fn wait_gone(&self, target: &Target) {
        self.must("wait_gone", json!({ "target": target.json() })).await;
    }

    /// Waits until the address has this part.
    pub async fn wait_url(&self, part: &str) {
        self.must("wait_url", json!({ "part": part })).await;
    }

    /// Runs the body of an async function of `arg` in the page: for what no user can do or see.
    pub async fn evaluate(&self, script: &str, arg: Value) -> Value {
        self.must("evaluate", json!({ "script": script, "arg": arg })).await
    }

    /// What the browser keeps for the page's origin: keys as what they are, bytes as their number.
    pub async fn databases(&self) -> Value {
        self.evaluate(DATABASES, Value::Null).await
    }

    /// How the page's service workers are.
    pub async fn workers(&self) -> Value {
        self.evaluate(WORKERS, Value::Null).await
    }

    /// How many bytes the page and all that it loaded are, as they came over the wire.
    pub async fn weight(&self) -> u64 {
        self.evaluate(WEIGHT, Value::Null).await.as_u64().unwrap()
    }
}

const DATABASES: &str = r"
    const plain = value => {
        if (value instanceof CryptoKey) {
            const { type, extractable, algorithm, usages } = value;
            return { CryptoKey: { type, extractable, algorithm: algorithm.name, usages } };
        }
        if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { bytes: value.byteLength };
        if (Array.isArray(value)) return value.map(plain);
        if (value instanceof Date) return value.toISOString();
        if (value && typeof value === 'object')
            return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
        return typeof value === 'bigint' ? String(value) : value;
    };
    const done = wish => new Promise((resolve, reject) => {
        wish.onsuccess = () => resolve(wish.result);
        wish.onerror = () => reject(wish.error);
    });
    const found = {};
    for (const { name } of await indexedDB.databases()) {
        const database = await done(indexedDB.open(name));
        found[name] = {};
        for (const store of database.objectStoreNames) {
            const values = await done(database.transaction(store).objectStore(store).getAll());
            found[name][store] = values.map(plain);
        }
        database.close();
    }
    const local = { ...localStorage };
    return { ...found, localStorage: local };
";

const WORKERS: &str = r"
    const registrations = await navigator.serviceWorker.getRegistrations();
    return registrations.map(({ scope, active, waiting, installing }) => ({
        scope, active: active?.state ?? null, waiting: waiting?.state ?? null,
        installing: installing?.state ?? null, script: active?.scriptURL ?? null,
        controls: navigator.serviceWorker.controller !== null,
    }));
";

const WEIGHT: &str = r"
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return all.reduce((sum, one) => sum + one.encodedBodySize, 0);
";
