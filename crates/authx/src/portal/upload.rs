//! Forms that carry a file: `multipart/form-data` (RFC 7578).

use super::error::PortalError;
use crate::serve::whole;
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};

/// What such a form sent.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    /// Its fields but the file.
    pub(crate) fields: Vec<(String, String)>,
    /// The file.
    pub(crate) file: Bytes,
    /// What it is called, without a path.
    pub(crate) file_name: String,
}

/// Reads a form with one file, all of it at most `most` bytes; `None` for what is no such form.
///
/// # Errors
///
/// [`PortalError::FormTooLong`], [`PortalError::FormTooSlow`].
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<Option<Upload>, PortalError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(boundary) = kind.and_then(boundary) else { return Ok(None) };
    let bytes = whole(body, most).await.map_err(|error| PortalError::unread(&error))?;
    Ok(parse(&bytes, boundary))
}

fn boundary(kind: &str) -> Option<&str> {
    let rest = kind.strip_prefix("multipart/form-data")?;
    let parameter = rest.split(';').map(str::trim).find_map(|it| it.strip_prefix("boundary="))?;
    let boundary = parameter.trim_matches('"');
    (!boundary.is_empty() && boundary.len() <= 70).then_some(boundary)
}

/// The file is a part of the body, not a copy of it.
fn parse(body: &Bytes, boundary: &str) -> Option<Upload> {
    let (first, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = body.get(find(body, first.as_bytes())? + first.len()..)?;
    let mut upload = Upload::default();
    // Two dashes end it.
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head = find(rest, b"\r\n\r\n")?;
        let names = std::str::from_utf8(rest.get(..head)?).ok()?;
        rest = rest.get(head + 4..)?;
        let end = find(rest, between.as_bytes())?;
        let value = rest.get(..end)?;
        rest = rest.get(end + between.len()..)?;
        let name = parameter(names, "name")?;
        match parameter(names, "filename") {
            Some(file) => {
                upload.file = body.slice_ref(value);
                let bare = file.rsplit(['/', '\\']).next().unwrap_or_default();
                let shown = bare.chars().filter(|c| !c.is_control()).take(100);
                upload.file_name = shown.collect();
            }
            None => upload.fields.push((name, String::from_utf8_lossy(value).into_owned())),
        }
    }
    Some(upload)
}

/// A parameter of `Content-Disposition`; browsers write `"` in it as `%22`.
fn parameter(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| {
        line.get(..20).is_some_and(|it| it.eq_ignore_ascii_case("content-disposition:"))
    })?;
    let mark = format!("; {name}=\"");
    let (_, rest) = line.split_once(&mark)?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("%22", "\""))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    // The first byte is rare in a text: boundaries begin with a line's end.
    let first = wanted.first()?;
    let mut at = 0;
    while let Some(ahead) = text.get(at..)?.iter().position(|byte| byte == first) {
        at += ahead;
        if text.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_form_with_a_file_is_read() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n--x\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"C:\\a\\u%22.csv\"\r\n\
            Content-Type: text/csv\r\n\r\nname\r\n--y\r\n\r\n--x--\r\n";
        let upload = parse(&Bytes::from_static(body), "x").unwrap();
        assert_eq!(upload.fields, [("csrf".to_owned(), "abc".to_owned())]);
        assert_eq!(&*upload.file, b"name\r\n--y\r\n");
        assert_eq!(upload.file_name, "u\".csv");
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\""), Some("a b"));
        assert_eq!(boundary("text/plain"), None);
    }

    proptest! {
        #[test]
        fn anything_is_answered(body: Vec<u8>) {
            let mut form = b"--x\r\n".to_vec();
            form.extend(&body);
            let _ = parse(&form.into(), "x");
        }
    }
}
