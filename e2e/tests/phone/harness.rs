//! The browsers themselves, with a site that is not AuthX: what the other tests stand on.

use authx_e2e::browser::{Browser, Finger, Target, World, role, text};
use serde_json::Value;

/// Push with a tab, without, by the notice, and after the browser was off.
async fn push(world: &World, phone: &Browser) {
    let site = world.site().await;
    phone.open(&site.url()).await;
    if phone.kind() == authx_e2e::browser::Kind::Chromium {
        phone.grant(&site.url(), &["notifications"]).await;
    }
    phone.wait(&text("ready")).await;
    phone.click(&role("button", "Turn on notices")).await;
    phone.wait(&text("notices are on")).await;

    assert_eq!(site.send("one").await, 201);
    let report = site.report("push").await;
    assert_eq!((&report["text"], &report["windows"]), (&"one".into(), &1.into()));
    let notice = world.notices.wait(1).await;
    assert_eq!((notice.title.as_str(), notice.body.as_str()), ("Sign-in waiting", "one"));

    phone.close_tab().await;
    assert_eq!(site.send("two").await, 201);
    let report = site.report("push").await;
    assert_eq!((&report["text"], &report["windows"]), (&"two".into(), &0.into()));
    world.notices.wait(2).await;
    world.notices.click().await;
    site.report("click").await;
    phone.adopt("from=notice").await;
    phone.wait(&role("heading", "Fixture")).await;

    phone.stop().await;
    assert_eq!(site.send("three").await, 201);
    phone.start().await;
    assert_eq!(site.report("push").await["text"], "three");
    world.notices.wait(3).await;

    let posts = world.services.posts().await;
    assert_eq!(posts.len(), 3);
    assert!(posts.iter().all(|post| post.urgency.as_deref() == Some("high")), "{posts:?}");
    world.services.expire(Some(&site.endpoint().await)).await;
    assert_eq!(site.send("four").await, 410);
    phone.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_is_pushed_to() {
    let Some(world) = World::new("chromium_is_pushed_to").await else { return };
    let phone = world.chromium("phone").await;
    push(&world, &phone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn firefox_is_pushed_to() {
    let Some(world) = World::new("firefox_is_pushed_to").await else { return };
    let phone = world.firefox("phone").await;
    push(&world, &phone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn firefox_subscribes_anew_once_its_service_forgot_it() {
    let Some(world) = World::new("firefox_subscribes_anew").await else { return };
    let site = world.site().await;
    let phone = world.firefox("phone").await;
    phone.open(&site.url()).await;
    phone.wait(&text("ready")).await;
    phone.click(&role("button", "Turn on notices")).await;
    phone.wait(&text("notices are on")).await;
    world.services.forget().await;
    site.report("change").await;
    assert_eq!(site.send("lost").await, 410);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_installs_locks_and_works_offline() {
    let Some(world) = World::new("chromium_installs").await else { return };
    let site = world.site().await;
    let phone = world.chromium("phone").await;
    phone.open(&site.url()).await;
    phone.wait(&text("ready")).await;
    assert_eq!(phone.axe().await, Vec::<Value>::new());
    assert_eq!(phone.installability().await, serde_json::json!([]));
    phone.install().await;
    phone.launch_app().await;
    let standalone = "return matchMedia('(display-mode: standalone)').matches";
    assert_eq!(phone.evaluate(standalone, Value::Null).await, true);

    phone.to_front().await;
    phone.finger(Finger::Owner).await;
    phone.click(&role("button", "Set up the lock")).await;
    phone.wait(&text("locked").exactly()).await;
    phone.click(&role("button", "Unlock")).await;
    phone.wait(&text("unlocked")).await;
    phone.finger(Finger::Stranger).await;
    phone.click(&role("button", "Unlock")).await;
    phone.wait(&text("NotAllowedError")).await;

    site.set_away(true).await;
    phone.reload().await;
    phone.wait(&role("heading", "Fixture")).await;
    phone.stop().await;
    phone.start().await;
    phone.open(&site.url()).await;
    phone.wait(&role("button", "Unlock")).await;
    phone.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_page_does_wrong_is_found() {
    let Some(world) = World::new("what_a_page_does_wrong").await else { return };
    let site = world.site().await;
    let phone = world.chromium("phone").await;
    phone.open(&site.url()).await;
    phone.wait(&text("ready")).await;
    phone.is_clean().await;
    let unlabelled = "document.querySelector('main').append(document.createElement('input'))";
    phone.evaluate(unlabelled, Value::Null).await;
    let found = phone.axe().await;
    assert!(found.iter().any(|one| one["id"] == "label"), "{found:?}");
    let inject = "setTimeout(() => { document.body.innerHTML = '<b>x</b>' })";
    phone.evaluate(inject, Value::Null).await;
    phone.wait(&Target::any("heading")).await;
    let complaints = phone.complaints().await;
    assert!(complaints.iter().any(|line| line.contains("TrustedHTML")), "{complaints:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_sees_what_is_held_before_it() {
    let Some(world) = World::new("a_camera_sees").await else { return };
    let site = world.site().await;
    let phone = world.chromium("phone").await;
    phone.open(&site.url()).await;
    phone.wait(&text("ready")).await;
    phone.show_to_camera("https://phone.mfa.test/#axi_something");
    // Columns that are dark in places: the code stands in the middle of white.
    let look = r"
        const stream = await navigator.mediaDevices.getUserMedia({ video: true });
        const video = document.createElement('video');
        video.srcObject = stream;
        video.muted = true;
        await video.play();
        await new Promise(done => video.requestVideoFrameCallback(done));
        const { videoWidth: width, videoHeight: height } = video;
        const context = new OffscreenCanvas(width, height).getContext('2d');
        context.drawImage(video, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        stream.getTracks().forEach(track => track.stop());
        const isDark = x => Array.from({ length: height }, (_, y) => data[(y * width + x) * 4]).some(one => one < 100);
        return { width, edge: isDark(10), middle: isDark(width / 2) };
    ";
    let seen = phone.evaluate(look, Value::Null).await;
    assert_eq!(seen, serde_json::json!({ "width": 640, "edge": false, "middle": true }));
    // Of something on a page.
    phone.point_camera_at(&phone, &role("button", "Unlock")).await;
    let seen = phone.evaluate(look, Value::Null).await;
    assert_eq!((&seen["edge"], &seen["middle"]), (&false.into(), &true.into()));
}
