//! authx
fn main() {}
