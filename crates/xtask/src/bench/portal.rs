//! The portal's pages of a large company, beside the same pages of a small one: asked for over
//! HTTP by somebody who is signed in, one after the other.

use super::{
    Arguments, Extent, client,
    figures::percentile,
    lines::{code, fill},
    requests::Answer,
    sides::serve,
    world::{Kind, World, user_name},
};
use anyhow::{Context as _, ensure};
use authx::{
    admin::{
        Actor, administrators,
        groups::{self, Group},
        imports,
        sessions::{self, From},
    },
    store::Batch,
};
use authx_core::{name::Name, role::Role};
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
        let owner = world.users.first().context("nobody")?.account;
        administrators::set_role(
            app,
            &by,
            tenant,
            owner,
            Some(Role::Owner),
            administrators::Factors::Kept,
        )
        .await?;
        let from = From { address: None, browser: "bench".to_owned() };
        let (cookie, session) = sessions::proved(app, tenant, owner, &from, "code")?;
        app.store.commit(session).await?;
        let cookie = cookie.text().to_string();
        Ok(Self { world, groups, cookie })
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
                let empty = path.starts_with("/logins") && !shown.contains(SEEN);
                ensure!(!empty, "{path} shows nothing");
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
        let owned = |paths: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
            paths.iter().map(|(words, path)| (*words, (*path).to_owned())).collect()
        };
        let mut all = owned(&[
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
            ("policies", "/policies"),
            ("logins", "/logins"),
            ("logins, refused", "/logins?outcome=refused"),
            ("logins, one reason of a week", "/logins?reason=wrong_number&time=7d"),
            ("logins by push, refused", "/logins?outcome=refused&factor=push"),
            ("what administrators did", "/record"),
            ("deliveries", "/deliveries"),
            ("approvals", "/approvals"),
        ]);
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

const GROUPS: usize = 20;
const FEW_USERS: usize = 100;
const FEW_LINES: usize = 1_000;
/// Stands in every row of a list of logins.
const SEEN: &str = "<tr id=\"log_";
