//! Signatures from outside: the published vectors, what must be refused, and chance.

#[cfg(test)]
mod chance;
#[cfg(test)]
mod vectors;
