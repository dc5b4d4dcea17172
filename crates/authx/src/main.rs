//! The program `authx`; everything it does is in the library.

/// A verification makes some hundred small allocations, a good tenth of its processor time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    authx::commands::main()
}
