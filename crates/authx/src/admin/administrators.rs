//! Who looks after a company's people and applications, and as what.

use super::{
    Actor, AdminError, Change,
    accounts::{self, AccountError, Details, Mail},
    change, detail,
    letters::{self, Deed, INVITATION, Letter, LetterError, Posted, SET_UP},
    means,
    sign_up::{self, Link, LinkError, set_up_link},
    tokens,
};
use crate::{
    app::{About, App},
    enrol::overview::overview,
    store::{
        Batch, Wake,
        accounts::{AccountRow, NewAccount},
        phones, portal as stored,
    },
};
use authx_core::{
    Millis, TenantId, UserId,
    audit::EventKind,
    factor::FactorKind,
    name::{InvalidName, Name},
    role::{Permission, Role},
    wire::login::Rfc3339,
};

/// Why somebody did not become, or remains, an administrator.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// A role that who asks does not have.
    #[error("the role “{}” can be given by somebody who stands above it; owners also make owners", .0.title())]
    TooHigh(Role),
    /// Nobody would be left who may do everything.
    #[error("this is the last owner of the company; make somebody else an owner first")]
    LastOwner,
}

/// Why nobody was invited to look after a company.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The link.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The text is no mail address.
    #[error("{0}")]
    Mail(String),
    /// Too long for a name to sign in with.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The role.
    #[error(transparent)]
    Role(#[from] RoleError),
}

/// Somebody who is to look after a company.
#[derive(Clone, Debug)]
pub struct NewAdministrator<'a> {
    /// Their work address; they sign in with it.
    pub mail: &'a str,
    /// As people call them.
    pub display: Option<Name>,
    /// As what.
    pub role: Role,
}

/// Somebody who was invited.
#[derive(Debug)]
pub struct Invited {
    /// Who.
    pub id: UserId,
    /// What they sign in with.
    pub name: String,
    /// How they come in; shown this once.
    pub link: Link,
    /// The mail with it, where one was sent.
    pub posted: Option<Posted>,
}

/// Makes an account with a role, and the link by which its owner comes in; mails that too where mail
/// is set up. All of it at once: no account is there without its role.
///
/// # Errors
///
/// [`InviteError`].
pub async fn invite(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    NewAdministrator { mail, display, role }: NewAdministrator<'_>,
) -> Result<Invited, InviteError> {
    let mail = sign_up::address(mail).map_err(InviteError::Mail)?;
    let mail = &Mail::new(&mail).map_err(|error| InviteError::Mail(error.to_string()))?;
    let name = &Name::new(mail.as_str())?;
    check_gives(by, role)?;
    let details = &Details { display, mail: Some(mail.clone()) };
    let search = &details.search(&[name.folded()]);
    change(app, by, tenant, move |tenant, now| async move {
        accounts::free(app, tenant.id, name, None).await?;
        let id = app.decide(now, UserId::new);
        let batch = Batch::default()
            .insert_account(NewAccount {
                tenant: tenant.id,
                id,
                name,
                known: details.known(search),
                active: true,
                password: None,
                now,
                import: None,
            })
            .insert_alias(tenant.id, id, &name.folded())
            .set_role(tenant.id, id, Some(role));
        let (link, linked) = set_up_link(app, now, tenant.id, id);
        let letter = Letter::set_up(app, &link, Some(role), by);
        let (told, posted) = told(app, now, (tenant.id, id), mail, &letter).await?;
        let about = || About { user: Some(id), ..About::default() };
        let mut made = detail([("name", name.as_str().into()), ("role", role.word().into())]);
        details.record(&mut made);
        by.sign(&mut made);
        let batch = batch.and(linked).and(told);
        let batch = app.record(batch, now, tenant.id, EventKind::UserCreated, about(), made);
        let mut entry = detail([
            ("name", name.as_str().into()),
            ("expires", String::from(Rfc3339(link.expires)).into()),
        ]);
        if let Some(posted) = &posted {
            entry.insert("mailed_to".to_owned(), posted.to.as_str().into());
        }
        Ok(Change {
            batch,
            kind: EventKind::PortalInvited,
            about: about(),
            detail: entry,
            outcome: Invited { id, name: name.to_string(), link, posted },
        })
    })
    .await
}

/// Writes to somebody whose account is stored together with it.
async fn told(
    app: &App,
    now: Millis,
    of: (TenantId, UserId),
    mail: &Mail,
    letter: &Letter,
) -> Result<(Batch, Option<Posted>), AdminError> {
    let Ok(to) = mail.as_str().parse() else { return Ok((Batch::default(), None)) };
    match letters::post_to_new(app, now, of, (&to, mail.as_str()), letter).await {
        Ok((batch, posted)) => Ok((batch, Some(posted))),
        Err(LetterError::Refused(_)) => Ok((Batch::default(), None)),
        Err(LetterError::Admin(error)) => Err(error),
    }
}

/// Makes another link for somebody who has not come in, or forgot the password.
///
/// # Errors
///
/// [`InviteError::Account`], [`InviteError::Admin`].
pub async fn link(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<Invited, InviteError> {
    let row = accounts::row(app, tenant, id).await?;
    let link = sign_up::invite_account(app, by, tenant, id).await?;
    Ok(Invited { id, name: row.name, link, posted: None })
}

/// Everybody with a role, the highest first.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(
    app: &App,
    tenant: TenantId,
) -> Result<Vec<stored::AdministratorRow>, AdminError> {
    let mut found = stored::administrators(&app.store, tenant).await?;
    let place = |role: Role| Role::ALL.iter().rev().position(|other| *other == role);
    found.sort_by(|a, b| place(a.role).cmp(&place(b.role)).then_with(|| a.name.cmp(&b.name)));
    Ok(found)
}

/// What becomes of that by which somebody signs in, when they rise: whoever looked after the account
/// before may have enrolled a phone of their own, and would rise with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Factors {
    /// Whoever gives the role vouches for phones, passkeys, apps, API tokens and the password.
    Kept,
    /// Phones, passkeys, apps and API tokens are removed: who rises comes in by a new link.
    Removed,
}

/// A role that was given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Given {
    /// The one before.
    pub before: Option<Role>,
    /// As of which nothing else of the company has changed.
    pub generation: i64,
}

/// Gives an account a role, or takes it (`None`). Who has another one is signed out of the portal.
/// For who rises, links, invitations, recovery codes and bypasses of before count no longer; what
/// else they have is up to `factors`; they are written to.
///
/// # Errors
///
/// [`RoleError`].
pub async fn set_role(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    account: UserId,
    role: Option<Role>,
    factors: Factors,
) -> Result<Given, RoleError> {
    let phones = phones::of_user(&app.store, tenant, account).await.map_err(AdminError::from)?;
    let given = change(app, by, tenant, move |tenant, now| async move {
        let row = accounts::row(app, tenant.id, account).await?;
        by.check_outranks(row.role)?;
        if let Some(role) = role {
            check_gives(by, role)?;
        }
        if row.role == Some(Role::Owner) && role != Some(Role::Owner) {
            let all = stored::administrators(&app.store, tenant.id).await;
            let all = all.map_err(AdminError::from)?;
            let owners = all.iter().filter(|one| one.role == Role::Owner && one.active).count();
            if owners <= 1 {
                return Err(RoleError::LastOwner);
            }
        }
        let word = |role: Option<Role>| role.map_or("user", Role::word);
        let mut batch = Batch::default()
            .set_role(tenant.id, account, role)
            .end_portal_sessions(tenant.id, account, None);
        let risen = role.filter(|role| role.rises_from(row.role));
        if let Some(role) = risen {
            let told = tell_risen(app, by, now, (tenant.id, &row), role, factors).await?;
            batch = batch.and(afresh(tenant.id, account, factors, now)).and(told);
        }
        // A passkey counts for whoever looks after others.
        batch = batch.count_means(tenant.id, account);
        if role.is_none() {
            // They are not to come back with the next role.
            batch = batch.end_tokens(tenant.id, account, now);
        }
        let mut entry = detail([
            ("name", row.name.into()),
            ("before", word(row.role).into()),
            ("after", word(role).into()),
        ]);
        if risen.is_some() {
            entry.insert("factors_kept".to_owned(), (factors == Factors::Kept).into());
        }
        Ok::<_, RoleError>(Change {
            batch,
            kind: EventKind::RoleSet,
            about: About { user: Some(account), ..About::default() },
            detail: entry,
            outcome: Given { before: row.role, generation: tenant.generation.saturating_add(1) },
        })
    })
    .await?;
    for phone in &phones {
        app.waiters.wake(Wake::Phone(phone.id));
    }
    Ok(given)
}

/// Tells somebody who rises what went with that, if anything did, and how they come in now.
async fn tell_risen(
    app: &App,
    by: &Actor,
    now: Millis,
    (tenant, row): (TenantId, &AccountRow),
    role: Role,
    factors: Factors,
) -> Result<Batch, AdminError> {
    let had = means::of(app, tenant, row).await?;
    let keeps = factors == Factors::Kept;
    let mut removed = if keeps { vec![] } else { had.listed() };
    if !keeps && !tokens::names_of(app, tenant, row.id).await?.is_empty() {
        removed.push("API tokens".to_owned());
    }
    if had.recovery {
        removed.push("recovery codes".to_owned());
    }
    let bypass = row.bypass.as_ref().is_some_and(|(until, _)| *until > now);
    if bypass || overview(app, tenant, row.id).await?.bypass_code.is_some() {
        removed.push("the bypass".to_owned());
    }
    if stored::has_open_link(&app.store, tenant, row.id, now).await? {
        removed.push("links that were sent to you".to_owned());
    }
    if removed.is_empty() {
        return Ok(Batch::default());
    }
    let deed = Deed::by(by, row.id, now);
    let letter = Letter::RoleRaised { role, removed, keeps, deed };
    letters::notify(app, now, tenant, row.id, &letter).await
}

/// What lower ones could make for the account would be a way into the higher one. Spent links too:
/// they let in, for a day, whoever has only the password.
fn afresh(tenant: TenantId, account: UserId, factors: Factors, now: Millis) -> Batch {
    let batch = Batch::default()
        .delete_all_portal_links(account)
        .delete_open_invitations(tenant, account)
        .delete_shown_activations(tenant, account)
        .withdraw_deliveries(tenant, account, INVITATION, now)
        .withdraw_deliveries(tenant, account, SET_UP, now)
        .set_enrolment(tenant, account, None)
        .set_bypass(tenant, account, None)
        .delete_factors(tenant, account, FactorKind::Bypass.word(), true)
        .delete_factors(tenant, account, FactorKind::Recovery.word(), true);
    match factors {
        Factors::Kept => batch,
        // A token may be of whoever was in the account.
        Factors::Removed => batch
            .delete_means(tenant, account)
            .end_sessions(tenant, account, now)
            .end_tokens(tenant, account, now),
    }
}

/// Fails unless it may make somebody of that role. Owners also make owners, but a script makes none,
/// who would outlive its token.
fn check_gives(by: &Actor, role: Role) -> Result<(), RoleError> {
    let makes_owner = role == Role::Owner && by.is_person() && by.role() == Some(Role::Owner);
    if makes_owner || by.check_outranks(Some(role)).is_ok() {
        Ok(())
    } else {
        Err(RoleError::TooHigh(role))
    }
}

/// Who may do a kind of thing to an account of that role, leaving one person out: those who sign in
/// already. Nobody stands above an owner; of that one the other owners are told.
pub(super) async fn who_may(
    app: &App,
    tenant: TenantId,
    deed: Permission,
    other: Option<Role>,
    but: UserId,
) -> Result<Vec<UserId>, AdminError> {
    let all = stored::administrators(&app.store, tenant).await?;
    let equals = |role| role == Role::Owner && other == Some(Role::Owner);
    let may = |one: &stored::AdministratorRow| {
        let stands_above = one.role.outranks(other) || equals(one.role);
        one.id != but && one.active && one.ready && one.role.may(deed) && stands_above
    };
    Ok(all.iter().filter(|one| may(one)).map(|one| one.id).collect())
}
