//! A plugin that lets everybody in at once: the most that OpenVPN can do with any plugin, which
//! `make bench` measures ours against.

#![expect(unsafe_code, reason = "OpenVPN calls in from C")]

use std::ffi::{c_char, c_int, c_uint, c_void};

/// Opens it, for sign-ins only.
///
/// # Safety
/// To be called by OpenVPN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openvpn_plugin_open_v1(
    type_mask: *mut c_uint,
    _: *const *const c_char,
    _: *const *const c_char,
) -> *mut c_void {
    // SAFETY: OpenVPN passes a place for the mask.
    unsafe { *type_mask = 1 << AUTH_USER_PASS_VERIFY };
    // OpenVPN takes null for a failure, and only hands it back.
    std::ptr::dangling_mut()
}

/// Lets somebody in.
#[unsafe(no_mangle)]
pub extern "C" fn openvpn_plugin_func_v1(
    _: *mut c_void,
    _: c_int,
    _: *const *const c_char,
    _: *const *const c_char,
) -> c_int {
    0
}

/// Closes it.
#[unsafe(no_mangle)]
pub extern "C" fn openvpn_plugin_close_v1(_: *mut c_void) {}

const AUTH_USER_PASS_VERIFY: c_int = 5;
