//! Every form, filled in as people do who hurry, mistype, paste and press twice, and as those do who
//! mean no good.

use crate::{
    form::{Answer, Field, Shape, answer, forms},
    house::House,
    rows::{ELSEWHERE, ROWS, Row},
    ways::Ways,
};
use authx::portal::{Access, Route, routes};
use authx_e2e::browser::{Browser, Target};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_filled_in_wrongly() {
    let Some(house) = House::for_many("every_form_filled_in_wrongly").await else { return };
    let desk = house.owner().await;
    let beside = house.beside().await;
    desk.browser.set_width(NARROW).await;
    let mut walk = Walk {
        ways: Box::pin(Ways::new(&desk, &beside)).await,
        faults: vec![],
        axe: BTreeSet::new(),
        moved: false,
        answered: false,
    };
    for row in ROWS {
        Box::pin(walk.row(row)).await;
    }
    assert!(walk.faults.is_empty(), "{}:\n{}", walk.faults.len(), walk.faults.join("\n"));
    desk.browser.is_clean().await;
}

/// A new form is tried too, or it is said why not.
#[test]
fn every_form_has_a_row() {
    let routes: BTreeSet<&str> = routes()
        .iter()
        .filter(|route| route.method.as_str() == "POST")
        .map(|route| route.path)
        .collect();
    let rows = ROWS.iter().filter(|row| !row.asks).map(|row| row.route);
    let told: BTreeSet<&str> = rows.chain(ELSEWHERE.iter().map(|(route, _)| *route)).collect();
    let missing: Vec<_> = routes.symmetric_difference(&told).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What somebody types.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wrong {
    Blank,
    Long,
    Hostile,
    Number,
    Taken,
}

struct Walk<'a> {
    ways: Ways<'a>,
    faults: Vec<String>,
    /// Pages that axe has seen.
    axe: BTreeSet<String>,
    /// Whether the page is another one than that of the form.
    moved: bool,
    /// Whether the form stands in an answer.
    answered: bool,
}

impl Walk<'_> {
    fn browser(&self) -> &Browser {
        &self.ways.desk.browser
    }

    async fn row(&mut self, row: &Row) {
        self.ways.open(row.way).await;
        let shapes = forms(self.browser(), row).await;
        if shapes.is_empty() {
            self.faults.push(format!("{}: no such form at {:?}", row.route, row.way));
        }
        let mut known = BTreeSet::new();
        for shape in shapes {
            let key = shape.key();
            if !known.insert(key.clone()) {
                continue;
            }
            if known.len() > 1 {
                self.ways.open(row.way).await;
            }
            if shape.fields.is_empty() {
                Box::pin(self.pressed(row, &key)).await;
            } else {
                Box::pin(self.typed(row, &key)).await;
            }
        }
    }

    /// A form that is typed into.
    async fn typed(&mut self, row: &Row, key: &str) {
        (self.moved, self.answered) = (false, false);
        for wrong in WRONG {
            self.wrong(row, key, wrong).await;
        }
        if row.asks {
            return;
        }
        let Some(shape) = self.again(row, key).await else { return };
        self.with_another_token(row, key, &shape).await;
        if row.guarded() {
            self.after_its_session(row, key).await;
        }
        let Some(shape) = self.back(row, key).await else { return };
        self.twice(row, key, &shape).await;
    }

    /// A form that is a button.
    async fn pressed(&mut self, row: &Row, key: &str) {
        let Some(shape) = self.here(row, key).await else { return self.gone(key).await };
        self.fill(row, &shape).await;
        let sent = json!({ "button": shape.button, "token": "x".repeat(43) });
        let answer = self.browser().evaluate(SENT, sent).await;
        self.refused(key, &answer, STALE);
        if row.guarded() {
            self.ways.turn_sessions().await;
            let answer = self.browser().evaluate(SENT, json!({ "button": shape.button })).await;
            self.ways.turn_sessions().await;
            self.refused(key, &answer, OVER);
        }
        self.twice(row, key, &shape).await;
    }

    /// Opens the page and reaches the form.
    async fn again(&mut self, row: &Row, key: &str) -> Option<Shape> {
        self.ways.open(row.way).await;
        let found = self.here(row, key).await;
        if found.is_none() {
            self.gone(key).await;
        }
        found
    }

    async fn gone(&mut self, key: &str) {
        let says = self.ways.desk.says().await;
        self.faults.push(format!("{key}: is not there any more: {says}"));
    }

    /// The form as it stands in the page, once what hides it was opened.
    async fn here(&self, row: &Row, key: &str) -> Option<Shape> {
        let found = forms(self.browser(), row).await;
        let shape = found.into_iter().find(|shape| shape.key() == key)?;
        if let Some(opener) = shape.opener {
            self.browser().click(&marked(opener)).await;
        }
        Some(shape)
    }

    /// Types what is right into a form, as far as it does not stand there.
    async fn fill(&self, row: &Row, shape: &Shape) {
        self.fill_but(row, shape, &[]).await;
    }

    /// The same, some fields left out.
    async fn fill_but(&self, row: &Row, shape: &Shape, others: &[(u64, String)]) {
        for (selector, value) in row.chosen {
            let selector = self.ways.filled(selector).await;
            let value = self.ways.filled(value).await;
            let choice = json!({ "selector": selector, "value": value });
            self.browser().evaluate(CHOOSE, choice).await;
        }
        let open = |field: &&Field| others.iter().all(|(mark, _)| *mark != field.mark);
        for field in shape.fields.iter().filter(open) {
            let right = row.right.iter().find(|(name, _)| *name == field.name);
            if field.kind == "file" {
                let text = "name\nzoe\n";
                self.browser().choose_file(&marked(field.mark), "users.csv", text).await;
            } else if let Some((_, right)) = right {
                let right = self.ways.filled(right).await;
                self.browser().fill(&marked(field.mark), &right).await;
            }
        }
    }

    /// Sends a form that cannot be taken, or only as what it is: text.
    async fn wrong(&mut self, row: &Row, key: &str, wrong: Wrong) {
        let Some(shape) = self.still(row, key).await else { return };
        let typed = typed(row, &shape, wrong);
        if typed.is_empty() {
            return;
        }
        self.fill_but(row, &shape, &typed).await;
        for (mark, text) in &typed {
            let is_it = |field: &&Field| field.mark == *mark;
            if shape.fields.iter().find(is_it).is_some_and(|field| field.kind == "file") {
                if wrong == Wrong::Hostile {
                    self.browser().choose_file(&marked(*mark), &format!("{text}.csv"), text).await;
                }
            } else if wrong == Wrong::Long {
                let paste = json!({ "mark": mark, "text": text });
                self.browser().evaluate(PASTE, paste).await;
            } else {
                self.browser().fill(&marked(*mark), text).await;
            }
        }
        // As it is cut off where a field takes no more.
        let Some(typed) = self.here(row, key).await else { return };
        let what = format!("{key} {wrong:?}");
        self.stopped_by_the_browser(&what, &typed).await;
        self.browser().submit(&marked(typed.button)).await;
        let answer = answer(self.browser()).await;
        self.judge(&what, &answer).await;
        if answer.status < 400 {
            self.moved = true;
            let needed = typed.fields.iter().any(|field| field.needed);
            let never = matches!(wrong, Wrong::Long | Wrong::Taken);
            if never || (wrong == Wrong::Blank && needed) {
                self.faults.push(format!("{what}: is taken"));
            }
            return;
        }
        self.kept(row, &what, &typed).await;
    }

    /// The form where it still stands, with what was wrong before; else on its page anew.
    async fn still(&mut self, row: &Row, key: &str) -> Option<Shape> {
        if !self.moved
            && let Some(shape) = self.here(row, key).await
        {
            return Some(shape);
        }
        (self.moved, self.answered) = (false, false);
        self.again(row, key).await
    }

    /// Where the browser itself sees what is wrong, nothing is sent; it is then told to leave that to
    /// the server.
    async fn stopped_by_the_browser(&mut self, what: &str, shape: &Shape) {
        let stopped = self.browser().evaluate(STOPPED, shape.button.into()).await;
        if stopped == Value::Null {
            return;
        }
        let before = self.browser().posts().await;
        self.browser().click(&marked(shape.button)).await;
        let focused = self.browser().count(&Target::css(":focus:invalid")).await;
        if focused != 1 {
            self.faults.push(format!("{what}: {stopped}, and nothing has the focus"));
        }
        if self.browser().posts().await != before {
            self.faults.push(format!("{what}: {stopped}, and was sent"));
        }
        self.browser().evaluate(NOT_BY_THE_BROWSER, shape.button.into()).await;
    }

    /// What a page that answers must be, whatever was typed.
    async fn judge(&mut self, what: &str, answer: &Answer) {
        let mut say =
            |fault: String| self.faults.push(format!("{what}: {} {fault}", answer.status));
        if answer.status >= 500 || answer.status == 404 {
            say(format!("is “{}”", answer.heading));
        }
        if answer.markup > 0 {
            say("has what was typed as markup".to_owned());
        }
        if !answer.over.is_empty() {
            say(format!("scrolls sideways by {:?}", answer.over));
        }
        if answer.status >= 400 && answer.invalid.is_empty() && answer.alerts.is_empty() {
            say(format!("says nothing but “{}”", answer.heading));
        }
        for field in &answer.invalid {
            if field.says.is_empty() {
                say(format!("does not say what is wrong with {}", field.name));
            }
        }
        if !answer.invalid.is_empty() && !answer.focus {
            say("leaves the focus elsewhere".to_owned());
        }
        let form = what.split(' ').next().unwrap_or_default().to_owned();
        if answer.status >= 400 && self.axe.insert(form) {
            let found = self.browser().axe().await;
            self.faults.extend(found.iter().map(|one| format!("{what}: {one}")));
        }
    }

    /// What was typed is still there, in the form or one page back; passwords are not.
    async fn kept(&mut self, row: &Row, what: &str, typed: &Shape) {
        let key = typed.key();
        let mut now = self.here(row, &key).await;
        if now.is_none() {
            // What is one page back is an answer itself: a browser asks before it shows that again.
            self.moved = true;
            if self.answered || row.way.is_posted() {
                return;
            }
            self.browser().back().await;
            now = self.here(row, &key).await;
        }
        let Some(now) = now else {
            self.faults.push(format!("{what}: the form is gone"));
            return;
        };
        self.answered = !self.moved;
        for (before, now) in typed.fields.iter().zip(&now.fields) {
            let is_secret = SECRETS.contains(&now.name.as_str()) || now.kind == "password";
            if now.kind == "password" && !now.value.is_empty() {
                self.faults.push(format!("{what}: a password is written back"));
            }
            if !is_secret && now.kind != "file" && now.value.trim() != before.value.trim() {
                let (name, before, now) = (&now.name, &before.value, &now.value);
                self.faults.push(format!("{what}: {name} was {before:?} and is {now:?}"));
            }
        }
    }

    /// A form whose token is another browser's does nothing and says so; what was typed is one page
    /// back.
    async fn with_another_token(&mut self, row: &Row, key: &str, shape: &Shape) {
        self.fill(row, shape).await;
        self.browser().evaluate(OTHER_TOKEN, shape.button.into()).await;
        self.browser().submit(&marked(shape.button)).await;
        self.refused_here(key, STALE).await;
    }

    /// The same for a form whose session ended.
    async fn after_its_session(&mut self, row: &Row, key: &str) {
        let Some(shape) = self.back(row, key).await else { return };
        self.fill(row, &shape).await;
        self.ways.turn_sessions().await;
        self.browser().submit(&marked(shape.button)).await;
        self.ways.turn_sessions().await;
        self.refused_here(key, OVER).await;
    }

    async fn refused_here(&mut self, key: &str, wanted: (u64, &str)) {
        let answer = answer(self.browser()).await;
        self.refused(key, &json!([answer.status, answer.heading]), wanted);
    }

    fn refused(&mut self, key: &str, answer: &Value, wanted: (u64, &str)) {
        if *answer != json!(wanted) {
            self.faults.push(format!("{key}: {answer}, not {wanted:?}"));
        }
    }

    /// Goes back to what was filled in.
    async fn back(&mut self, row: &Row, key: &str) -> Option<Shape> {
        if row.way.is_posted() {
            return self.again(row, key).await;
        }
        self.browser().back().await;
        let Some(shape) = self.here(row, key).await else {
            return self.again(row, key).await;
        };
        // Browsers give neither passwords back nor what they are told to forget.
        let open =
            |field: &&Field| field.kind != "password" && !SECRETS.contains(&field.name.as_str());
        for field in shape.fields.iter().filter(open) {
            let right = row.right.iter().find(|(name, _)| *name == field.name);
            let is_kept = |right: &str| right.contains('{') || field.value == right;
            if right.is_some_and(|(_, right)| !is_kept(right)) {
                let (name, value) = (&field.name, &field.value);
                self.faults.push(format!("{key}: one page back {name} is {value:?}"));
            }
        }
        Some(shape)
    }

    /// Pressed twice is sent once, and done.
    async fn twice(&mut self, row: &Row, key: &str, shape: &Shape) {
        self.fill(row, shape).await;
        let before = self.browser().posts().await;
        self.browser().submit_twice(&marked(shape.button)).await;
        let sent = self.browser().posts().await - before;
        if sent != 1 + u64::from(row.judged) {
            self.faults.push(format!("{key}: pressed twice is sent {sent} times"));
        }
        let answer = answer(self.browser()).await;
        self.judge(&format!("{key} right"), &answer).await;
        let refused = answer.status >= 400 || !answer.invalid.is_empty();
        if refused != row.never {
            let said = self.ways.desk.says().await;
            self.faults.push(format!("{key}: what is right is {}: {said}", answer.status));
        }
    }
}

impl Row {
    /// Whether a session has to be there.
    fn guarded(&self) -> bool {
        let is_it = |route: &Route| route.path == self.route && route.method.as_str() == "POST";
        routes()
            .iter()
            .find(|route| is_it(route))
            .is_some_and(|route| route.access != Access::Public)
    }
}

/// What is typed where.
fn typed(row: &Row, shape: &Shape, wrong: Wrong) -> Vec<(u64, String)> {
    let of = |field: &Field| {
        let text = match wrong {
            Wrong::Long | Wrong::Number if field.kind == "file" => return None,
            Wrong::Blank => "   ".to_owned(),
            Wrong::Long => "x".repeat(field.most + 1),
            Wrong::Hostile => HOSTILE.to_owned(),
            Wrong::Number if field.mode == "numeric" => "-1".to_owned(),
            Wrong::Number => return None,
            Wrong::Taken => {
                let taken = row.taken.iter().find(|(name, _)| *name == field.name)?;
                taken.1.to_owned()
            }
        };
        Some((field.mark, text))
    };
    shape.fields.iter().filter_map(of).collect()
}

fn marked(mark: u64) -> Target {
    Target::css(&format!("[data-walk='{mark}']"))
}

const WRONG: [Wrong; 5] = [Wrong::Blank, Wrong::Long, Wrong::Hostile, Wrong::Number, Wrong::Taken];
const HOSTILE: &str = r#"'); DROP TABLE account; --"><img src=x onerror="document.title='ran'">"#;
const STALE: (u64, &str) = (403, "This form is from another session");
const OVER: (u64, &str) = (401, "Your session has ended");
/// Written into no page, as passwords are.
const SECRETS: [&str; 3] = ["code", "digits", "link"];
/// The width of a small phone.
const NARROW: u32 = 320;

const CHOOSE: &str = r"
    const one = document.querySelector(arg.selector);
    if (one.matches('[type=checkbox], [type=radio]')) one.checked = true;
    else one.value = arg.value;
";

/// The field for which a browser sends nothing.
const STOPPED: &str = r#"
    const { form } = document.querySelector(`[data-walk="${arg}"]`);
    if (form.noValidate || form.checkValidity()) return null;
    const first = [...form.elements].find(one => !one.validity.valid);
    return `${first.name}: ${first.validationMessage}`;
"#;

const NOT_BY_THE_BROWSER: &str =
    r#"document.querySelector(`[data-walk="${arg}"]`).form.noValidate = true"#;

const OTHER_TOKEN: &str = r#"
    const { form } = document.querySelector(`[data-walk="${arg}"]`);
    form.elements._csrf.value = 'x'.repeat(43);
"#;

/// Past what a field takes, as whatever is no keyboard may.
const PASTE: &str = r#"
    const field = document.querySelector(`[data-walk="${arg.mark}"]`);
    field.removeAttribute('maxlength');
    field.value = arg.text;
"#;

/// What comes of a form without pressing anything: status and heading.
const SENT: &str = r#"
    const button = document.querySelector(`[data-walk="${arg.button}"]`);
    const body = new URLSearchParams(new FormData(button.form, button));
    if (arg.token) body.set('_csrf', arg.token);
    const answer = await fetch(button.form.action, { method: 'POST', body });
    return [answer.status, /<h1>([^<]*)/.exec(await answer.text())?.[1]];
"#;
