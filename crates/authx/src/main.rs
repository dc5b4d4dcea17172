//! The program `authx`; everything it does is in the library.

fn main() -> std::process::ExitCode {
    authx::commands::main()
}
