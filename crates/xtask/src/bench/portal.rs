//! The portal's pages of a large company, beside the same pages of a small one: asked for over
//! HTTP by somebody who is signed in, one after the other.

use super::{
    Arguments, Extent, client,
    deeds::{self, Deeds},
    figures::percentile,
    lines::{DAY_MILLIS, code, fill},
    requests::Answer,
    sides::serve,
    world::{Kind, World, user_name},
};
use anyhow::{Context as _, ensure};
use authx::{
    admin::{
        Actor, administrators,
        applications::{self, Application},
        groups::{self, Group},
        imports,
        sessions::{self, From},
    },
    store::Batch,
};
use authx_core::{Millis, name::Name, role::Role, wire::login::Rfc3339};
use std::{
    fmt::Write as _,
    io::{Cursor, Read, Write},
    time::Duration,
};
use tokio::{runtime::Runtime, time::Instant};

/// Measures all of it on SQLite, and prints it.
pub(crate) fn measure(
    runtime: &Runtime,
    arguments: &Arguments,
    extent: Extent,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    runtime.block_on(async {
        let lines = extent.many_users;
        // A tenth of the lines are users, as of a company whose log covers some weeks.
        let many = Company::make(lines / 10, lines).await?;
        let few = Company::make(FEW_USERS, FEW_LINES).await?;
        let (many, few) =
            (many.pages(arguments, extent).await?, few.pages(arguments, extent).await?);
        writeln!(
            out,
            "\nTHE PORTAL ON SQLite: {} users, {lines} lines of the log; {FEW_USERS} users, \
             {FEW_LINES} lines",
            lines / 10
        )?;
        writeln!(out, "{:<34}{:>9}{:>9}{:>9}{:>9}", "", "p50 ms", "p95 ms", "kB", "many/few")?;
        for ((words, many), (_, few)) in many.iter().zip(&few) {
            let ratio = many.at(50).as_secs_f64() / few.at(50).as_secs_f64();
            let [p50, p95] = [50, 95].map(|at| many.at(at).as_secs_f64() * 1_000.0);
            let kilobytes = many.bytes.div_ceil(1_000);
            writeln!(out, "{words:<34}{p50:>9.2}{p95:>9.2}{kilobytes:>9}{ratio:>9.2}")?;
        }
        take_in(lines / 10, out).await
    })
}

/// An installation whose company has users, groups and a log, and an owner who is signed in.
struct Company {
    applications: Vec<Application>,
    world: World,
    groups: Vec<Group>,
    cookie: String,
}

/// How one page came.
struct Times {
    times: Vec<Duration>,
    bytes: usize,
}

impl Times {
    fn at(&self, hundredths: usize) -> Duration {
        percentile(&mut self.times.clone(), hundredths)
    }
}

impl Company {
    async fn make(users: usize, lines: usize) -> anyhow::Result<Self> {
        let kind = Kind { database: None, tls: false, users: users.max(1) };
        let world = Box::pin(World::make(kind)).await?;
        let (app, tenant, by) = (&world.app, world.caller.tenant, Actor::new("bench"));
        deeds::fill(&world, Deeds::of(lines), app.now()?).await?;
        // The server follows the record: lines that it has not read itself stay only behind a
        // reader that has begun.
        while !authx::lines::read_on(app).await? {}
        fill(&world, lines, app.now()?).await?;
        for number in 0..GROUPS {
            groups::create(app, &by, tenant, &Name::new(&format!("group {number}"))?).await?;
        }
        let groups = groups::list(app, tenant).await?;
        for users in world.users.chunks(1_000) {
            let mut batch = Batch::default();
            for (user, group) in users.iter().zip(groups.iter().cycle()) {
                batch = batch.insert_member(tenant, group.id, user.account);
            }
            app.store.commit(batch).await?;
        }
        let owner = deeds::doer(&world, 0);
        for (number, role) in
            [(0, Role::Owner), (1, Role::Administrator), (deeds::RARE, Role::HelpDesk)]
        {
            let doer = deeds::doer(&world, number);
            let kept = administrators::Factors::Kept;
            administrators::set_role(app, &by, tenant, doer, Some(role), kept).await?;
        }
        let from = From { address: None, browser: "bench".to_owned() };
        let (cookie, session) = sessions::proved(app, tenant, owner, &from, "code")?;
        app.store.commit(session).await?;
        let cookie = cookie.text().to_string();
        let applications = applications::list(app, tenant).await?;
        Ok(Self { applications, world, groups, cookie })
    }

    async fn pages(
        &self,
        arguments: &Arguments,
        extent: Extent,
    ) -> anyhow::Result<Vec<(&'static str, Times)>> {
        let _server = serve(arguments, &self.world).await?;
        let mut stream = client::connect(self.world.address, None).await?;
        let mut found = vec![];
        for (words, path) in self.paths()? {
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: __Host-authx-session={}\r\n\r\n",
                self.world.authority, self.cookie
            );
            let (mut times, mut bytes, mut answer) = (vec![], 0, Vec::with_capacity(100_000));
            for _ in 0..extent.samples.min(50) {
                let began = Instant::now();
                client::exchange(&mut stream, request.as_bytes(), &mut answer).await?;
                times.push(began.elapsed());
                let page = Answer::parse(&answer).context("no answer")?;
                ensure!(page.status == 200, "{path}: status {}: {}", page.status, page.head);
                let shown = String::from_utf8_lossy(page.body);
                let is_list = LISTS.iter().any(|list| path.starts_with(list));
                ensure!(!is_list || shown.contains(ROW), "{path} shows nothing");
                bytes = page.body.len();
            }
            found.push((words, Times { times, bytes }));
        }
        Ok(found)
    }

    fn paths(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        let world = &self.world;
        let middle = world.users.get(world.users.len() / 2).context("nobody")?.account;
        let name = user_name(world.users.len() / 2);
        let (group, vpn) = (self.groups.first().context("no group")?.id, world.caller.id);
        let [often, rare, about] = [0, deeds::RARE, 85].map(|number| deeds::doer(world, number));
        let office = self.applications.first().context("no application")?.id;
        let now = world.app.now()?;
        let [from, until] =
            [28, 27].map(|days| String::from(Rfc3339(Millis(now.0 - days * DAY_MILLIS))));
        let kind = deeds::RARE_MAIL;
        let mut all: Vec<_> = PAGES.iter().map(|(words, at)| (*words, (*at).to_owned())).collect();
        all.extend([
            ("users, from the middle on", format!("/users?after={middle}")),
            ("users, a whole name searched", format!("/users?q={name}")),
            ("users of a group", format!("/users?group={group}")),
            ("a group and its members", format!("/groups/{group}")),
            ("a user", format!("/users/{middle}")),
            ("a user's log", format!("/users/{middle}/log")),
            ("logins of a user", format!("/logins?user={middle}")),
            ("logins, a support code searched", format!("/logins?q={}", code(1))),
            ("logins, a name searched", format!("/logins?q={name}")),
            ("logins of an application", format!("/logins?application={vpn}")),
            ("admin actions by one of many", format!("/record?by={often}")),
            ("admin actions by one of few", format!("/record?by={rare}")),
            ("admin actions, by and kind", format!("/record?by={rare}&kind=group_joined")),
            ("admin actions about a user", format!("/record?user={about}")),
            ("admin actions, old days", format!("/record?from={from}&until={until}")),
            ("admin actions at an application", format!("/record?application={office}")),
            ("deliveries of a user", format!("/deliveries?user={middle}")),
            ("deliveries of an application", format!("/deliveries?application={office}")),
            ("deliveries, a name searched", format!("/deliveries?q={name}")),
            ("deliveries, old days", format!("/deliveries?from={from}&until={until}")),
            ("mail of a kind", format!("/deliveries/mail?kind={kind}")),
            ("mail, state and kind", format!("/deliveries/mail?state=sent&kind={kind}")),
            ("mail to a user", format!("/deliveries/mail?user={middle}")),
            ("mail, a support code searched", format!("/deliveries/mail?q={}", code(1))),
            ("mail, old days", format!("/deliveries/mail?from={from}&until={until}")),
            ("an application", format!("/applications/{vpn}")),
            ("how it is installed", format!("/applications/{vpn}/install")),
        ]);
        Ok(all)
    }
}

/// A file of users, taken in by a company that has none, and once more.
async fn take_in(rows: usize, out: &mut impl Write) -> anyhow::Result<()> {
    let world = Box::pin(World::make(Kind { database: None, tls: false, users: 0 })).await?;
    let (app, tenant, by) = (&world.app, world.caller.tenant, Actor::new("bench"));
    let mut file = "name,mail,groups\n".to_owned();
    for row in 0..rows {
        let name = user_name(row);
        writeln!(file, "{name},{name},group {}", row % GROUPS)?;
    }
    for number in 0..GROUPS {
        groups::create(app, &by, tenant, &Name::new(&format!("group {number}"))?).await?;
    }
    let open = move || {
        let read: Box<dyn Read + Send> = Box::new(Cursor::new(file.clone()));
        Ok(read)
    };
    for words in ["taken in from a file", "the same file once more"] {
        let began = Instant::now();
        let options = imports::Options { name: "users.csv".to_owned(), renew: false };
        let mut faults = vec![];
        let mut told = |fault: imports::Fault| faults.push(fault);
        let run = imports::run(app, &by, tenant, &open, &options, &mut told).await?;
        ensure!(faults.is_empty(), "{:?}", faults.first());
        let took = began.elapsed().as_secs_f64();
        let lines = run.counts.lines;
        writeln!(out, "{lines} users, {words}: {took:.1} s")?;
    }
    Ok(())
}

/// Pages that are the same at every company.
const PAGES: &[(&str, &str)] = &[
    ("dashboard, 24 hours", "/dashboard"),
    ("dashboard, 7 days", "/dashboard?period=7d"),
    ("dashboard, 30 days", "/dashboard?period=30d"),
    ("users by name", "/users"),
    ("users by their last login", "/users?sort=-seen"),
    ("users, newest first", "/users?sort=-created"),
    ("users who are active", "/users?state=active"),
    ("users without a phone", "/users?phone=none"),
    ("administrators", "/settings/administrators"),
    ("groups", "/groups"),
    ("applications", "/applications"),
    ("applications, one searched", "/applications?q=office+0000"),
    ("applications by last contact", "/applications?sort=-last"),
    ("policies", "/policies"),
    ("logins", "/logins"),
    ("logins, refused", "/logins?outcome=refused"),
    ("logins, one reason of a week", "/logins?reason=wrong_number&time=7d"),
    ("logins by push, refused", "/logins?outcome=refused&factor=push"),
    ("admin actions", "/record"),
    ("admin actions, oldest first", "/record?sort=at"),
    ("admin actions of a kind", "/record?kind=policy_set"),
    ("deliveries", "/deliveries"),
    ("deliveries, oldest first", "/deliveries?sort=created"),
    ("deliveries that did not arrive", "/deliveries?arrived=no"),
    ("mail", "/deliveries/mail"),
    ("mail, oldest first", "/deliveries/mail?sort=created"),
    ("mail that was not sent", "/deliveries/mail?state=not_sent"),
    ("wishes", "/approvals"),
    ("API tokens", "/settings/tokens"),
];
const GROUPS: usize = 20;
const FEW_USERS: usize = 100;
const FEW_LINES: usize = 1_000;
/// Lists that are not empty, however they are narrowed here.
const LISTS: [&str; 6] =
    ["/applications?", "/approvals", "/deliveries", "/logins", "/record", "/users?"];
/// Begins the first cell of a row.
const ROW: &str = "<td class=\"first\">";
