//! Forms as they stand in a page, and pages as they answer.

use crate::rows::Row;
use authx_e2e::browser::Browser;
use serde_json::{Value, json};

/// A form, and one of the buttons that send it.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// The path that takes it, with `{}` for ids.
    route: String,
    /// Every name that it sends, and the button's.
    names: String,
    /// The number that the page's script has written on its button.
    pub(crate) button: u64,
    /// On what opens the part in which it stands.
    pub(crate) opener: Option<u64>,
    /// What can be typed.
    pub(crate) fields: Vec<Field>,
}

/// A field that is typed into.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) mark: u64,
    pub(crate) name: String,
    /// Of an `input`, else the element's.
    pub(crate) kind: String,
    /// As many characters as it takes.
    pub(crate) most: usize,
    pub(crate) mode: String,
    /// Whether a browser sends nothing without.
    pub(crate) needed: bool,
    pub(crate) value: String,
}

/// What a page says that came in answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) heading: String,
    /// Fields that are marked as wrong.
    pub(crate) invalid: Vec<Invalid>,
    pub(crate) alerts: Vec<String>,
    /// Whether one of those has the focus.
    pub(crate) focus: bool,
    /// What goes beyond the edge.
    pub(crate) over: Vec<String>,
    /// How much of what was typed became markup.
    pub(crate) markup: u64,
}

/// A field that is marked as wrong, and the words for it that can be seen.
#[derive(Debug)]
pub(crate) struct Invalid {
    pub(crate) name: String,
    pub(crate) says: String,
}

impl Shape {
    /// What it has in common with the same form on another page.
    pub(crate) fn key(&self) -> String {
        format!("{}[{}]", self.route, self.names)
    }
}

/// The forms of the page that a row is about.
pub(crate) async fn forms(browser: &Browser, row: &Row) -> Vec<Shape> {
    let parts = row
        .route
        .split('/')
        .map(|part| if part.starts_with('{') { "[^/]+".to_owned() } else { part.to_owned() });
    let path = format!("^{}$", parts.collect::<Vec<_>>().join("/"));
    let method = if row.asks { "get" } else { "post" };
    let found = browser.evaluate(FORMS, json!({ "path": path, "method": method })).await;
    let found = found.as_array().unwrap().iter();
    found
        .map(|one| Shape {
            route: row.route.to_owned(),
            names: text(&one["names"]),
            button: one["button"].as_u64().unwrap(),
            opener: one["opener"].as_u64(),
            fields: one["fields"].as_array().unwrap().iter().map(field).collect(),
        })
        .collect()
}

fn field(one: &Value) -> Field {
    Field {
        mark: one["mark"].as_u64().unwrap(),
        name: text(&one["name"]),
        kind: text(&one["kind"]),
        most: one["most"].as_u64().unwrap().try_into().unwrap(),
        mode: text(&one["mode"]),
        needed: one["needed"] == true,
        value: text(&one["value"]),
    }
}

/// The page as it stands there.
pub(crate) async fn answer(browser: &Browser) -> Answer {
    let found = browser.evaluate(ANSWER, Value::Null).await;
    let invalid = found["invalid"].as_array().unwrap().iter();
    Answer {
        status: found["status"].as_u64().unwrap(),
        heading: text(&found["heading"]),
        invalid: invalid
            .map(|one| Invalid { name: text(&one["name"]), says: text(&one["says"]) })
            .collect(),
        alerts: found["alerts"].as_array().unwrap().iter().map(text).collect(),
        focus: found["focus"] == true,
        over: found["over"].as_array().unwrap().iter().map(text).collect(),
        markup: found["markup"].as_u64().unwrap(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

const FORMS: &str = r"
    const is = new RegExp(arg.path);
    const seen = one => one.getClientRects().length > 0;
    let marks = 0;
    document.querySelectorAll('[data-walk]').forEach(one => delete one.dataset.walk);
    const mark = one => Number(one.dataset.walk ??= String(++marks));
    const LINES = ['email', 'file', 'number', 'password', 'search', 'tel', 'text', 'url'];
    const typed = one => one.name && !one.readOnly && !one.disabled
        && (one.matches('textarea') || one.matches('input') && LINES.includes(one.type));
    const found = [];
    for (const button of document.querySelectorAll('button:not([type=button]):enabled')) {
        const { form } = button;
        if (form?.getAttribute('method') !== arg.method || button.closest('.toast')) continue;
        if (!is.test(new URL(form.action).pathname)) continue;
        const dialog = button.closest('dialog:not([open])');
        const opener = dialog ? document.querySelector(`[data-dialog='${dialog.id}']`)
            : button.closest('details:not([open])')?.querySelector('summary');
        if (!seen(opener ?? button)) continue;
        const names = [...form.elements].filter(one => one.name && one !== button && !one.matches('button')).map(one => one.name.replace(/:.*/, ''));
        const name = button.name && `${button.name}=${button.value}`;
        found.push({
            names: [...new Set(names)].filter(one => one !== '_csrf').concat(name || []).join(' ').slice(0, 60),
            button: mark(button),
            opener: opener ? mark(opener) : null,
            fields: [...form.elements].filter(typed).map(one => ({
                mark: mark(one), name: one.name, kind: one.matches('textarea') ? 'textarea' : one.type,
                most: one.maxLength < 0 ? 10000 : one.maxLength, mode: one.inputMode,
                needed: one.required, value: one.value,
            })),
        });
    }
    return found;
";

const ANSWER: &str = r"
    await document.fonts.ready;
    const seen = one => one.getClientRects().length > 0;
    const words = one => one !== null && seen(one) ? one.innerText.trim() : '';
    const described = one => (one.getAttribute('aria-describedby') ?? '').split(' ')
        .map(id => words(document.getElementById(id))).join(' ').trim();
    const width = document.documentElement.clientWidth;
    const wide = document.documentElement.scrollWidth > width
        ? [...document.body.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > width + 1) : [];
    return {
        status: performance.getEntriesByType('navigation')[0].responseStatus,
        heading: words(document.querySelector('h1')),
        invalid: [...document.querySelectorAll('[aria-invalid=true]')].map(one => ({ name: one.name, says: described(one) })),
        alerts: [...document.querySelectorAll('[role=alert], .error')].map(words).filter(one => one !== ''),
        focus: document.activeElement.getAttribute('aria-invalid') === 'true',
        over: wide.filter(one => !wide.some(other => other !== one && one.contains(other))).map(one => one.outerHTML.slice(0, 120)),
        markup: document.querySelectorAll('[onerror], img[src=x]').length + (document.title === 'ran'),
    };
";
