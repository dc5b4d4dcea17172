//! Keeps the library mapped for the life of OpenVPN.

fn main() {
    // OpenVPN closes and loads plugins anew on SIGHUP, by then without the right to read the
    // instance key. What was read at the start lives in statics, which a real unload would drop.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo::rerun-if-changed=build.rs");
}
