//! The forms of a page, as a browser would send them.

/// One form that sends.
#[derive(Clone, Debug)]
pub(crate) struct HtmlForm {
    pub(crate) action: String,
    pub(crate) carries_files: bool,
    /// Whether anything on the page sends it.
    pub(crate) is_sent: bool,
    pub(crate) fields: Vec<Field>,
}

/// What stands in it under one name. Of several buttons or choices each is one.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// What is sent when nobody touches it; `None`: nothing is.
    pub(crate) value: Option<String>,
    /// What else the page offers.
    pub(crate) choices: Vec<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Button,
    Choice,
    File,
    Hidden,
    Password,
    Text,
}

/// The forms of a page that are sent by POST.
pub(crate) fn forms(page: &str) -> Vec<HtmlForm> {
    let mut forms: Vec<(Option<String>, HtmlForm)> = vec![];
    let mut inside = false;
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        rest = after;
        let element = tag.split([' ', '\n']).next().unwrap_or_default();
        match element {
            "form" => {
                inside = attribute(tag, "method").as_deref() == Some("post");
                if inside {
                    let action = attribute(tag, "action").unwrap();
                    let carries_files = attribute(tag, "enctype").is_some();
                    let form = HtmlForm { action, carries_files, is_sent: false, fields: vec![] };
                    forms.push((attribute(tag, "id"), form));
                }
            }
            "/form" => inside = false,
            "input" | "button" | "select" | "textarea" => {
                let of = attribute(tag, "form");
                let form = match &of {
                    Some(id) => forms.iter_mut().find(|(known, _)| known.as_ref() == Some(id)),
                    None if inside => forms.last_mut(),
                    None => None,
                };
                let Some((_, form)) = form else { continue };
                let is_button = element == "button" && !tag.contains(" type=\"button\"");
                form.is_sent |= is_button;
                if let Some(name) = attribute(tag, "name") {
                    field(form, element, tag, name, rest);
                }
            }
            _ => {}
        }
    }
    forms.into_iter().map(|(_, form)| form).collect()
}

fn field(form: &mut HtmlForm, element: &str, tag: &str, name: String, rest: &str) {
    let kind = attribute(tag, "type").unwrap_or_default();
    let value = attribute(tag, "value");
    let chosen = tag.split(' ').any(|word| word == "checked");
    let (kind, value, choices) = match (element, kind.as_str()) {
        ("button", "button") => return,
        ("button", _) => (Kind::Button, None, vec![value.unwrap_or_default()]),
        ("select", _) => {
            let (options, _) = rest.split_once("</select>").unwrap();
            let options = options.split("<option").skip(1);
            let options: Vec<(String, bool)> = options
                .map(|option| {
                    let tag = option.split('>').next().unwrap_or_default();
                    (attribute(tag, "value").unwrap_or_default(), tag.ends_with(" selected"))
                })
                .collect();
            let selected = options.iter().find(|(_, selected)| *selected).or(options.first());
            let value = selected.map(|(value, _)| value.clone());
            (Kind::Choice, value, options.into_iter().map(|(value, _)| value).collect())
        }
        ("textarea", _) => {
            let (text, _) = rest.split_once("</textarea>").unwrap();
            (Kind::Text, Some(unescaped(text.trim_start_matches('\n'))), vec![])
        }
        (_, "checkbox" | "radio") => {
            let value = value.unwrap_or_else(|| "on".to_owned());
            (Kind::Choice, chosen.then(|| value.clone()), vec![value])
        }
        (_, "file") => (Kind::File, None, vec![]),
        (_, "hidden") => (Kind::Hidden, Some(value.unwrap_or_default()), vec![]),
        (_, "password") => (Kind::Password, Some(String::new()), vec![]),
        _ => (Kind::Text, Some(value.unwrap_or_default()), vec![]),
    };
    match form.fields.iter_mut().find(|known| known.name == name) {
        Some(known) => {
            known.choices.extend(choices);
            known.value = known.value.take().or(value);
        }
        None => form.fields.push(Field { name, kind, value, choices }),
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split_once('"')?.0))
}

fn unescaped(text: &str) -> String {
    let plain = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    plain.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// As a page writes it.
pub(crate) fn escaped(text: &str) -> String {
    let plain = [('&', "&#38;"), ('<', "&#60;"), ('>', "&#62;"), ('"', "&#34;"), ('\'', "&#39;")];
    plain.iter().fold(text.to_owned(), |text, (from, to)| text.replace(*from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_does() {
        let page = r#"<form method="get" action="/x"><input name="q"></form>
            <form id="f" method="post" action="/a?b=1&#38;c=2"><input type="hidden" name="t" value="&#34;">
            <select name="s"><option value="1">One</option><option value="2" selected>Two</option></select>
            <textarea class="x" name="a" maxlength="4">
&#60;b&#62;</textarea><input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>
            <input name="p" type="password"></form><button form="f" name="d" value="v">Do</button>"#;
        let forms = forms(page);
        assert_eq!(forms.len(), 1);
        assert_eq!(forms[0].action, "/a?b=1&c=2");
        let told = |name: &str| {
            let field = forms[0].fields.iter().find(|field| field.name == name).unwrap();
            (field.kind, field.value.as_deref(), field.choices.len())
        };
        assert_eq!(told("t"), (Kind::Hidden, Some("\""), 0));
        assert_eq!(told("s"), (Kind::Choice, Some("2"), 2));
        assert_eq!(told("a"), (Kind::Text, Some("<b>"), 0));
        assert_eq!(told("r"), (Kind::Choice, Some("2"), 2));
        assert_eq!(told("p"), (Kind::Password, Some(""), 0));
        assert_eq!(told("d"), (Kind::Button, None, 1));
        assert_eq!(escaped("<b>"), "&#60;b&#62;");
    }
}
