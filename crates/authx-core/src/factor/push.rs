//! Requests on an enrolled phone, approved with the number shown at the VPN prompt.
//!
//! One record for each user: what limits the requests, whichever of the user's phones gets them.

use super::Description;
use crate::{ApplicationId, Cx, LoginId, Millis, PhoneId, Secret, guard::Source};
use aws_lc_rs::constant_time;
use serde::{Deserialize, Serialize};

/// What names this factor.
pub(super) const DESCRIPTION: Description = Description {
    word: "push",
    hint: "push to be asked on your phone",
    prompt: "Answer on your phone, or type a code:",
};

/// What limits the requests of one user.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Push {
    /// Of the last ten minutes, oldest first.
    requests: Vec<Asked>,
    /// Logins of the last day with a wrong number that no right one has mended.
    mismatched: Vec<Mismatched>,
    /// Since somebody said "not me".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked_until: Option<Millis>,
    /// After too many wrong numbers in a day, until an administrator looks.
    #[serde(default)]
    ended: bool,
    /// Codes that phones show for clients that show nothing.
    #[serde(default)]
    codes: Vec<ShownCode>,
    /// Networks from which sign-ins were approved, newest last.
    #[serde(default)]
    networks: Vec<Source>,
}

/// A login with a wrong number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Mismatched {
    login: LoginId,
    at: Millis,
}

/// One request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Asked {
    login: LoginId,
    phone: PhoneId,
    application: ApplicationId,
    source: Source,
    device: String,
    at: Millis,
    until: Millis,
    answered: bool,
}

/// Six digits that a phone shows, good once.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct ShownCode {
    digits: Secret,
    login: LoginId,
    application: ApplicationId,
    source: Source,
    until: Millis,
}

/// Who asks for a request.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The login.
    pub login: LoginId,
    /// Which phone.
    pub phone: PhoneId,
    /// At what.
    pub application: ApplicationId,
    /// From which network.
    pub source: &'a Source,
    /// What the client says of itself: program, platform, device.
    pub device: &'a str,
    /// When the request ends by itself.
    pub until: Millis,
}

/// How a phone is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rung {
    /// The login whose request this one takes over: the same client tries again.
    pub replaces: Option<LoginId>,
    /// Whether the phone rings. It has done so when this very phone had that request.
    pub rings: bool,
}

/// Why no phone is asked now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Held {
    /// Too many logins with wrong numbers in a day: until an administrator looks.
    Ended,
    /// Somebody said "not me".
    Locked,
    /// Too many requests, or too many that nobody answered, in ten minutes.
    TooMany,
}

impl Push {
    /// Notes a request, if the phone may be asked. A client that tries again while its request is
    /// open takes it over. Each ring counts, also one of another phone for the same login.
    ///
    /// # Errors
    ///
    /// [`Held`] says why the phone is left in peace.
    pub fn ask(&mut self, now: Millis, asking: &Asking<'_>) -> Result<Rung, Held> {
        self.mismatched.retain(|it| now.since(it.at) < DAY_MILLIS);
        self.ended |= self.mismatched.len() >= MOST_MISMATCHED;
        if self.ended {
            return Err(Held::Ended);
        }
        if self.locked_until.is_some_and(|until| now < until) {
            return Err(Held::Locked);
        }
        self.requests.retain(|asked| now.since(asked.at) < WINDOW_MILLIS || now < asked.until);
        let same = |asked: &&mut Asked| {
            !asked.answered
                && now < asked.until
                && asked.application == asking.application
                && asked.source == *asking.source
                && asked.device == asking.device
                && (asking.source.is_known() || asked.login == asking.login)
        };
        let mut replaces = None;
        let mut open = self.requests.iter_mut().find(same);
        if let Some(open) = &mut open {
            replaces = (open.login != asking.login).then_some(open.login);
            if open.phone == asking.phone {
                (open.login, open.until) = (asking.login, asking.until);
                return Ok(Rung { replaces, rings: false });
            }
        }
        let unanswered = self.requests.iter().filter(|asked| !asked.answered).count();
        if unanswered >= MOST_UNANSWERED || self.requests.len() >= MOST_REQUESTS {
            return Err(Held::TooMany);
        }
        // The other phone's request is over, and stays counted.
        if let Some(open) = self.requests.iter_mut().find(same) {
            (open.login, open.until) = (asking.login, now);
        }
        self.requests.push(Asked {
            login: asking.login,
            phone: asking.phone,
            application: asking.application,
            source: asking.source.clone(),
            device: asking.device.to_owned(),
            at: now,
            until: asking.until,
            answered: false,
        });
        Ok(Rung { replaces, rings: true })
    }

    /// The user did something about a request: on the phone, or by another factor.
    pub fn answered(&mut self, login: LoginId) {
        for asked in self.requests.iter_mut().filter(|asked| asked.login == login) {
            asked.answered = true;
        }
    }

    /// A number of this login was wrong, the last one that may be tried or not: it counts also when
    /// the login is given up before that. After the fifth such login in a day no phone is asked any
    /// more: who approves blindly would succeed at most ten times in a million each day.
    pub fn mismatched(&mut self, now: Millis, login: LoginId, is_last: bool) {
        self.mismatched.retain(|it| now.since(it.at) < DAY_MILLIS && it.login != login);
        self.mismatched.push(Mismatched { login, at: now });
        self.ended |= is_last && self.mismatched.len() >= MOST_MISMATCHED;
    }

    /// The right number followed: a slip of the finger is no blind approval.
    pub fn matched(&mut self, login: LoginId) {
        self.mismatched.retain(|it| it.login != login);
    }

    /// Somebody said "not me": no phone is asked for a while, and no code shown earlier counts.
    pub fn fraud(&mut self, now: Millis, lock_secs: u64) {
        self.locked_until = Some(now.plus_secs(lock_secs));
        self.codes.clear();
    }

    /// No code that a phone shows counts any more.
    pub fn forget_codes(&mut self) {
        self.codes.clear();
    }

    /// An administrator has looked.
    pub fn unlock(&mut self) {
        *self = Self { networks: std::mem::take(&mut self.networks), ..Self::default() };
    }

    /// Why no phone is asked now, whoever asks.
    pub fn held(&self, now: Millis) -> Option<Held> {
        if self.ended {
            return Some(Held::Ended);
        }
        self.locked_until.filter(|until| now < *until).map(|_| Held::Locked)
    }

    /// Until when no phone is asked, whoever asks; for ever where an administrator has to look.
    pub fn held_until(&self, now: Millis) -> Option<Millis> {
        let for_ever = self.ended.then_some(Millis::FOR_EVER);
        for_ever.or(self.locked_until.filter(|until| now < *until))
    }

    /// Draws the six digits that a phone shows for a client that shows nothing: for one minute,
    /// once, for this application and network. An earlier one for them counts no longer.
    pub fn show_code(
        &mut self,
        cx: &mut Cx<'_>,
        login: LoginId,
        application: ApplicationId,
        source: &Source,
    ) -> (String, Millis) {
        let now = cx.now;
        self.codes.retain(|code| {
            now < code.until && (code.application != application || code.source != *source)
        });
        let digits = format!("{:06}", u64::from_be_bytes(cx.bytes()) % 1_000_000);
        let until = now.plus_secs(SHOWN_SECS);
        self.codes.push(ShownCode {
            digits: Secret::new(digits.clone().into_bytes()),
            login,
            application,
            source: source.clone(),
            until,
        });
        (digits, until)
    }

    /// Spends a shown code. Gives the login for which the phone had shown it.
    pub fn take_code(
        &mut self,
        now: Millis,
        application: ApplicationId,
        source: &Source,
        typed: &str,
    ) -> Option<LoginId> {
        let mut hit = None;
        for (at, code) in self.codes.iter().enumerate() {
            let fits =
                constant_time::verify_slices_are_equal(code.digits.expose(), typed.as_bytes());
            let counts =
                now < code.until && code.application == application && code.source == *source;
            if fits.is_ok() && counts {
                hit = Some(at);
            }
        }
        hit.map(|at| self.codes.remove(at).login)
    }

    /// Whether a sign-in from this network was approved before.
    pub fn knows(&self, source: &Source) -> bool {
        self.networks.contains(source)
    }

    /// A sign-in from this network was approved.
    pub fn remember(&mut self, source: &Source) {
        self.networks.retain(|known| known != source);
        if self.networks.len() >= MOST_NETWORKS {
            self.networks.remove(0);
        }
        self.networks.push(source.clone());
    }
}

/// Over which requests are counted: ten minutes.
const WINDOW_MILLIS: u64 = 10 * 60 * 1_000;
const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;
/// So many that nobody answers silence the phone.
const MOST_UNANSWERED: usize = 3;
/// So many silence it in any case.
const MOST_REQUESTS: usize = 5;
/// Logins with wrong numbers in a day that end push.
const MOST_MISMATCHED: usize = 5;
/// How long a shown code counts.
const SHOWN_SECS: u64 = 60;
const MOST_NETWORKS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_cx;

    const NOW: Millis = Millis(1_000_000_000);

    fn source(name: u8) -> Source {
        Source::of(Some([192, 0, name, 1].into()))
    }

    fn ask(push: &mut Push, now: Millis, id: u8, from: u8) -> Result<Option<LoginId>, Held> {
        let rung = ask_phone(push, now, id, from, 1)?;
        assert_eq!(rung.rings, rung.replaces.is_none());
        Ok(rung.replaces)
    }

    fn ask_phone(push: &mut Push, now: Millis, id: u8, from: u8, phone: u8) -> Result<Rung, Held> {
        let asking = Asking {
            login: LoginId::from_bytes([id; 16]),
            phone: PhoneId::from_bytes([phone; 16]),
            application: ApplicationId::from_bytes([1; 16]),
            source: &source(from),
            device: "laptop",
            until: now.plus_secs(120),
        };
        push.ask(now, &asking)
    }

    #[test]
    fn the_same_client_joins_its_open_request() {
        let mut push = Push::default();
        assert_eq!(ask(&mut push, NOW, 1, 1), Ok(None));
        for id in 2..20 {
            let earlier = LoginId::from_bytes([id - 1; 16]);
            assert_eq!(ask(&mut push, NOW.plus_secs(1), id, 1), Ok(Some(earlier)));
        }
        assert_eq!(ask(&mut push, NOW.plus_secs(200), 30, 1), Ok(None), "that one was over");
    }

    /// With the password and without the number, a stranger could have the user's own approval.
    #[test]
    fn nobody_joins_a_request_from_nowhere() {
        let (mut push, nowhere) = (Push::default(), Source::of(None));
        let mut ask = |id: u8, phone: u8| {
            let asking = Asking {
                login: LoginId::from_bytes([id; 16]),
                phone: PhoneId::from_bytes([phone; 16]),
                application: ApplicationId::from_bytes([1; 16]),
                source: &nowhere,
                device: "laptop",
                until: NOW.plus_secs(120),
            };
            push.ask(NOW, &asking)
        };
        assert_eq!(ask(1, 1), Ok(Rung { replaces: None, rings: true }));
        assert_eq!(ask(2, 1), Ok(Rung { replaces: None, rings: true }));
        assert_eq!(ask(2, 1), Ok(Rung { replaces: None, rings: false }), "the same login");
        assert_eq!(ask(2, 2), Ok(Rung { replaces: None, rings: true }), "by its other phone");
        assert_eq!(ask(3, 1), Err(Held::TooMany));
    }

    #[test]
    fn another_phone_rings_and_counts() {
        let mut push = Push::default();
        let mut rung = vec![];
        for turn in 0..9 {
            rung.extend(ask_phone(&mut push, NOW, 1, 1, turn % 2));
        }
        let rings = rung.iter().filter(|rung| rung.rings).count();
        assert_eq!(rings, 3, "back and forth: {rung:?}");
        push.answered(LoginId::from_bytes([1; 16]));
        let next = ask_phone(&mut push, NOW, 2, 1, 0);
        assert_eq!(next, Ok(Rung { replaces: None, rings: true }));
        let replaces = Some(LoginId::from_bytes([2; 16]));
        let next = ask_phone(&mut push, NOW, 3, 1, 1);
        assert_eq!(next, Ok(Rung { replaces, rings: true }));
    }

    #[test]
    fn three_unanswered_or_five_in_all_silence_the_phone_for_ten_minutes() {
        let mut push = Push::default();
        for id in 1..=3 {
            assert_eq!(ask(&mut push, NOW, id, id), Ok(None));
        }
        assert_eq!(ask(&mut push, NOW, 4, 4), Err(Held::TooMany));
        push.answered(LoginId::from_bytes([1; 16]));
        assert_eq!(ask(&mut push, NOW, 4, 4), Ok(None));
        for id in 2..=4 {
            push.answered(LoginId::from_bytes([id; 16]));
        }
        assert_eq!(ask(&mut push, NOW, 5, 5), Ok(None));
        push.answered(LoginId::from_bytes([5; 16]));
        assert_eq!(ask(&mut push, NOW.plus_secs(599), 6, 6), Err(Held::TooMany), "five in ten");
        assert_eq!(ask(&mut push, NOW.plus_secs(600), 6, 6), Ok(None));
    }

    #[test]
    fn not_me_locks_and_five_blind_logins_end_it() {
        let mut push = Push::default();
        push.fraud(NOW, 600);
        assert_eq!(ask(&mut push, NOW.plus_secs(599), 1, 1), Err(Held::Locked));
        assert_eq!(ask(&mut push, NOW.plus_secs(600), 1, 1), Ok(None));
        for hour in 0..5 {
            assert_eq!(push.held(NOW.plus_secs(7_200)), None);
            let login = LoginId::from_bytes([u8::try_from(hour).unwrap(); 16]);
            push.mismatched(NOW.plus_secs(hour * 3_600), login, false);
            push.mismatched(NOW.plus_secs(hour * 3_600), login, true);
        }
        assert_eq!(ask(&mut push, NOW.plus_secs(900_000), 9, 1), Err(Held::Ended));
        push.unlock();
        assert_eq!(ask(&mut push, NOW.plus_secs(900_000), 9, 1), Ok(None));
    }

    #[test]
    fn a_shown_code_counts_once_for_a_minute_where_it_was_asked_for() {
        let (login, application) =
            (LoginId::from_bytes([1; 16]), ApplicationId::from_bytes([1; 16]));
        let other = ApplicationId::from_bytes([2; 16]);
        let mut push = Push::default();
        let (code, until) = with_cx(1, |cx| push.show_code(cx, login, application, &source(1)));
        let now = Millis(until.0 - 1);
        assert_eq!(push.take_code(until, application, &source(1), &code), None, "over");
        assert_eq!(push.take_code(now, other, &source(1), &code), None);
        assert_eq!(push.take_code(now, application, &source(2), &code), None);
        assert_eq!(push.take_code(now, application, &source(1), "x"), None);
        assert_eq!(push.take_code(now, application, &source(1), &code), Some(login));
        assert_eq!(push.take_code(now, application, &source(1), &code), None, "spent");
        let (old, _) = with_cx(2, |cx| push.show_code(cx, login, application, &source(1)));
        let (new, _) = with_cx(3, |cx| push.show_code(cx, login, application, &source(1)));
        assert_ne!(old, new);
        assert_eq!(push.take_code(now, application, &source(1), &old), None, "replaced");
        push.fraud(now, 600);
        assert_eq!(push.take_code(now, application, &source(1), &new), None, "not me");
    }
}
