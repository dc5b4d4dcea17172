//! Errors for people.

use std::iter::successors;

/// An error with all that caused it, in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in successors(error.source(), |cause| cause.source()) {
        let cause = cause.to_string();
        // Some errors say in their own text what caused them.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
