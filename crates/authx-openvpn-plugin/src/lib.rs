//! What OpenVPN loads: hands each sign-in to the agent, and decides nothing.
//!
//! OpenVPN has one thread, and every tunnel stands still while a plugin is called. So there is no
//! thread here, no TLS, no name resolution, no parsing, and no wait of more than 20 milliseconds.
//! A panic is caught at every entry and refuses the sign-in; nothing allocates after the start,
//! since an allocation that fails would end OpenVPN and all tunnels with it.
//!
//! What goes over the socket is in `docs/shim-protocol.md`.

#![expect(
    unsafe_code,
    reason = "OpenVPN calls in from C and hands over pointers; each block says why it may"
)]

mod agent_link;
mod environment;
mod ffi;
mod files;
mod home;
mod log;
mod message;
mod moment;
mod refusal;
mod shim;

use environment::Environment;
use ffi::{FuncIn, FuncReturn, OpenIn, OpenReturn};
use log::Level;
use shim::{Shim, Verdict};
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Lives as long as the process: see `build.rs`.
static SHIM: Mutex<Shim> = Mutex::new(Shim::new());

/// Tells OpenVPN which plugin interface is needed.
#[unsafe(no_mangle)]
pub extern "C" fn openvpn_plugin_min_version_required_v1() -> c_int {
    ffi::PLUGIN_VERSION
}

/// Tells OpenVPN when to open the plugin: as a daemon already, but still as root and in the real
/// root directory.
#[unsafe(no_mangle)]
pub extern "C" fn openvpn_plugin_select_initialization_point_v1() -> c_int {
    ffi::INIT_POST_DAEMON
}

/// Opens the plugin.
///
/// # Safety
/// To be called by OpenVPN, with the structures of its header file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openvpn_plugin_open_v3(
    version: c_int,
    arguments: *const OpenIn,
    back: *mut OpenReturn,
) -> c_int {
    guarded(|| {
        if version < ffi::STRUCT_VERSION_MIN || arguments.is_null() || back.is_null() {
            return ffi::FUNC_ERROR;
        }
        // SAFETY: OpenVPN passes valid structures of at least this version; they are read up to
        // the member that this version has, and live until this call returns.
        let opening = unsafe { ffi::Opening::read(arguments, version) };
        let Ok(type_mask) = shim().open(&opening) else { return ffi::FUNC_ERROR };
        // SAFETY: not null, and OpenVPN's own structure to write into.
        unsafe {
            (*back).type_mask = type_mask;
            (*back).handle = (&raw const SHIM).cast_mut().cast();
        }
        ffi::FUNC_SUCCESS
    })
}

/// Takes a sign-in, or a client's answer to a prompt.
///
/// # Safety
/// To be called by OpenVPN, with the structures of its header file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openvpn_plugin_func_v3(
    version: c_int,
    arguments: *const FuncIn,
    _: *mut FuncReturn,
) -> c_int {
    guarded(|| {
        if version < ffi::STRUCT_VERSION_MIN || arguments.is_null() {
            return ffi::FUNC_ERROR;
        }
        // SAFETY: OpenVPN passes a valid structure; its environment ends with a null pointer,
        // holds strings that end with a zero byte, and lives until this call returns.
        let (kind, environment) =
            unsafe { ((*arguments).kind, Environment::from_raw((*arguments).envp)) };
        match kind {
            ffi::AUTH_USER_PASS_VERIFY => match shim().login(environment) {
                Verdict::Allowed => ffi::FUNC_SUCCESS,
                Verdict::Deferred => ffi::FUNC_DEFERRED,
                Verdict::Refused => ffi::FUNC_ERROR,
            },
            ffi::CLIENT_CRRESPONSE => {
                shim().response(environment);
                ffi::FUNC_SUCCESS
            }
            _ => ffi::FUNC_ERROR,
        }
    })
}

/// Closes the plugin: at the end, or before OpenVPN opens it again on SIGHUP.
///
/// # Safety
/// To be called by OpenVPN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openvpn_plugin_close_v1(_: *mut c_void) {
    guarded(|| {
        shim().close();
        ffi::FUNC_SUCCESS
    });
}

/// A panic must not unwind into C: it would end OpenVPN.
fn guarded(entry: impl FnOnce() -> c_int) -> c_int {
    match catch_unwind(AssertUnwindSafe(entry)) {
        Ok(status) => status,
        Err(payload) => {
            // What was thrown could throw again when it is dropped.
            std::mem::forget(payload);
            log::say(Level::Error, format_args!("a fault in the plugin; please report it"));
            ffi::FUNC_ERROR
        }
    }
}

/// After a panic nothing is known of the connection: the next sign-in makes a new one.
fn shim() -> MutexGuard<'static, Shim> {
    SHIM.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
        SHIM.clear_poison();
        let mut shim = poisoned.into_inner();
        shim.hang_up();
        shim
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_refuses_and_the_next_call_goes_on() {
        let fault = guarded(|| {
            let _held = shim();
            panic!("a fault in here");
        });
        assert_eq!(fault, ffi::FUNC_ERROR);
        assert!(SHIM.is_poisoned());
        let next = guarded(|| {
            shim().close();
            ffi::FUNC_SUCCESS
        });
        assert_eq!(next, ffi::FUNC_SUCCESS);
        assert!(!SHIM.is_poisoned());
    }
}
