//! What OpenVPN says of a sign-in.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;

/// OpenVPN's variables, as they lie in its memory during one call.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'a> {
    first: *const *const c_char,
    lives: PhantomData<&'a CStr>,
}

impl<'a> Environment<'a> {
    /// # Safety
    /// `first` is null, or a list of strings, each ending with a zero byte, that ends with a null
    /// pointer; all of it valid and unchanged for `'a`.
    pub(crate) const unsafe fn from_raw(first: *const *const c_char) -> Self {
        Self { first, lives: PhantomData }
    }

    /// Each variable, `NAME=VALUE`.
    pub(crate) fn variables(self) -> impl Iterator<Item = &'a CStr> {
        let mut next = self.first;
        std::iter::from_fn(move || {
            if next.is_null() {
                return None;
            }
            // SAFETY: by `from_raw` the list goes on until a null pointer, which ends this.
            let variable = unsafe { *next };
            if variable.is_null() {
                return None;
            }
            // SAFETY: the place after one that is not the end is in the list; what is not null is
            // a string.
            unsafe {
                next = next.add(1);
                Some(CStr::from_ptr(variable))
            }
        })
    }

    /// The value of a variable.
    pub(crate) fn value(self, name: &str) -> Option<&'a CStr> {
        self.variables().find_map(|variable| {
            let rest = variable.to_bytes_with_nul().strip_prefix(name.as_bytes())?;
            CStr::from_bytes_with_nul(rest.strip_prefix(b"=")?).ok()
        })
    }

    /// Whether the client understands that a refusal is a passing one
    /// (openvpn:src/openvpn/ssl.h, `IV_PROTO_AUTH_FAIL_TEMP`).
    pub(crate) fn knows_temporary_failure(self) -> bool {
        let announced = self.value("IV_PROTO").and_then(|value| value.to_str().ok());
        announced.and_then(|value| value.parse::<u32>().ok()).is_some_and(|bits| bits & 1 << 8 != 0)
    }
}
