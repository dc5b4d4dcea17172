//! Every form of the portal: where it is met, what is right in it, and what somebody has already.

/// How a page is come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// By its address, as the owner; what stands in braces is a thing's id.
    Get(&'static str),
    /// By a caller whose digits are asked for.
    Called,
    /// By its address, as the help desk.
    Help(&'static str),
    /// By a caller whose digits the help desk asks for.
    HelpCalled,
    /// By a caller whose digits were right, as the help desk.
    HelpChecked,
    /// By a draft of the global policy.
    Draft,
    /// By its address, with a second factor that has grown old.
    Old,
    /// The same, where a code is asked for.
    OldAsked,
    /// By its address, as nobody.
    Nobody(&'static str),
    /// By a link that makes a company.
    CompanyLink,
    /// By a link that gives somebody an account.
    AccountLink,
    /// The same, once a password was chosen.
    HalfSetUp,
    /// By a password of somebody with an authenticator app.
    HalfWithApp,
    /// By a password of somebody with a passkey.
    HalfWithPasskey,
}

impl Way {
    /// Whether the page is itself an answer to a form, and a browser that goes back to it asks first.
    pub(crate) fn is_posted(self) -> bool {
        matches!(self, Self::Draft | Self::CompanyLink | Self::AccountLink)
    }
}

/// A form, by the route that takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) route: &'static str,
    pub(crate) way: Way,
    /// What is typed into a field where nothing right stands; in braces what only the world knows.
    pub(crate) right: Pairs,
    /// What cannot be, as it is taken.
    pub(crate) taken: Pairs,
    /// What is chosen before it is sent: selectors, and for a list its value.
    pub(crate) chosen: Pairs,
    /// Nothing that can be typed here is right.
    pub(crate) never: bool,
    /// It is a search: it changes nothing and has no token.
    pub(crate) asks: bool,
    /// Whether what is typed can be is asked before it is sent.
    pub(crate) judged: bool,
}

type Pairs = &'static [(&'static str, &'static str)];

const fn row(route: &'static str, way: Way) -> Row {
    Row {
        route,
        way,
        right: &[],
        taken: &[],
        chosen: &[],
        never: false,
        asks: false,
        judged: false,
    }
}

impl Row {
    const fn right(mut self, right: Pairs) -> Self {
        self.right = right;
        self
    }

    const fn taken(mut self, taken: Pairs) -> Self {
        self.taken = taken;
        self
    }

    const fn chosen(mut self, chosen: Pairs) -> Self {
        self.chosen = chosen;
        self
    }

    const fn never(mut self) -> Self {
        self.never = true;
        self
    }

    const fn asks(mut self) -> Self {
        self.asks = true;
        self
    }

    const fn judged(mut self) -> Self {
        self.judged = true;
        self
    }
}

/// In the order in which they are tried: what ends something comes last.
pub(crate) const ROWS: &[Row] = &[
    row("/users/new", Way::Get("/users/new")).right(&[("name", "rosa")]).taken(&[("name", "anna")]),
    row("/users/{user}/edit", Way::Get("/users/{anna}/edit"))
        .right(&[("mail", "anna@example.com")])
        .taken(&[("name", "mia")]),
    row("/users/{user}/aliases", Way::Get("/users/{anna}"))
        .right(&[("alias", "CORP\\zoe")])
        .taken(&[("alias", "mia")]),
    row("/users/{user}/invite", Way::Get("/users/{anna}")),
    row("/users/{user}/portal", Way::Get("/users/{anna}")),
    row("/users/{user}/recovery", Way::Get("/users/{anna}")),
    row("/users/{user}/phones/{phone}/remove", Way::Get("/users/{anna}/phones/{phone}/remove")),
    row(
        "/users/{user}/passkeys/{passkey}/remove",
        Way::Get("/users/{anna}/passkeys/{passkey}/remove"),
    ),
    row("/users/{user}/app/remove", Way::Get("/users/{anna}/app/remove")),
    row("/users/{user}/caller", Way::Get("/users/{anna}/bypass")),
    row("/users/{user}/caller/answer", Way::Called).right(&[("digits", "{digits}")]),
    row("/users/{user}/bypass", Way::Get("/users/{ted}/bypass")).right(&[("reason", "phone lost")]),
    row("/users/{user}/caller", Way::Help("/users/{ted}/bypass")),
    row("/users/{user}/caller/answer", Way::HelpCalled).right(&[("digits", "{digits}")]),
    row("/users/{user}/bypass", Way::HelpChecked).right(&[("reason", "phone lost")]),
    row("/users/{user}/bypass/end", Way::Get("/users/{lea}")),
    row("/approvals/{approval}/decline", Way::Get("/approvals")),
    row("/approvals/{approval}/agree", Way::Get("/approvals")),
    row("/users/bulk", Way::Get("/users"))
        .chosen(&[("[name=user][value='{lea}']", ""), ("[form=chosen][name=group]", "{group}")]),
    row("/users/{user}/disable", Way::Get("/users/{ted}")),
    row("/users/{user}/enable", Way::Get("/users/{ted}")),
    row("/users/{user}/remove", Way::Get("/users/{ted}")),
    row("/users/{user}/restore", Way::Get("/users/{ted}")),
    row("/users/import", Way::Get("/users/import")),
    row("/users/import/{import}/run", Way::Get("/users/import/{import}")),
    row("/users/import/{import}/undo", Way::Get("/users/import/{done import}")),
    row("/groups", Way::Get("/groups/new"))
        .right(&[("name", "Night")])
        .taken(&[("name", "guests")]),
    row("/groups/{group}/members", Way::Get("/groups/{group}")).right(&[("names", "anna")]),
    row("/groups/{group}/place", Way::Get("/groups/{group}")),
    row("/groups/{group}/name", Way::Get("/groups/{group}")).taken(&[("name", "guests")]),
    row("/groups/{group}/members/{user}/remove", Way::Get("/groups/{group}")),
    row("/policies/edit/{target}/review", Way::Get("/policies/edit/global"))
        .right(&[("messages.help", "Call 111")]),
    row("/policies/edit/{target}/review", Way::Get("/policies/history/global")),
    row("/policies/edit/{target}/review", Way::Draft),
    row("/policies/edit/{target}", Way::Draft),
    row("/policies/what-if", Way::Get("/policies/what-if")).right(&[("user", "anna")]).asks(),
    row("/groups/{group}/remove", Way::Get("/groups/{group}")),
    row("/applications/protect", Way::Get("/applications/protect"))
        .right(&[("name", "Oslo VPN"), ("key_name", "vpn1")])
        .taken(&[("name", "berlin vpn"), ("key_name", "vpn1")])
        .chosen(&[("[name=type]", "")]),
    row("/applications/{id}/keys", Way::Get("/applications/{application}/keys"))
        .right(&[("key_name", "vpn3")])
        .taken(&[("key_name", "vpn1")]),
    row("/applications/{id}/keys/{key}/rename", Way::Get("/applications/{application}/keys"))
        .right(&[("name", "vpn4")])
        .taken(&[("name", "vpn3")]),
    row("/applications/{id}/keys/{key}/revoke", Way::Get("/applications/{application}/keys")),
    row("/applications/{id}/keys/{key}/restore", Way::Get("/applications/{application}/keys")),
    row("/applications/{id}/settings", Way::Get("/applications/{application}/settings"))
        .right(&[("name", "Berlin VPN")])
        .taken(&[("name", "rome vpn")]),
    row("/applications/{id}/audience", Way::Get("/applications/{application}/settings")),
    row("/applications/{id}/delete", Way::Get("/applications/{application}/delete"))
        .right(&[("typed", "Berlin VPN")]),
    row("/settings", Way::Get("/settings")).right(&[("company", "Example")]),
    row("/settings/administrators", Way::Get("/settings/administrators"))
        .right(&[("mail", "eva@example.com")])
        .taken(&[("mail", "adam@example.com")]),
    row("/settings/administrators/{user}/link", Way::Get("/settings/administrators")),
    row("/settings/administrators/{user}/role", Way::Get("/settings/administrators")),
    row("/settings/tokens", Way::Get("/settings/tokens"))
        .right(&[("name", "weekly")])
        .taken(&[("name", "nightly")])
        .chosen(&[("[name=scope]", "")]),
    row("/settings/tokens/{token}/revoke", Way::Get("/settings/tokens")),
    row("/settings/tokens/{token}/restore", Way::Get("/settings/tokens")),
    row("/settings/record", Way::Get("/settings/record")).right(&[("logins_days", "90")]),
    row("/me/phones/{phone}/rename", Way::Get("/me")).right(&[("name", "Purse")]),
    row("/me/phones/{phone}/remove", Way::Get("/me")),
    row("/me/phone", Way::Get("/me/phone")),
    row("/me/sessions/{session}/end", Way::Get("/me")),
    row("/me/logins/{login}/not-me", Way::Get("/me")),
    row("/me/recovery", Way::Get("/me")),
    row("/me/passkeys/{passkey}/remove", Way::Get("/me")),
    row("/me/passkey", Way::Get("/me/passkey")).right(&[("name", "Office laptop")]).judged(),
    row("/me/password", Way::Get("/me/password")).right(&[("password", "{password}")]),
    row("/confirm/begin", Way::Old),
    row("/confirm/passkey", Way::Old),
    row("/confirm", Way::OldAsked).right(&[("code", "{own code}")]),
    row("/confirm/cancel", Way::Old),
    row("/me/app", Way::Get("/me/app")),
    row("/me/app/confirm", Way::Get("/me/app")).right(&[("code", "{app code}")]),
    row("/me/app/remove", Way::Get("/me")),
    row("/sign-out", Way::Get("/me")),
    row("/forgot", Way::Nobody("/forgot")).right(&[("name", "anna")]),
    row("/reset", Way::Nobody("/reset"))
        .right(&[("link", "no such link"), ("password", "{password}")])
        .never(),
    row("/set-up", Way::Nobody("/set-up")).right(&[("link", "{account link}")]),
    row("/sign-up", Way::CompanyLink).right(&[
        ("company", "Other"),
        ("display", "Otto Owner"),
        ("mail", "otto@example.org"),
        ("password", "{password}"),
    ]),
    row("/set-up/account", Way::AccountLink).right(&[("password", "{password}")]),
    row("/enrol/phone", Way::HalfSetUp),
    row("/enrol/passkey", Way::HalfSetUp),
    row("/sign-in/cancel", Way::HalfWithApp),
    row("/sign-in/confirm", Way::HalfWithApp).right(&[("code", "{code}")]),
    row("/sign-in/confirm/passkey", Way::HalfWithPasskey),
    row("/sign-in/passkey", Way::Nobody("/sign-in")),
    row("/sign-in", Way::Nobody("/sign-in")).right(&[("name", "hugo"), ("password", "{password}")]),
];

/// Forms without a row, and why.
pub(crate) const ELSEWHERE: &[(&str, &str)] = &[
    ("/groups/{group}/put-back", "the button of a sentence that is said once"),
    ("/groups/{group}/members/{user}/add", "the button of a sentence that is said once"),
    ("/users/{user}/unlock", "somebody has to mistype many codes first"),
    ("/applications/{id}/package", "a file comes of it, which the server has to be shipped with"),
    ("/confirm/done", "sent by the page itself, as soon as the second factor was given"),
];
