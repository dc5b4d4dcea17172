//! OpenVPN's side of the plugin interface, from its header's facts.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::ptr::null;
use std::sync::Mutex;

pub(crate) const ALLOWED: c_int = 0;
pub(crate) const REFUSED: c_int = 1;
pub(crate) const DEFERRED: c_int = 2;

const FILES: [&str; 3] = ["auth_control_file", "auth_failed_reason_file", "auth_pending_file"];

static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A plugin that was loaded.
pub(crate) struct OpenVpn {
    library: *mut c_void,
    pub(crate) intercepted: c_int,
    files: tempfile::TempDir,
}

impl OpenVpn {
    pub(crate) fn loaded() -> Self {
        let path = std::env::current_exe().unwrap().with_file_name("libauthx_openvpn_plugin.so");
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: a library without constructors that do anything.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!library.is_null(), "{path:?} cannot be loaded");
        LOG.lock().unwrap().clear();
        let files = tempfile::tempdir().unwrap();
        fs::set_permissions(files.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let openvpn = Self { library, intercepted: 0, files };
        let point: extern "C" fn() -> c_int =
            openvpn.symbol(c"openvpn_plugin_select_initialization_point_v1");
        let needs: extern "C" fn() -> c_int =
            openvpn.symbol(c"openvpn_plugin_min_version_required_v1");
        assert_eq!((point(), needs()), (3, 3));
        openvpn
    }

    pub(crate) fn opened(socket: &str) -> Self {
        let mut openvpn = Self::loaded();
        openvpn.intercepted = openvpn.open(&[socket], 0xffff).expect("it opens");
        openvpn
    }

    /// The calls it wants, if it opens.
    pub(crate) fn open(&self, arguments: &[&str], offered: c_int) -> Option<c_int> {
        let arguments: Vec<_> = ["plugin.so"]
            .iter()
            .chain(arguments)
            .map(|text| CString::new(*text).unwrap())
            .collect();
        let argv = pointers(&arguments);
        let callbacks = Callbacks { log: record, vlog: null(), memzero: null() };
        let version = c"2.6.14";
        let opening = OpenIn {
            type_mask: offered,
            argv: argv.as_ptr(),
            envp: [null()].as_ptr(),
            callbacks: &raw const callbacks,
            ssl_api: 1,
            version: version.as_ptr(),
            major: 2,
            minor: 6,
            patch: null(),
        };
        let mut back = OpenReturn { type_mask: 0, handle: null(), return_list: null() };
        let open: unsafe extern "C" fn(c_int, *const OpenIn, *mut OpenReturn) -> c_int =
            self.symbol(c"openvpn_plugin_open_v3");
        // SAFETY: structures as the header has them, valid during the call; the log function is a
        // static one.
        let status = unsafe { open(5, &raw const opening, &raw mut back) };
        assert_eq!(status == 0, !back.handle.is_null());
        (status == 0).then_some(back.type_mask)
    }

    /// What SIGHUP does.
    pub(crate) fn reload(&mut self, socket: &str) {
        let close: unsafe extern "C" fn(*const c_void) = self.symbol(c"openvpn_plugin_close_v1");
        // SAFETY: the plugin is open; the library is loaded anew right after.
        unsafe {
            close(null());
            libc::dlclose(self.library);
        }
        let log = std::mem::take(&mut *LOG.lock().unwrap());
        let again = Self::loaded();
        LOG.lock().unwrap().extend(log);
        self.library = again.library;
        self.intercepted = self.open(&[socket], 0xffff).expect("it opens again");
    }

    pub(crate) fn signs_in(&self, user: &str, announced: &[&str]) -> SignIn {
        self.signs_in_with(user, announced, &FILES)
    }

    pub(crate) fn signs_in_with(&self, user: &str, announced: &[&str], with: &[&str]) -> SignIn {
        self.verify(user, announced, with, |_| ())
    }

    /// With something done to the control file first.
    pub(crate) fn signs_in_after(&self, user: &str, change: impl FnOnce(&Path)) -> SignIn {
        self.verify(user, &[], &FILES, change)
    }

    fn verify(
        &self,
        user: &str,
        announced: &[&str],
        with: &[&str],
        change: impl FnOnce(&Path),
    ) -> SignIn {
        let dir = self.fresh_directory();
        for file in with {
            let file = dir.join(file);
            File::create(&file).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        change(&dir.join("auth_control_file"));
        let mut environment = vec![
            "dev=tun0".to_owned(),
            format!("username={user}"),
            format!("password=secret of {user}"),
        ];
        environment.extend(announced.iter().map(|&line| line.to_owned()));
        environment.extend(with.iter().map(|file| format!("{file}={}", dir.join(file).display())));
        SignIn { status: self.call(5, &environment), dir }
    }

    pub(crate) fn answers_prompt(&self, user: &str, login: &SignIn, text: &str) {
        let file = |name: &str| format!("{name}={}", login.dir.join(name).display());
        let environment = [
            format!("username={user}"),
            format!("crresponse={text}"),
            file("auth_control_file"),
            file("auth_failed_reason_file"),
        ];
        assert_eq!(self.call(15, &environment), ALLOWED);
    }

    /// In this root: after `enter_jail` the first directory is out of reach.
    fn fresh_directory(&self) -> PathBuf {
        let parent = if self.files.path().exists() { self.files.path() } else { Path::new("/tmp") };
        let dir = tempfile::tempdir_in(parent).unwrap();
        dir.keep()
    }

    fn call(&self, kind: c_int, environment: &[String]) -> c_int {
        let lines: Vec<_> =
            environment.iter().map(|line| CString::new(line.as_str()).unwrap()).collect();
        let envp = pointers(&lines);
        let arguments = FuncIn {
            kind,
            argv: [null()].as_ptr(),
            envp: envp.as_ptr(),
            handle: null(),
            per_client: null(),
            depth: -1,
            certificate: null(),
        };
        let func: unsafe extern "C" fn(c_int, *const FuncIn, *mut c_void) -> c_int =
            self.symbol(c"openvpn_plugin_func_v3");
        // SAFETY: a structure as the header has it, its lists ending with null pointers, all of it
        // valid during the call.
        unsafe { func(5, &raw const arguments, std::ptr::null_mut()) }
    }

    fn symbol<F: Copy>(&self, name: &CStr) -> F {
        // SAFETY: the library is loaded, and each caller names the type that the header gives the
        // symbol; function pointers are as large as data pointers here.
        unsafe {
            let symbol = libc::dlsym(self.library, name.as_ptr());
            assert!(!symbol.is_null(), "{name:?} is missing");
            std::mem::transmute_copy(&symbol)
        }
    }
}

/// One call, and the files that OpenVPN made for it.
pub(crate) struct SignIn {
    pub(crate) status: c_int,
    dir: PathBuf,
}

impl SignIn {
    pub(crate) fn control(&self) -> String {
        self.text("auth_control_file")
    }

    pub(crate) fn reason(&self) -> String {
        self.text("auth_failed_reason_file")
    }

    pub(crate) fn pending(&self) -> String {
        self.text("auth_pending_file")
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.dir.join(name).exists()
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.dir.join(file)).unwrap()
    }
}

/// What the plugin has logged since it was loaded first.
pub(crate) fn log() -> Vec<String> {
    LOG.lock().unwrap().clone()
}

/// An agent that a busy machine lets wait for 20 ms would be a slow one. Without the right to it
/// the tests run as they are.
pub(crate) fn go_before_others() {
    let priority = libc::sched_param { sched_priority: 1 };
    // SAFETY: a plain system call, in a process that is this test's own.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_RR, &raw const priority) };
}

/// Drops root, and lets no further task begin, as OpenVPN's packaged unit does nearly.
pub(crate) fn become_nobody() {
    let limit = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
    // SAFETY: plain system calls, in a process that is this test's own.
    unsafe {
        libc::setrlimit(libc::RLIMIT_NPROC, &raw const limit);
        if libc::getuid() == 0 {
            assert_eq!(libc::setgid(65_534), 0);
            assert_eq!(libc::setuid(65_534), 0);
        }
    }
}

/// Another root directory, and then another user; no when that takes root.
pub(crate) fn enter_jail(jail: &Path) -> bool {
    let jail = CString::new(jail.as_os_str().as_bytes()).unwrap();
    // SAFETY: as above.
    let entered = unsafe { libc::chroot(jail.as_ptr()) == 0 && libc::chdir(c"/".as_ptr()) == 0 };
    if entered {
        become_nobody();
    }
    entered
}

pub(crate) fn make_pipe(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: a plain system call.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

pub(crate) fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn pointers(list: &[CString]) -> Vec<*const c_char> {
    list.iter().map(|text| text.as_ptr()).chain([null()]).collect()
}

/// OpenVPN's is variadic; the plugin hands over exactly one string, which this takes.
unsafe extern "C" fn record(
    _: c_int,
    name: *const c_char,
    format: *const c_char,
    text: *const c_char,
) {
    // SAFETY: the plugin hands over strings that end with a zero byte.
    let [name, format, text] = unsafe {
        [name, format, text].map(|text| CStr::from_ptr(text).to_str().unwrap().to_owned())
    };
    assert_eq!((name.as_str(), format.as_str()), ("authx", "%s"));
    LOG.lock().unwrap().push(text);
}

#[repr(C)]
struct Callbacks {
    log: unsafe extern "C" fn(c_int, *const c_char, *const c_char, *const c_char),
    vlog: *const c_void,
    memzero: *const c_void,
}

#[repr(C)]
struct OpenIn {
    type_mask: c_int,
    argv: *const *const c_char,
    envp: *const *const c_char,
    callbacks: *const Callbacks,
    ssl_api: c_uint,
    version: *const c_char,
    major: c_uint,
    minor: c_uint,
    patch: *const c_char,
}

#[repr(C)]
struct OpenReturn {
    type_mask: c_int,
    handle: *const c_void,
    return_list: *const c_void,
}

#[repr(C)]
struct FuncIn {
    kind: c_int,
    argv: *const *const c_char,
    envp: *const *const c_char,
    handle: *const c_void,
    per_client: *const c_void,
    depth: c_int,
    certificate: *const c_void,
}
