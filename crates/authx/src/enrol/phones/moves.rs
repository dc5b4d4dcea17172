//! An account goes to a new phone: the old one shows a token, the new one makes keys of its own and
//! gets a seed of its own, and with its first good use the old one is gone.

use super::{MOVE_SECS, PhoneError, commit, digests};
use crate::{
    app::App,
    phones::KnownPhone,
    store::{
        Batch,
        activations::{self as stored, NewActivation},
    },
};
use authx_core::wire::{
    login::Rfc3339,
    phone::{ActivationView, Token},
};

/// Begins to move an account. Without `along` a new token is made; with it, the account goes along
/// with the first account of the same phone, under that one's token. An earlier move of this
/// account is over.
///
/// # Errors
///
/// [`PhoneError::Pending`], [`PhoneError::AccountDisabled`], [`PhoneError::NotOpen`] for a token
/// that is none of a move or over, [`PhoneError::Admin`].
pub async fn begin_move(
    app: &App,
    phone: &KnownPhone,
    along: Option<&Token>,
) -> Result<ActivationView, PhoneError> {
    let now = app.now()?;
    if !phone.row.active {
        return Err(PhoneError::Pending);
    }
    if !phone.account_active {
        return Err(PhoneError::AccountDisabled);
    }
    let (token, expires) = match along {
        None => (Token::Activation(app.decide(now, digests::draw)), now.plus_secs(MOVE_SECS)),
        Some(token) => {
            let rows = stored::activations(&app.store, digests::of_token(app, token)).await?;
            let moving = |row: &stored::ActivationRow| row.moves.is_some() && now < row.expires;
            let first = rows.iter().find(|row| moving(row)).ok_or(PhoneError::NotOpen)?;
            if rows.len() >= MOST_ALONG {
                return Err(PhoneError::NotOpen);
            }
            (token.clone(), first.expires)
        }
    };
    let activation = NewActivation {
        token_digest: digests::of_token(app, &token),
        short_digest: None,
        tenant: phone.tenant(),
        account: phone.account(),
        moves: Some(phone.id()),
        invitation: None,
        created: now,
        expires,
    };
    let batch = Batch::default().cancel_moves(phone.id()).insert_activation(activation);
    commit(app, phone, now, batch, None).await?;
    Ok(ActivationView { activation: token, expires_at: Rfc3339(expires) })
}

/// Ends the move of an account; a phone that was made of it and does not count yet is gone.
///
/// # Errors
///
/// [`PhoneError::Admin`].
pub async fn cancel_move(app: &App, phone: &KnownPhone) -> Result<(), PhoneError> {
    let now = app.now()?;
    let batch = Batch::default().cancel_moves(phone.id());
    commit(app, phone, now, batch, None).await
}

/// Accounts that one token may move: more than any phone holds.
const MOST_ALONG: usize = 256;
