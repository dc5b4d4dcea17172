//! What a token opens. Looking spends nothing.

use super::{MOST_PROOFS, PhoneError, account::Made, digests};
use crate::{
    app::App,
    phones,
    store::{activations, invitations, phones as stored, phones::PhoneRow},
};
use authx_core::{
    TenantId,
    wire::{
        login::Rfc3339,
        phone::{
            InvitationProof, InvitationView, InvitedAccount, MadePhone, NamedTenant, NamedUser,
            Token,
        },
    },
};

/// What may be enrolled with a token, and which phones were made from it.
///
/// # Errors
///
/// [`PhoneError::NotOpen`] for an unknown token and for one that is over alike; for a spent one
/// too, once no phone that was made from it is left.
pub async fn look(app: &App, token: &Token) -> Result<InvitationView, PhoneError> {
    let digest = digests::of_token(app, token);
    let found = match token {
        Token::Activation(_) => None,
        Token::Invitation(_) | Token::Short(_) => invitation(app, digest).await?,
    };
    match (found, token) {
        (Some(view), Token::Invitation(bytes)) => {
            // A phone whose browser cannot open the link in the installed app types this there.
            let short_code = Some(digests::short_of(app, bytes).0.shown().to_string());
            Ok(InvitationView { short_code, ..view })
        }
        (Some(view), Token::Activation(_) | Token::Short(_)) => Ok(view),
        (None, Token::Invitation(_)) => Err(PhoneError::NotOpen),
        (None, Token::Activation(_) | Token::Short(_)) => activation(app, digest).await,
    }
}

async fn invitation(app: &App, digest: [u8; 32]) -> Result<Option<InvitationView>, PhoneError> {
    let now = app.now()?;
    let Some(row) = invitations::invitation(&app.store, digest).await? else { return Ok(None) };
    if row.expires <= now || row.failures >= u64::from(MOST_PROOFS) || !row.account_active {
        return Err(PhoneError::NotOpen);
    }
    let made = stored::of_invitation(&app.store, row.id).await?;
    if row.spent.is_some() && made.is_empty() {
        return Err(PhoneError::NotOpen);
    }
    let proof = if row.proof == InvitationProof::Code.word() {
        InvitationProof::Code
    } else {
        InvitationProof::Password
    };
    Ok(Some(InvitationView {
        accounts: vec![InvitedAccount {
            tenant: named_tenant(row.tenant, row.tenant_name),
            user: NamedUser { id: row.account, name: row.account_name },
            moves: None,
        }],
        proof,
        expires_at: Rfc3339(row.expires),
        short_code: None,
        phones: made.iter().map(made_phone).collect::<Result<_, _>>()?,
    }))
}

async fn activation(app: &App, digest: [u8; 32]) -> Result<InvitationView, PhoneError> {
    let now = app.now()?;
    let rows = activations::activations(&app.store, digest).await?;
    let rows = rows.into_iter().filter(|row| now < row.expires && row.account_active);
    let rows: Vec<_> = rows.collect();
    let Some(first) = rows.first() else { return Err(PhoneError::NotOpen) };
    let expires_at = Rfc3339(first.expires);
    let made = stored::of_activation(&app.store, first.token_digest).await?;
    // What was spent is listed no more; the phones that were made of it are.
    let open = rows.into_iter().filter(|row| row.made.is_none());
    let accounts: Vec<_> = open
        .map(|row| InvitedAccount {
            tenant: named_tenant(row.tenant, row.tenant_name),
            user: NamedUser { id: row.account, name: row.account_name },
            moves: row.moves,
        })
        .collect();
    if accounts.is_empty() && made.is_empty() {
        return Err(PhoneError::NotOpen);
    }
    Ok(InvitationView {
        accounts,
        proof: InvitationProof::None,
        expires_at,
        short_code: None,
        phones: made.iter().map(made_phone).collect::<Result<_, _>>()?,
    })
}

fn made_phone(row: &PhoneRow) -> Result<MadePhone, PhoneError> {
    Ok(MadePhone {
        phone: row.id,
        name: row.name.clone(),
        platform: row.platform.clone(),
        words: Made::read(row)?.words,
        state: phones::state(row),
        at: Rfc3339(row.created),
    })
}

pub(super) fn named_tenant(id: TenantId, name: String) -> NamedTenant {
    NamedTenant { id, name, hue: phones::hue(id) }
}
