//! AuthX's authenticator as its user meets it: by roles, labels and words.

use super::{Browser, Target, label, role, text};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// A browser with the authenticator in its tab.
#[derive(Debug)]
pub struct Phone {
    browser: Browser,
    url: String,
}

/// What the phone shows while it is being enrolled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Enrolment {
    /// The four words, to be compared.
    pub words: Vec<String>,
}

/// What a user answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer<'a> {
    /// Approve, after typing the number.
    Approve {
        /// The number of the prompt; none where policy asks for none.
        number: Option<&'a str>,
    },
    /// "Changed my mind".
    Deny,
    /// "Not me", and the report confirmed.
    Fraud,
}

impl Phone {
    /// A phone whose authenticator is at `url`, an origin. Notices are allowed once they are asked
    /// for.
    pub async fn new(browser: Browser, url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        if browser.kind() == super::Kind::Chromium {
            browser.grant(&url, &["notifications"]).await;
        }
        Self { browser, url }
    }

    /// The browser.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// Opens the authenticator in a new tab.
    pub async fn open(&self) {
        self.browser.open(&format!("{}/", self.url)).await;
    }

    /// Opens an invitation's or a move's link in a new tab.
    pub async fn open_link(&self, link: &str) {
        assert!(link.starts_with(&self.url), "{link} is not of {}", self.url);
        self.browser.open(link).await;
    }

    /// From the opened invitation to the four words. The first factor is a password.
    pub async fn begin(&self, password: &str, name: &str) -> Enrolment {
        let browser = &self.browser;
        self.go_on().await;
        browser.fill(&label("Password"), password).await;
        browser.click(&role("button", "Continue")).await;
        self.name_it(name).await;
        self.words().await
    }

    /// Leaves the first page of an invitation, whatever it says about installing.
    pub async fn go_on(&self) {
        let (browser, title) = (&self.browser, role("heading", "to this phone"));
        let desk = role("button", "Use this browser as the phone");
        browser.wait_one_of(&[&title, &desk]).await;
        if browser.sees(&desk).await {
            browser.click(&desk).await;
            browser.wait(&title).await;
        }
        let without = role("button", "Go on without installing");
        let start = role("button", "Start").exactly();
        let there = if browser.sees(&without).await { without } else { start };
        browser.click(&there).await;
    }

    /// Names the phone, which is asked once.
    pub async fn name_it(&self, name: &str) {
        self.browser.wait(&role("heading", "Name of this phone")).await;
        self.browser.fill(&label("Name"), name).await;
        self.browser.click(&role("button", "Continue")).await;
    }

    /// The four words that are shown.
    pub async fn words(&self) -> Enrolment {
        let browser = &self.browser;
        browser.wait(&role("heading", "Do both screens show these four words?")).await;
        let words = browser.texts(&Target::css("ol.words > li")).await;
        assert_eq!(words.len(), 4, "{words:?}");
        Enrolment { words }
    }

    /// From the four words to the codes, with notices and without the app lock.
    pub async fn finish(&self) {
        let browser = &self.browser;
        browser.click(&role("button", "All four are the same")).await;
        browser.wait(&role("heading", "Turn on notifications?")).await;
        browser.click(&role("button", "Turn on notifications")).await;
        self.leave_out_the_lock().await;
        browser.click(&role("button", "Show codes")).await;
        browser.wait(&role("heading", "Codes")).await;
    }

    /// Past the question for the app lock, where it is asked, to the end of an enrolment.
    pub async fn leave_out_the_lock(&self) {
        let (browser, ready) = (&self.browser, role("heading", "This phone is ready"));
        let either = Target::css("h1");
        browser.wait(&either).await;
        let lock = role("heading", "app lock");
        browser.wait_one_of(&[&ready, &lock]).await;
        if browser.sees(&lock).await {
            browser.click(&role("button", "Later")).await;
        }
        browser.wait(&ready).await;
    }

    /// The codes that are shown, without their space.
    pub async fn codes(&self) -> Vec<String> {
        self.browser.wait(&text("tap to copy")).await;
        let spoken = self.browser.texts(&text("tap to copy")).await;
        let digits = |said: &String| said.chars().filter(char::is_ascii_digit).collect();
        spoken.iter().map(digits).collect()
    }

    /// Waits until the only account shows another code than now, and gives that.
    pub async fn next_code(&self) -> String {
        let before = self.codes().await;
        let changed = async {
            loop {
                let codes = self.codes().await;
                if codes != before {
                    return codes;
                }
                sleep(Duration::from_millis(300)).await;
            }
        };
        let codes = timeout(STEP, changed).await.expect("another code after a step");
        let [code] = codes.try_into().expect("one account");
        code
    }

    /// Waits for a request of an application to stand on the screen, and reads it.
    pub async fn wait_request(&self, application: &str) {
        self.browser.wait(&role("heading", &format!("Sign in to {application}?"))).await;
        sleep(READING).await;
    }

    /// Answers the request that stands on the screen.
    pub async fn answer(&self, answer: &Answer<'_>) {
        let browser = &self.browser;
        match answer {
            Answer::Approve { number } => {
                if let Some(number) = number {
                    browser.click(&label("Type the number shown")).await;
                    browser.keys(number).await;
                }
                browser.click(&role("button", "Approve sign-in")).await;
            }
            Answer::Deny => browser.click(&role("button", "Changed my mind").exactly()).await,
            Answer::Fraud => {
                browser.click(&role("button", "Not me").exactly()).await;
                browser.wait(&role("heading", "Who is signing in?")).await;
                browser.click(&role("button", "Not me: stop and report it")).await;
            }
        }
    }

    /// Waits for the page that tells how a request ended, and leaves it.
    pub async fn ended(&self, title: &str) {
        self.browser.wait(&role("heading", title)).await;
        self.browser.click(&role("button", "Done")).await;
    }

    /// Goes to a tab of the app: Codes, History or Settings.
    pub async fn go(&self, tab: &str) {
        let links = Target::any("navigation");
        self.browser.click(&role("link", tab).within(&links)).await;
        self.browser.wait(&role("heading", tab)).await;
    }
}

/// The app does not hear who answers what has just slid in.
const READING: Duration = Duration::from_millis(700);
/// How long a code counts, and a little.
const STEP: Duration = Duration::from_secs(40);
