//! OpenVPN's plugin interface, version 3, as far as it is used: the facts of
//! `include/openvpn-plugin.h` (struct version 5; older servers send a beginning of it).

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

pub(crate) const PLUGIN_VERSION: c_int = 3;
pub(crate) const STRUCT_VERSION_MIN: c_int = 1;
/// Since this version the server tells its own.
const STRUCT_VERSION_OPENVPN: c_int = 3;

pub(crate) const INIT_POST_DAEMON: c_int = 3;

pub(crate) const AUTH_USER_PASS_VERIFY: c_int = 5;
pub(crate) const CLIENT_CRRESPONSE: c_int = 15;

pub(crate) const FUNC_SUCCESS: c_int = 0;
pub(crate) const FUNC_ERROR: c_int = 1;
pub(crate) const FUNC_DEFERRED: c_int = 2;

pub(crate) const PLOG_ERR: c_int = 1 << 0;
pub(crate) const PLOG_WARN: c_int = 1 << 1;
pub(crate) const PLOG_NOTE: c_int = 1 << 2;

/// The bit of a kind of call.
pub(crate) const fn mask(kind: c_int) -> c_int {
    1 << kind
}

/// `plugin_log_t`: printf's manner, so the text is never the format.
pub(crate) type PluginLog =
    unsafe extern "C" fn(flags: c_int, name: *const c_char, format: *const c_char, ...);

/// `struct openvpn_plugin_callbacks`, its beginning.
#[repr(C)]
pub(crate) struct Callbacks {
    plugin_log: Option<PluginLog>,
}

/// `struct openvpn_plugin_args_open_in`.
#[repr(C)]
pub struct OpenIn {
    type_mask: c_int,
    argv: *const *const c_char,
    envp: *const *const c_char,
    callbacks: *const Callbacks,
    ssl_api: c_uint,
    openvpn_version: *const c_char,
}

/// `struct openvpn_plugin_args_open_return`.
#[repr(C)]
pub struct OpenReturn {
    pub(crate) type_mask: c_int,
    pub(crate) handle: *mut c_void,
    return_list: *mut c_void,
}

/// `struct openvpn_plugin_args_func_in`, its beginning.
#[repr(C)]
pub struct FuncIn {
    pub(crate) kind: c_int,
    argv: *const *const c_char,
    pub(crate) envp: *const *const c_char,
}

/// `struct openvpn_plugin_args_func_return`.
#[repr(C)]
pub struct FuncReturn {
    return_list: *mut c_void,
}

/// What OpenVPN says when it opens the plugin.
pub(crate) struct Opening<'a> {
    /// The kinds of call that this server has.
    pub(crate) type_mask: c_int,
    /// The one argument of the `plugin` line; none when there is none, or more than one.
    pub(crate) argument: Option<&'a CStr>,
    pub(crate) log: Option<PluginLog>,
    pub(crate) openvpn_version: Option<&'a CStr>,
}

impl Opening<'_> {
    /// # Safety
    /// `arguments` points to OpenVPN's structure of that version, valid for `'a`.
    pub(crate) unsafe fn read(arguments: *const OpenIn, version: c_int) -> Self {
        // SAFETY: members up to `callbacks` exist since version 1, `openvpn_version` since 3. They
        // are read one by one: a reference to the whole would claim members that are not there.
        unsafe {
            let callbacks = (*arguments).callbacks;
            let version_text = if version >= STRUCT_VERSION_OPENVPN {
                (*arguments).openvpn_version
            } else {
                std::ptr::null()
            };
            Self {
                type_mask: (*arguments).type_mask,
                argument: only_argument((*arguments).argv),
                log: if callbacks.is_null() { None } else { (*callbacks).plugin_log },
                openvpn_version: text(version_text),
            }
        }
    }
}

/// # Safety
/// `argv` is null, or a list of strings that ends with a null pointer, valid for `'a`.
unsafe fn only_argument<'a>(argv: *const *const c_char) -> Option<&'a CStr> {
    if argv.is_null() {
        return None;
    }
    // SAFETY: each place is read only after the one before it was not the end of the list.
    unsafe {
        if (*argv).is_null() {
            return None;
        }
        let argument = text(*argv.add(1))?;
        (*argv.add(2)).is_null().then_some(argument)
    }
}

/// # Safety
/// `pointer` is null, or a string that ends with a zero byte, valid for `'a`.
unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not null, then a string by this function's own condition.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })
}
