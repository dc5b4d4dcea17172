//! Drafts of policies: which logins of the last 30 days would have ended otherwise.

mod gathering;
mod layers;

use super::{
    AdminError, Tenant,
    policies::{self, PolicyError, Target},
};
use crate::{
    app::App,
    store::{accounts, policies as stored},
};
use authx_core::{
    ApplicationId, LoginId, Millis, TenantId, UserId,
    policy::{
        Document,
        draft::{Difference, Ended, difference},
    },
    wire::login::Rfc3339,
};
use gathering::{Gathered, Gathering};
use layers::Both;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// How far back, how many and how long.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Logins that ended longer ago are not looked at.
    pub secs: u64,
    /// Logins at most.
    pub logins: u64,
    /// The longest that it takes.
    pub time: Duration,
}

/// What a draft would have changed.
#[derive(Clone, Debug)]
pub struct Review {
    /// Logins that were judged.
    pub judged: u64,
    /// Those of them that would have ended otherwise, or of which it cannot be said.
    pub otherwise: u64,
    /// The oldest one that was looked at ended then or later.
    pub since: Rfc3339,
    /// Whether there were more than could be looked at.
    pub cut: Option<Cut>,
    /// What would have changed, what concerns most logins first.
    pub changes: Vec<Change>,
    /// Whom it concerns most, and in how many logins; the rest is only counted.
    pub users: Vec<(Login, u64)>,
    /// How many users it concerns.
    pub users_concerned: u64,
    /// Values in which the draft differs and of which logins of the past do not tell: their paths.
    pub untold: Vec<&'static str>,
}

/// Why not all logins were looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cut {
    /// There are more than may be looked at.
    Count,
    /// It would have taken too long.
    Time,
}

/// Logins that ended alike, and would have ended otherwise alike.
#[derive(Clone, Debug)]
pub struct Change {
    /// How they ended.
    pub ended: Ended,
    /// How they would end.
    pub difference: Difference,
    /// How many.
    pub count: u64,
    /// The newest of them.
    pub sample: Vec<Login>,
}

/// A login, to be looked up in the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login {
    /// Which.
    pub id: LoginId,
    /// What finds it.
    pub support_code: Option<String>,
    /// Whose; gone with the user.
    pub user: Option<String>,
    /// Whose.
    pub user_id: Option<UserId>,
    /// At what.
    pub application: String,
    /// When it ended.
    pub at: Rfc3339,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { secs: 30 * 86_400, logins: 200_000, time: Duration::from_secs(5) }
    }
}

/// Judges the logins of the last days by what is in force and by a draft of one of its documents.
/// Users are taken to be in the groups in which they are now.
///
/// # Errors
///
/// [`PolicyError::Invalid`], [`PolicyError::Application`], [`PolicyError::Group`],
/// [`PolicyError::Admin`].
pub async fn review(
    app: &App,
    tenant: TenantId,
    target: Target,
    draft: Document,
    bounds: Bounds,
) -> Result<Review, PolicyError> {
    let draft = policies::checked(target, draft)?;
    let tenant = Tenant::load(app, tenant).await?;
    policies::stored(app, &tenant, target).await?;
    let until = Instant::now() + bounds.time;
    let now = app.now().map_err(AdminError::from)?;
    let mut both = Both::load(app, &tenant, target, draft).await?;
    let application = match target {
        Target::Application(id) => Some(id),
        Target::Group(_) | Target::Tenant => None,
    };
    let since = Millis(now.0.saturating_sub(bounds.secs.saturating_mul(1_000)));
    let mut tally = Tally::default();
    let mut steps = stored::login_steps(&app.store, tenant.id, application);
    let mut gathering = Gathering::default();
    let mut reached = since;
    while let Some(row) = steps.next().await.map_err(AdminError::from)? {
        if row.at < since {
            break;
        }
        if tally.judged >= bounds.logins {
            tally.cut = Some(Cut::Count);
        } else if Instant::now() >= until {
            tally.cut = Some(Cut::Time);
        }
        if tally.cut.is_some() {
            reached = row.at;
            break;
        }
        for login in gathering.take(row) {
            tally.judge(&mut both, login);
        }
    }
    for login in gathering.rest() {
        tally.judge(&mut both, login);
    }
    let untold = both.untold();
    Ok(tally.review(app, &both, tenant.id, reached, untold).await?)
}

/// What was counted so far.
#[derive(Default)]
struct Tally {
    judged: u64,
    cut: Option<Cut>,
    changes: HashMap<(Ended, Difference), (u64, Vec<Gathered>)>,
    users: HashMap<UserId, (u64, Gathered)>,
}

impl Tally {
    fn judge(&mut self, both: &mut Both, login: Gathered) {
        let Some((now, draft)) = both.policies(login.application, login.user) else { return };
        self.judged = self.judged.saturating_add(1);
        let Some(found) = difference(&login.past, now, draft) else { return };
        if let Some(user) = login.user {
            let known = self.users.len() < MOST_USERS || self.users.contains_key(&user);
            if known {
                let (count, _) = self.users.entry(user).or_insert_with(|| (0, login.clone()));
                *count = count.saturating_add(1);
            }
        }
        let key = (login.past.ended.without_times(), found);
        let (count, sample) = self.changes.entry(key).or_default();
        *count = count.saturating_add(1);
        if sample.len() < SAMPLE {
            sample.push(login);
        }
    }

    async fn review(
        self,
        app: &App,
        both: &Both,
        tenant: TenantId,
        since: Millis,
        untold: Vec<&'static str>,
    ) -> Result<Review, AdminError> {
        let mut changes = vec![];
        for ((ended, difference), (count, sample)) in self.changes {
            let mut named = vec![];
            for login in sample {
                named.push(self::named(app, both, tenant, login).await?);
            }
            changes.push(Change { ended, difference, count, sample: named });
        }
        changes.sort_by_key(|change| (std::cmp::Reverse(change.count), change.difference));
        let users_concerned = u64::try_from(self.users.len()).unwrap_or(u64::MAX);
        let mut most: Vec<(u64, Gathered)> = self.users.into_values().collect();
        most.sort_by_key(|(count, login)| (std::cmp::Reverse(*count), login.user));
        let mut users = vec![];
        for (count, login) in most.into_iter().take(USERS) {
            users.push((named(app, both, tenant, login).await?, count));
        }
        Ok(Review {
            judged: self.judged,
            otherwise: changes.iter().map(|change| change.count).sum(),
            since: Rfc3339(since),
            cut: self.cut,
            changes,
            users,
            users_concerned,
            untold,
        })
    }
}

async fn named(
    app: &App,
    both: &Both,
    tenant: TenantId,
    login: Gathered,
) -> Result<Login, AdminError> {
    let row = match login.user {
        Some(user) => accounts::account(&app.store, tenant, user).await?,
        None => None,
    };
    Ok(Login {
        id: login.id,
        support_code: login.support_code,
        user: row.map(|row| row.name),
        user_id: login.user,
        application: both.name(login.application),
        at: Rfc3339(login.at),
    })
}

/// Which application a login was at, where it is still there.
type Application = Option<ApplicationId>;

/// Logins shown of each change.
const SAMPLE: usize = 5;
/// Users named.
const USERS: usize = 10;
/// Users counted apart.
const MOST_USERS: usize = 100_000;
