//! What a user is given to enrol with: a link, or what stands behind its `#`.

use authx_core::wire::phone::{InvalidToken, Token};
use authx_program::config::{InvalidOrigin, Origin};

/// What opens an enrolment, and the server it came with where it was a link.
#[derive(Clone, Debug)]
pub struct Link {
    /// The origin of phones that the link leads to.
    pub server: Option<Origin>,
    /// An invitation, an activation, or the short code of either.
    pub token: Token,
}

/// Why a text is neither link nor code.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidLink {
    /// A link without what is behind the `#`.
    #[error("the link has nothing behind a “#”: copy all of it, and put it in quotes")]
    Cut,
    /// The server's part of the link.
    #[error("the address in the link cannot be used")]
    Server(#[from] InvalidOrigin),
    /// Neither form of token.
    #[error(transparent)]
    Token(#[from] InvalidToken),
}

impl std::str::FromStr for Link {
    type Err = InvalidLink;

    fn from_str(text: &str) -> Result<Self, InvalidLink> {
        let text = text.trim();
        if !text.contains("://") {
            return Ok(Self { server: None, token: Token::parse(text)? });
        }
        let (server, behind) = text.split_once('#').ok_or(InvalidLink::Cut)?;
        if behind.is_empty() {
            return Err(InvalidLink::Cut);
        }
        let server = server.strip_suffix('/').unwrap_or(server).parse()?;
        Ok(Self { server: Some(server), token: Token::parse(behind)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn links_and_codes_are_told_apart() {
        let server = "https://phone.mfa.example.com:8443";
        let token = Token::Activation(Zeroizing::new([7; 32]));
        let short = Token::parse("K7QF-2M9X").unwrap();
        for (text, at, wanted) in [
            (format!("{server}/#{}", *token.text()), Some(server), &token),
            (format!(" {server}#{}\n", *token.text()), Some(server), &token),
            (format!("{server}/#k7qf-2m9x"), Some(server), &short),
            ("k7qf 2m9x".to_owned(), None, &short),
            (token.text().to_string(), None, &token),
        ] {
            let link: Link = text.parse().unwrap();
            let found = link.server.map(|server| server.to_string());
            assert_eq!((found.as_deref(), &link.token), (at, wanted), "{text}");
        }
    }

    #[test]
    fn what_is_neither_says_why() {
        for (text, why) in [
            ("", "code of eight characters"),
            ("K7QF-2M9", "code of eight characters"),
            ("axi_a", "characters long instead of"),
            ("https://phone.example.com/", "copy all of it"),
            ("https://phone.example.com/#", "copy all of it"),
            ("https://phone.example.com/x#axi_1", "cannot be used"),
            ("http://phone.example.com/#axi_1", "cannot be used"),
        ] {
            let error = text.parse::<Link>().expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
