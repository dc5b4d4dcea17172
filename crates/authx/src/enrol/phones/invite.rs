//! Invitations: a link for seven days, and a code that can be typed.

use super::{INVITATION_SECS, PhoneError, digests};
use crate::{
    admin::{
        Actor, AdminError, Change, Tenant, accounts, change, detail,
        letters::{self, INVITATION, Letter, Link, Posted},
    },
    app::{About, App},
    store::{
        Batch,
        invitations::{self as stored, NewInvitation},
    },
};
use authx_core::{
    InvitationId, Millis, TenantId, UserId,
    audit::EventKind,
    role::Permission,
    wire::{
        login::Rfc3339,
        phone::{InvitationProof, ShortCode, Token},
    },
};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// An invitation. Its token and codes are shown this once.
pub struct Invited {
    /// Which.
    pub id: InvitationId,
    /// Opens the page.
    pub token: Token,
    /// The same, for a keyboard.
    pub short: ShortCode,
    /// What has to be proved.
    pub proof: InvitationProof,
    /// Eight digits that have to travel another way than the link, as `1234 5678`.
    pub code: Option<Zeroizing<String>>,
    /// Until when.
    pub expires: Millis,
    /// Whether earlier ones ceased to count.
    pub replaces: bool,
}

/// Whether eight digits have to be typed though AuthX keeps a password of the user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Separate {
    /// Only without a password.
    IfNeeded,
    /// In any case.
    Always,
}

/// An invitation that went by mail. Whoever sent it does not get to see the link.
pub struct Mailed {
    /// Which.
    pub id: InvitationId,
    /// What has to be proved.
    pub proof: InvitationProof,
    /// Eight digits that have to travel another way than by mail, as `1234 5678`.
    pub code: Option<Zeroizing<String>>,
    /// Until when.
    pub expires: Millis,
    /// Whether earlier ones ceased to count.
    pub replaces: bool,
    /// The mail.
    pub posted: Posted,
}

/// Invites a user to enrol a phone, by a link that whoever asks gets to see. Earlier invitations from
/// which no phone was made count no longer.
///
/// # Errors
///
/// [`PhoneError::KnownChannel`]: who may not write users reaches them by what is on record alone;
/// [`PhoneError::AccountDisabled`], [`PhoneError::Account`], [`PhoneError::Admin`].
pub async fn invite(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    separate: Separate,
) -> Result<Invited, PhoneError> {
    let own = by.is_person() && by.user() == Some(user);
    if !own && !by.may(Permission::UsersWrite) {
        return Err(PhoneError::KnownChannel);
    }
    change(app, by, tenant, move |tenant, now| async move {
        let Drawn { batch, detail, invited } = draw(app, by, &tenant, now, user, separate).await?;
        Ok(made(user, batch, detail, invited))
    })
    .await
}

/// Invites a user to enrol a phone, at the mail address on record and nowhere else. Earlier
/// invitations from which no phone was made count no longer.
///
/// # Errors
///
/// As [`invite`]; [`PhoneError::Mail`]: mail is not set up, or no address is on record.
pub async fn invite_by_mail(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    separate: Separate,
) -> Result<Mailed, PhoneError> {
    change(app, by, tenant, move |tenant, now| async move {
        let Drawn { batch, mut detail, invited } =
            draw(app, by, &tenant, now, user, separate).await?;
        let link = Link { url: invited.link(app), until: invited.expires };
        let named = by.user().map(|_| by.as_str().to_owned());
        let letter = Letter::Invitation { link, proof: invited.proof, by: named };
        let (letter, posted) = letters::post(app, now, tenant.id, user, &letter).await?;
        detail.insert("mailed_to".to_owned(), posted.to.as_str().into());
        let Invited { id, proof, code, expires, replaces, .. } = invited;
        let mailed = Mailed { id, proof, code, expires, replaces, posted };
        Ok(made(user, batch.and(letter), detail, mailed))
    })
    .await
}

/// An invitation that is not stored yet.
struct Drawn {
    batch: Batch,
    detail: Map<String, Value>,
    invited: Invited,
}

async fn draw(
    app: &App,
    by: &Actor,
    tenant: &Tenant,
    now: Millis,
    user: UserId,
    separate: Separate,
) -> Result<Drawn, PhoneError> {
    let account = accounts::row(app, tenant.id, user).await?;
    by.check_self_or_outranks(user, account.role)?;
    if !account.active {
        return Err(PhoneError::AccountDisabled);
    }
    let earlier = stored::open(&app.store, tenant.id, user, now).await;
    let replaces = earlier.map_err(AdminError::from)? > 0;
    let by_code = separate == Separate::Always || !account.has_password;
    let proof = if by_code { InvitationProof::Code } else { InvitationProof::Password };
    let (id, token, (short, short_digest), digits) = app.decide(now, |cx| {
        let (id, token) = (InvitationId::new(cx), digests::draw(cx));
        let short = digests::short_of(app, &token);
        let token = Token::Invitation(token);
        // 2^64 is so much larger than 10^8 that no digit is favoured measurably.
        let digits = format!("{:08}", u64::from_be_bytes(cx.bytes()) % 100_000_000);
        (id, token, short, Zeroizing::new(digits))
    });
    let expires = now.plus_secs(INVITATION_SECS);
    let invitation = NewInvitation {
        id,
        tenant: tenant.id,
        account: user,
        token_digest: digests::of_token(app, &token),
        short_digest,
        proof: proof.word(),
        proof_digest: by_code.then(|| digests::of_proof(&tenant.data_key, &digits)),
        created: now,
        expires,
    };
    let detail = detail([
        ("name", account.name.into()),
        ("invitation_id", id.to_string().into()),
        ("proof", proof.word().into()),
        ("expires", String::from(Rfc3339(expires)).into()),
        ("replaced", replaces.into()),
    ]);
    let batch = Batch::default()
        .delete_open_invitations(tenant.id, user)
        // Its link is dead.
        .withdraw_deliveries(tenant.id, user, INVITATION, now)
        .insert_invitation(invitation);
    let code = by_code.then(|| grouped(&digits));
    let invited = Invited { id, token, short, proof, code, expires, replaces };
    Ok(Drawn { batch, detail, invited })
}

fn made<T>(user: UserId, batch: Batch, detail: Map<String, Value>, outcome: T) -> Change<T> {
    let about = About { user: Some(user), ..About::default() };
    Change { batch, kind: EventKind::InvitationMade, about, detail, outcome }
}

impl Invited {
    /// What opens the page. The token is in the fragment, so no server's log gets to see it.
    pub fn link(&self, app: &App) -> Zeroizing<String> {
        Zeroizing::new(format!("{}/#{}", app.phone_url, *self.token.text()))
    }
}

/// In two groups, as people read aloud.
fn grouped(digits: &str) -> Zeroizing<String> {
    let (first, second) = digits.split_at_checked(4).unwrap_or((digits, ""));
    Zeroizing::new(format!("{first} {second}"))
}

impl std::fmt::Debug for Invited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invited").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Mailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailed").field("id", &self.id).finish_non_exhaustive()
    }
}
