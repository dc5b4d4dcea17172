//! What else users live through: another phone, no network, a new version, a computer beside the
//! phone, and a VPN client that shows nothing.

use crate::house::House;
use authx_e2e::{
    Engine, Installation, PASSWORD, Server,
    browser::{self, Answer, Browser, Kind, Phone, Shape, Target, label, role, text},
    vpn::{ClientOptions, Outcome},
};
use serde_json::{Value, json};
use std::{fs, time::Duration};
use tokio::time::{Instant, sleep, timeout};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moved_to_a_second_phone() {
    let Some(house) = House::new("moved_to_a_second_phone", "").await else { return };
    let old = house.enrolled("alice", "Old phone").await;
    let new = house.phone("new").await;
    let [old_id] = ids(&house);
    let [old_code] = old.codes().await.try_into().unwrap();

    let began = Instant::now();
    old.go("Settings").await;
    let shown = old.browser();
    shown.click(&role("link", "Move to a new phone")).await;
    shown.click(&role("button", "Show the QR code")).await;
    let code = role("img", "QR code for the new phone");
    shown.wait(&Target::css("svg.qr path")).await;
    new.browser().point_camera_at(shown, &code).await;
    new.open().await;
    let browser = new.browser();
    browser.click(&role("link", "Scan the QR code")).await;
    browser.wait(&role("heading", "Move this account here?")).await;
    browser.shot("move-here").await;
    browser.click(&role("button", "Move here")).await;
    new.name_it("New phone").await;
    browser.wait(&role("heading", "Moved")).await;
    // The old one hears of it by itself.
    shown.wait(&role("heading", "Moved")).await;
    let took = began.elapsed();
    eprintln!("moved in {took:?}");
    assert!(took < Duration::from_mins(1), "{took:?}");
    shown.shot("moved-away").await;
    let [new_id] = ids(&house);
    assert_ne!(old_id, new_id);
    let refused = shown.network().await.into_iter().filter(|call| call["status"] == 401);
    assert!(refused.count() > 0, "the server still knows the old keys");

    shown.click(&role("button", "Clear this phone")).await;
    shown.wait(&role("heading", "Add your first account")).await;
    let kept = shown.databases().await.to_string();
    assert!(!kept.contains("CryptoKey"), "{kept}");

    browser.click(&role("button", "Continue")).await;
    browser.wait(&role("heading", "Turn on notifications?")).await;
    browser.click(&role("button", "Later")).await;
    new.leave_out_the_lock().await;
    browser.click(&role("button", "Show codes")).await;

    let Some(vpn) = house.vpn().await else { return };
    let mut prompt = vpn.prompt("alice").await;
    let outcome = prompt.client.answer(&old_code).await;
    let Outcome::Asked { text } = outcome else { panic!("the old code: {outcome:?}") };
    assert!(text.contains("left."), "{text}");
    let [code] = new.codes().await.try_into().unwrap();
    let outcome = prompt.client.answer(&code).await;
    assert!(outcome.is_connected(), "{outcome:?}");
    shown.is_clean().await;
    browser.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_without_a_server() {
    let Some(mut house) = House::new("codes_without_a_server", "").await else { return };
    // A word: programs that make an entry for an installed app take no other name for a home.
    let phone = house.enrolled("alice", "phone").await;
    let browser = phone.browser();
    browser.install().await;
    controlled(browser).await;
    browser.stop().await;
    house.authx.terminate();
    house.authx.ended().await;

    browser.start().await;
    browser.launch_app().await;
    browser.wait(&role("heading", "Codes")).await;
    phone.codes().await;
    browser.click(&role("button", "Check now")).await;
    browser.wait(&text("AuthX did not answer")).await;
    // And in airplane mode.
    browser.set_offline(true).await;
    browser.reload().await;
    browser.wait(&text("Offline: codes still work")).await;
    browser.shot("codes-offline").await;
    phone.codes().await;

    house.authx = Server::start(house.installation.config()).await;
    let Some(vpn) = house.vpn().await else { return };
    let mut prompt = vpn.prompt("alice").await;
    // The phone has heard nothing of all this.
    let [code] = phone.codes().await.try_into().unwrap();
    let (outcome, _) = prompt.settle(&code).await;
    assert!(outcome.is_connected(), "{outcome:?}");
    browser.set_offline(false).await;
    browser.click(&role("button", "Check now")).await;
    browser.wait(&text("Checked: nothing waits for you.")).await;
    browser.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updated_under_an_open_app() {
    let Some(world) = browser::World::new("updated_under_an_open_app").await else { return };
    let installation = Installation::new(Engine::Sqlite).await;
    installation.open_socket();
    let sites = installation.serve_browsers(&world);
    // The sites' port is that of the proxy.
    let port = sites.phone.rsplit_once(':').unwrap().1.parse().unwrap();
    let config = fs::read_to_string(installation.config()).unwrap();
    let moved = config.replace(&format!("\"127.0.0.1:{port}\""), "\"127.0.0.1:0\"");
    fs::write(installation.config(), moved).unwrap();
    let authx = Server::start(installation.config()).await;
    let front = world.front(port, authx.address().port()).await;
    let house = House { authx, installation, sites, world };

    let phone = house.enrolled("alice", "Alice's phone").await;
    let browser = phone.browser();
    controlled(browser).await;
    let version = version(&phone).await;
    let later = "98.7.6";
    let files = front.build(&house.world, later).await;

    // Half a deployment: everything goes on with the version that is there.
    let script = files.iter().find(|file| file.starts_with("/assets/app-")).unwrap();
    front.deploy(Some(script)).await;
    look_for_a_newer_one(browser).await;
    installed(browser).await;
    assert!(front.missing().await.contains(script));
    browser.reload().await;
    phone.go("Settings").await;
    browser.wait(&text(&format!("AuthX {version}"))).await;
    assert!(!browser.sees(&text("A new version is ready")).await);
    phone.go("Codes").await;
    phone.codes().await;

    // All of it, while somebody types.
    browser.goto(&format!("{}/#add/type", house.sites.phone)).await;
    let field = label("Eight characters");
    browser.fill(&field, "K7QF-2M").await;
    front.deploy(None).await;
    look_for_a_newer_one(browser).await;
    installed(browser).await;
    let typed = "return document.querySelector('input[name=invitation]').value";
    assert_eq!(browser.evaluate(typed, Value::Null).await, "K7QF-2M");
    // What the open page loads late is no longer on the server.
    browser.show_to_camera("nothing of AuthX");
    browser.click(&role("link", "Scan instead")).await;
    browser.wait(&text("This is another code")).await;
    let requests = browser.network().await;
    let late = requests.iter().filter_map(|one| {
        let (_, path) = one["url"].as_str()?.split_once("/assets/late-")?;
        (one["status"] == 200).then(|| format!("/assets/late-{path}"))
    });
    let gone = late.filter(|path| !files.contains(path)).collect::<Vec<_>>();
    assert!(!gone.is_empty(), "every late file of {files:?} is the same");
    browser.click(&role("link", "Stop").exactly()).await;

    browser.wait(&text("A new version is ready")).await;
    browser.shot("new-version").await;
    browser.click(&role("button", "Load it")).await;
    browser.wait_gone(&text("A new version is ready")).await;
    phone.codes().await;
    phone.go("Settings").await;
    browser.wait(&text(&format!("AuthX {later}"))).await;
    browser.wait(&text("Up to date")).await;
    browser.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_on_a_computer() {
    let Some(house) = House::new("an_invitation_on_a_computer", "").await else { return };
    house.newcomer("alice").await;
    let link = house.invite("alice").link;
    let desk = Browser::launch_as(&house.world, Kind::Chromium, "desk", &Shape::computer()).await;
    desk.open(&link).await;
    desk.wait(&role("heading", "Scan this with your phone")).await;
    desk.wait(&role("img", "QR code of the invitation")).await;
    let code = desk.text(&Target::css("code.big")).await;
    assert_eq!(code.len(), "K7QF-2M9X".len(), "{code}");
    assert!(desk.axe().await.is_empty());

    let phone = house.phone("phone").await;
    let browser = phone.browser();
    phone.open().await;
    browser.click(&role("link", "Type the eight characters")).await;
    type_code(browser, &code.to_lowercase()).await;
    let shown = phone.begin(PASSWORD, "Alice's phone").await;
    desk.wait(&role("heading", "Do both screens show these four words?")).await;
    assert_eq!(desk.texts(&Target::css("ol.words > li")).await, shown.words);
    desk.shot("desk-four-words").await;
    assert!(desk.axe().await.is_empty());
    phone.finish().await;
    desk.wait(&role("heading", "“Alice's phone” is ready")).await;
    desk.shot("desk-ready").await;

    // Used, or never made: both look alike.
    let second = house.phone("second").await;
    let browser = second.browser();
    second.open().await;
    browser.click(&role("link", "Type the eight characters")).await;
    type_code(browser, "K7QF2M9X").await;
    browser.wait(&role("heading", "This invitation is not open")).await;
    let unknown = browser.text(&Target::css("main")).await;
    browser.shot("not-open").await;
    browser.click(&role("button", "Done")).await;
    house.json(&["phone", "remove", "alice/1", "--json"]);
    second.open_link(&link).await;
    browser.wait(&role("heading", "This invitation is not open")).await;
    assert_eq!(browser.text(&Target::css("main")).await, unknown);
    for browser in [&desk, phone.browser(), browser] {
        browser.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_shows_nothing() {
    let Some(house) = House::new("a_client_that_shows_nothing", "").await else { return };
    let phone = house.enrolled("alice", "Alice's phone").await;
    let browser = phone.browser();
    let Some(vpn) = house.vpn().await else { return };
    let sign_in = async |password: &str| {
        let mut client = vpn.world.client(&vpn.openvpn, ClientOptions::default()).await;
        let outcome = client.sign_in("alice", password).await;
        (outcome, client)
    };

    let (outcome, _) = sign_in(PASSWORD).await;
    let Outcome::Refused { text: said } = &outcome else { panic!("{outcome:?}") };
    assert!(said.contains("Open AuthX on your phone"), "{said}");
    assert!(said.contains("password,CODE"), "{said}");

    phone.wait_request("vpn").await;
    browser.shot("request-code").await;
    browser.click(&role("button", "Show the code")).await;
    browser.wait(&role("heading", "Code for vpn")).await;
    browser.shot("code-shown").await;
    assert!(browser.axe().await.is_empty());
    let spoken = browser.text(&Target::css("p.plate .sr")).await;
    let code = spoken.chars().filter(char::is_ascii_digit).collect::<String>();
    assert_eq!(code.len(), 6, "{spoken}");

    let (outcome, client) = sign_in(&format!("{PASSWORD},{code}")).await;
    assert!(outcome.is_connected(), "{outcome:?}");
    assert!(client.reaches_the_server().await);
    drop(client);
    let (outcome, _) = sign_in(&format!("{PASSWORD},{code}")).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "a second time: {outcome:?}");
    browser.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_is_for_everybody() {
    let Some(house) = House::new("every_screen_is_for_everybody", "").await else { return };
    house.newcomer("alice").await;
    let phone = house.phone("phone").await;
    let browser = phone.browser();
    phone.open_link(&house.invite("alice").link).await;
    browser.wait(&role("heading", "Add Example to this phone")).await;
    looks_well(browser, "invitation").await;
    phone.begin(PASSWORD, "Alice's phone").await;
    looks_well(browser, "words").await;
    phone.finish().await;
    looks_well(browser, "codes").await;

    let Some(vpn) = house.vpn().await else { return };
    let mut prompt = vpn.prompt("alice").await;
    let number = prompt.number.clone();
    let answers = async {
        phone.wait_request("vpn").await;
        looks_well(browser, "request").await;
        browser.click(&role("button", "Not me").exactly()).await;
        browser.wait(&role("heading", "Who is signing in?")).await;
        looks_well(browser, "not-me").await;
        browser.press("Escape").await;
        phone.answer(&Answer::Approve { number: Some(&number) }).await;
        browser.wait(&role("heading", "Approved")).await;
        looks_well(browser, "approved").await;
        phone.ended("Approved").await;
    };
    let ((outcome, _), ()) = tokio::join!(prompt.settle("push"), answers);
    assert!(outcome.is_connected(), "{outcome:?}");

    phone.go("History").await;
    browser.wait(&role("link", "vpn")).await;
    looks_well(browser, "history").await;
    phone.go("Settings").await;
    looks_well(browser, "settings").await;
    browser.click(&role("link", "Notifications")).await;
    browser.wait(&text("Notifications are on")).await;
    looks_well(browser, "notifications").await;
    browser.is_clean().await;
}

/// Light and dark, on a usual phone and on a small one: nothing that a screen reader stumbles
/// over, nothing that has to be scrolled sideways. Keeps a picture of each.
async fn looks_well(browser: &Browser, name: &str) {
    for (dark, width) in [(false, 320), (true, 320), (true, 390), (false, 390)] {
        browser.set_dark(dark).await;
        browser.set_width(width).await;
        // Colours take 220 ms at most to change, and are no colours of the design meanwhile.
        sleep(Duration::from_millis(500)).await;
        let found = browser.axe().await;
        let view = format!("{name}-{width}{}", if dark { "-dark" } else { "" });
        browser.shot(&format!("screen-{view}")).await;
        assert!(found.is_empty(), "{view}: {found:#?}");
        let sideways = "return document.documentElement.scrollWidth - innerWidth";
        let sideways = browser.evaluate(sideways, Value::Null).await;
        assert!(sideways.as_i64() <= Some(0), "{view} is {sideways} px too wide");
    }
}

async fn type_code(browser: &Browser, code: &str) {
    browser.fill(&label("Eight characters"), code).await;
    browser.click(&role("button", "Continue")).await;
}

/// The ids of alice's phones.
fn ids<const N: usize>(house: &House) -> [String; N] {
    let phones = house.phones("alice");
    let ids = phones.iter().map(|phone| phone["phone_id"].as_str().unwrap().to_owned());
    ids.collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{phones:?}"))
}

/// Which version the app says that it has.
async fn version(phone: &Phone) -> String {
    phone.go("Settings").await;
    let lines = phone.browser().texts(&Target::css("main strong")).await;
    let mut versions = lines.iter().filter_map(|line| line.strip_prefix("AuthX "));
    versions.next().unwrap_or_else(|| panic!("{lines:?}")).to_owned()
}

/// As the browser does by itself after each page load, and the app every hour.
async fn look_for_a_newer_one(browser: &Browser) {
    let look = "await (await navigator.serviceWorker.ready).update()";
    browser.evaluate(look, Value::Null).await;
}

/// Waits until the worker that is coming has come, or given up.
async fn installed(browser: &Browser) {
    let settled = json!({ "installing": null, "waiting": null, "active": "activated" });
    workers(browser, &settled).await;
}

/// Waits until a worker serves the page.
async fn controlled(browser: &Browser) {
    workers(browser, &json!({ "active": "activated", "controls": true })).await;
}

async fn workers(browser: &Browser, wanted: &Value) {
    let settled = async {
        loop {
            let workers = browser.workers().await;
            let is = |(name, value): (&String, &Value)| workers[0][name] == *value;
            if wanted.as_object().unwrap().iter().all(is) {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_mins(1), settled).await.unwrap_or_else(|_| panic!("not {wanted}"));
}
