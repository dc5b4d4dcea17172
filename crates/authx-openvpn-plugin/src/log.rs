//! OpenVPN's log.

use crate::ffi::{self, PluginLog};
use std::ffi::c_int;
use std::fmt::{self, Arguments, Display, Formatter, Write};
use std::sync::{Mutex, PoisonError};

/// How much a line matters.
#[derive(Clone, Copy)]
pub(crate) enum Level {
    Error,
    Note,
    Warning,
}

/// Says where lines go from now on.
pub(crate) fn into(log: Option<PluginLog>) {
    *LOG.lock().unwrap_or_else(PoisonError::into_inner) = log;
}

/// Writes a line. One that is too long is cut; control characters do not reach the log.
pub(crate) fn say(level: Level, text: Arguments<'_>) {
    let log = *LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(log) = log else { return };
    let mut line = Line::new();
    // Errors only when it is full, and then it is cut.
    let _ = line.write_fmt(text);
    // SAFETY: OpenVPN's own function, in its own process, in the one thread that called in. All
    // three strings end with a zero byte, and the format takes exactly one string.
    unsafe { log(level.flags(), NAME.as_ptr(), c"%s".as_ptr(), line.as_c_str().as_ptr()) };
}

/// Bytes that should be text.
pub(crate) struct Text<'a>(pub(crate) &'a [u8]);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_char('?')?;
            }
        }
        Ok(())
    }
}

impl Level {
    const fn flags(self) -> c_int {
        match self {
            Self::Error => ffi::PLOG_ERR,
            Self::Note => ffi::PLOG_NOTE,
            Self::Warning => ffi::PLOG_WARN,
        }
    }
}

/// A string on the stack: a log line must not be what memory runs out at.
pub(crate) struct Line {
    bytes: [u8; LINE],
    used: usize,
}

impl Line {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; LINE], used: 0 }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    fn as_c_str(&self) -> &std::ffi::CStr {
        // The last byte is never written to.
        std::ffi::CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let character = if character.is_control() { ' ' } else { character };
            let end = self.used + character.len_utf8();
            let place = self.bytes.get_mut(self.used..end).ok_or(fmt::Error)?;
            if end == LINE {
                return Err(fmt::Error);
            }
            character.encode_utf8(place);
            self.used = end;
        }
        Ok(())
    }
}

static LOG: Mutex<Option<PluginLog>> = Mutex::new(None);
const NAME: &std::ffi::CStr = c"authx";
const LINE: usize = 512;
