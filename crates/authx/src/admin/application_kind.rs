//! What can be protected: the catalogue.

use crate::packages::Server;
use authx_core::policy::{Document, FirstFactorKind};
use serde::{Deserialize, Serialize};

/// What is protected.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub enum ApplicationKind {
    /// A VPN of OpenVPN servers.
    #[serde(rename = "openvpn")]
    Openvpn,
    /// OpenVPN Access Server, which proves the first factor itself.
    #[serde(rename = "openvpn-access-server")]
    OpenvpnAccessServer,
    /// A program of the operator's own.
    #[serde(rename = "api")]
    Api,
    /// AuthX's own pages: made by itself, not listed, without keys.
    #[serde(rename = "portal")]
    Portal,
}

impl ApplicationKind {
    /// Those that somebody can protect.
    pub const ALL: &'static [Self] = &[Self::Openvpn, Self::OpenvpnAccessServer, Self::Api];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Openvpn => "openvpn",
            Self::OpenvpnAccessServer => "openvpn-access-server",
            Self::Api => "api",
            Self::Portal => "portal",
        }
    }

    /// The kind of a stored or typed word that somebody can protect.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Openvpn => "OpenVPN Community",
            Self::OpenvpnAccessServer => "OpenVPN Access Server",
            Self::Api => "Generic API",
            Self::Portal => "Portal",
        }
    }

    /// What is installed on its hosts, where there is something.
    pub fn server(self) -> Option<Server> {
        match self {
            Self::Openvpn => Some(Server::Community),
            Self::OpenvpnAccessServer => Some(Server::AccessServer),
            Self::Api | Self::Portal => None,
        }
    }

    /// What the policy of such an application says at first.
    pub(super) fn policy(self) -> Document {
        let first_factors = match self {
            Self::Openvpn | Self::Api | Self::Portal => None,
            Self::OpenvpnAccessServer => Some(vec![FirstFactorKind::AccessServer]),
        };
        Document { first_factors, ..Document::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_and_the_portal_is_not_for_sale() {
        for &kind in ApplicationKind::ALL {
            assert_eq!(ApplicationKind::from_word(kind.word()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
        assert_eq!(ApplicationKind::from_word("portal"), None);
        assert_eq!(serde_json::to_value(ApplicationKind::Portal).unwrap(), "portal");
    }
}
