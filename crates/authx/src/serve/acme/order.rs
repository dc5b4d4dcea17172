//! One order: account, names, questions, certificate (RFC 8555 §7).

use super::authority::{Authority, Unreachable};
use super::challenge::{ChallengeError, Challenges};
use super::state::{State, StateError, StoredAccount};
use crate::config::Acme;
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder, Order,
    OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use std::time::Duration;
use zeroize::Zeroizing;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The authority refused, or could not be asked.
    #[error(transparent)]
    Authority(#[from] Error),
    /// The question cannot be answered.
    #[error(transparent)]
    Challenge(#[from] ChallengeError),
    /// The authority asks about a name that was not ordered.
    #[error("the authority asks about {0}, which was not ordered")]
    Foreign(String),
    /// What came is not what was ordered.
    #[error("the authority's certificate cannot be used: {0}")]
    Useless(&'static str),
    /// A key or a request for a certificate.
    #[error("no request for a certificate can be made")]
    Request(#[from] rcgen::Error),
    /// The directory.
    #[error(transparent)]
    State(#[from] StateError),
    /// The authority looked, and was not content.
    #[error("the authority found {name} unproved: {found}")]
    Unproved {
        /// Which name.
        name: String,
        /// What it says.
        found: String,
        /// The word for it (RFC 8555 §6.7).
        code: String,
    },
    /// It offers no question that this server can answer.
    #[error("the authority does not ask by TLS-ALPN-01 for {0}, and nothing else can be answered")]
    OtherQuestions(String),
}

/// A chain and its key, in PEM.
pub(super) struct Ordered {
    pub(super) chain: String,
    pub(super) key: Zeroizing<String>,
}

/// Orders a certificate for the configured names, and for no other.
pub(super) async fn order(
    acme: &Acme,
    state: &State,
    authority: &Authority,
    challenges: &Challenges,
) -> Result<Ordered, OrderError> {
    let account = account(acme, state, authority).await?;
    let names: Vec<_> = acme.names.iter().cloned().map(Identifier::Dns).collect();
    let mut wanted = NewOrder::new(&names);
    if let Some(profile) = &acme.profile {
        wanted = wanted.profile(profile);
    }
    let mut order = account.new_order(&wanted).await?;
    let proved = prove(&mut order, acme, challenges).await;
    challenges.close();
    proved?;

    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(acme.names.clone())?;
    params.distinguished_name = DistinguishedName::new();
    order.finalize_csr(params.serialize_request(&key)?.der()).await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    Ok(Ordered { chain, key: Zeroizing::new(key.serialize_pem()) })
}

/// The account at this authority; made at the first order, and anew where the authority has
/// forgotten it.
async fn account(acme: &Acme, state: &State, authority: &Authority) -> Result<Account, OrderError> {
    let directory = acme.directory.as_str();
    let contact = acme.contact.as_ref().map(ToString::to_string);
    let contacts: Vec<&str> = contact.as_deref().into_iter().collect();
    let builder = || Account::builder_with_http(Box::new(authority.clone()));
    if let Some(StoredAccount { contact: told, credentials }) = state.account(directory)? {
        let account = builder().from_credentials(credentials).await?;
        // Asks the authority something in any case: whether it knows the account shows now.
        match account.update_contacts(&contacts).await {
            Ok(()) => {
                if told != contact {
                    state.keep_contact(directory, contact)?;
                }
                return Ok(account);
            }
            Err(Error::Api(problem)) if problem.r#type.as_deref() == Some(FORGOTTEN) => {
                tracing::warn!(
                    directory,
                    "the authority has forgotten the account; making another"
                );
            }
            Err(error) => return Err(error.into()),
        }
    }
    let new = NewAccount {
        contact: &contacts,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let (account, credentials) = builder().create(&new, directory.to_owned(), None).await?;
    state.keep_account(directory, &StoredAccount { contact, credentials })?;
    Ok(account)
}

/// Answers the authority's questions, and waits until it has seen the answers.
async fn prove(order: &mut Order, acme: &Acme, challenges: &Challenges) -> Result<(), OrderError> {
    let mut asked = order.authorizations();
    while let Some(authorization) = asked.next().await {
        let mut authorization = authorization?;
        let name = authorization.identifier().to_string();
        if !acme.names.contains(&name) {
            return Err(OrderError::Foreign(name));
        }
        // Proved lately: some authorities do not ask again.
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let question = authorization.challenge(ChallengeType::TlsAlpn01);
        let Some(mut question) = question else { return Err(OrderError::OtherQuestions(name)) };
        challenges.open(&name, question.key_authorization().digest().as_ref())?;
        question.set_ready().await?;
    }
    match order.poll_ready(&PATIENCE).await {
        Ok(OrderStatus::Ready) => Ok(()),
        Ok(_) => Err(unproved(order).await.unwrap_or(OrderError::Useless("it was not made"))),
        Err(error) => Err(unproved(order).await.unwrap_or(OrderError::Authority(error))),
    }
}

/// What the authority did not like, which it says beside the question only.
async fn unproved(order: &mut Order) -> Option<OrderError> {
    let mut asked = order.authorizations();
    while let Some(Ok(mut authorization)) = asked.next().await {
        let state = authorization.refresh().await.ok()?;
        let name = state.identifier().to_string();
        if let Some(problem) = state.challenges.iter().find_map(|asked| asked.error.as_ref()) {
            let found = problem.detail.clone().unwrap_or_else(|| problem.to_string());
            return Some(OrderError::Unproved { name, found, code: word(problem) });
        }
    }
    None
}

impl OrderError {
    /// In one word: the authority's, `unreachable`, or `here` for what is this machine's.
    pub(super) fn code(&self) -> String {
        match self {
            Self::Unproved { code, .. } => code.clone(),
            Self::Authority(Error::Api(problem)) => word(problem),
            Self::Authority(Error::Other(cause)) if cause.is::<Unreachable>() => {
                "unreachable".into()
            }
            Self::Authority(Error::Timeout(_)) => "slow".into(),
            Self::Authority(_) | Self::Foreign(_) | Self::OtherQuestions(_) | Self::Useless(_) => {
                "strange".into()
            }
            Self::Challenge(_) | Self::Request(_) | Self::State(_) => "here".into(),
        }
    }
}

fn word(problem: &instant_acme::Problem) -> String {
    let word = problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next());
    word.unwrap_or("refused").to_owned()
}

const FORGOTTEN: &str = "urn:ietf:params:acme:error:accountDoesNotExist";
/// Let's Encrypt looks within seconds, from several places.
const PATIENCE: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).timeout(Duration::from_mins(2));
