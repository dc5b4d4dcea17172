//! A computer with the portal in its browser, as people use it: by labels, buttons and headings.

use authx_core::otp::Totp;
use authx_e2e::{
    PASSWORD,
    browser::{Browser, Target, label, role, text},
    now,
};
use serde_json::Value;

/// A browser on a computer.
pub(crate) struct Desk {
    pub(crate) browser: Browser,
    pub(crate) public: String,
}

impl Desk {
    /// Opens an address: of the portal, or a whole one.
    pub(crate) async fn open(&self, address: &str) {
        let whole = address.starts_with("https:");
        let address = if whole { address.to_owned() } else { format!("{}{address}", self.public) };
        self.browser.goto(&address).await;
    }

    /// Waits for the page with this heading.
    pub(crate) async fn at(&self, heading: &str) {
        self.browser.wait(&role("heading", heading)).await;
    }

    /// Waits for words that anybody can read.
    pub(crate) async fn reads(&self, words: &str) {
        self.browser.wait(&text(words)).await;
    }

    pub(crate) async fn fill(&self, field: &str, value: &str) {
        self.browser.fill(&label(field), value).await;
    }

    pub(crate) async fn press(&self, button: &str) {
        self.browser.click(&role("button", button)).await;
    }

    pub(crate) async fn follow(&self, link: &str) {
        self.browser.click(&role("link", link).exactly()).await;
    }

    /// A page of the menu.
    pub(crate) async fn go(&self, place: &str) {
        let menu = Target::css(".side > nav");
        self.browser.click(&role("link", place).exactly().within(&menu)).await;
        self.at(place).await;
    }

    /// From the opened link to the dashboard: a company, its owner, a passkey.
    pub(crate) async fn set_up(&self) {
        self.at("Set up").await;
        self.press("Continue").await;
        self.at("Create an account").await;
        self.fill("Company", COMPANY).await;
        self.fill("Your name", "Olga Owner").await;
        self.fill("Work e-mail", OWNER).await;
        self.fill("Password", OWNERS_PASSWORD).await;
        self.press("Create the account").await;
        self.at("Add your second factor").await;
        self.press("Make a passkey").await;
        self.at("Dashboard").await;
    }

    /// Signs in with the password of everybody here and a code.
    pub(crate) async fn come_in(&self, called: &str, app: &Totp) {
        self.open("/sign-in").await;
        self.fill("E-mail or user name", called).await;
        self.fill("Password", PASSWORD).await;
        self.browser.press("Enter").await;
        self.at("Confirm your sign-in").await;
        self.fill("Code from AuthX", &app.code(now().secs() / 30)).await;
        self.press("Use this code").await;
        self.browser.wait_gone(&role("heading", "Confirm your sign-in")).await;
    }

    pub(crate) async fn sign_out(&self) {
        self.press_sign_out().await;
        self.at("Sign in").await;
    }

    /// As `sign_out`, wherever that leads.
    pub(crate) async fn press_sign_out(&self) {
        let own = Target::css(".side > .who");
        self.browser.click(&role("button", "Sign out").within(&own)).await;
    }

    /// A value that the page lets one copy.
    pub(crate) async fn value_of(&self, name: &str) -> String {
        let field = Target::css(&format!(".field:has(.label:text-is(\"{name}\")) .copy code"));
        self.browser.text(&field).await
    }

    /// What is shown once.
    pub(crate) async fn once(&self, number: usize) -> String {
        self.browser.text(&Target::css(".once .copy code").nth(number)).await
    }

    /// Everything that the page says.
    pub(crate) async fn says(&self) -> String {
        self.browser.text(&Target::css("body")).await
    }

    /// How often a form was sent to a path.
    pub(crate) async fn sent(&self, path: &str) -> usize {
        let asked = self.browser.network().await;
        let address = format!("{}{path}", self.public);
        let is_it = |one: &&Value| one["method"] == "POST" && one["url"] == address.as_str();
        asked.iter().filter(is_it).count()
    }
}

pub(crate) const COMPANY: &str = "Example";
pub(crate) const OWNER: &str = "olga@example.com";
pub(crate) const OWNERS_PASSWORD: &str = "seven quiet lighthouses";
