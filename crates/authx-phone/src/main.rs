//! The program `authx-phone`.

use std::process::ExitCode;

fn main() -> ExitCode {
    authx_phone::commands::main()
}
