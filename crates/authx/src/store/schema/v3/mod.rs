//! The portal: who signs in to it and as what, groups, what people are called and how they are
//! reached. One file for each idea.

mod access;
mod applications;
mod groups;
mod mail;
mod people;
mod record;

pub(super) const STEPS: &[&[&str]] =
    &[people::STEPS, groups::STEPS, applications::STEPS, access::STEPS, mail::STEPS, record::STEPS];
