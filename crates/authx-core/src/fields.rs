//! Lists of fields as bytes for a MAC or a key derivation.

/// Joins fields so that two different lists never give the same bytes: each stands behind its
/// length (64 bits, big-endian), and an absent one is a length that no field can have.
pub(crate) struct Fields(Vec<u8>);

impl Fields {
    /// `label` says what the list is, so that a list of one kind cannot be taken for another's.
    pub(crate) fn new(label: &str) -> Self {
        Self(Vec::with_capacity(256)).bytes(label.as_bytes())
    }

    pub(crate) fn bytes(mut self, field: &[u8]) -> Self {
        let length = u64::try_from(field.len()).unwrap_or(ABSENT);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    pub(crate) fn number(self, field: u64) -> Self {
        self.bytes(&field.to_be_bytes())
    }

    pub(crate) fn optional(mut self, field: Option<&[u8]>) -> Self {
        if let Some(field) = field {
            return self.bytes(field);
        }
        self.0.extend_from_slice(&ABSENT.to_be_bytes());
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

const ABSENT: u64 = u64::MAX;
