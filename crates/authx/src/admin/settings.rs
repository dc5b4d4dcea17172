//! How a company is set up. How long its record is kept stands in the record itself:
//! [`retention`](super::retention).

use super::AdminError;
use serde::{Deserialize, Serialize};

/// How a company is set up, as it is stored. What a newer version added is kept.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The zone in which people read times, as in the IANA database.
    pub time_zone: String,
    /// One of eight colours beside the company's name, 1 to 8.
    pub hue: u8,
}

impl Settings {
    /// Reads the stored form.
    ///
    /// # Errors
    ///
    /// [`AdminError::Damaged`].
    pub fn from_json(text: &str) -> Result<Self, AdminError> {
        serde_json::from_str(text).map_err(|error| AdminError::Damaged(error.to_string()))
    }

    /// The stored form.
    ///
    /// # Errors
    ///
    /// [`AdminError::Damaged`].
    pub fn to_json(&self) -> Result<String, AdminError> {
        serde_json::to_string(self).map_err(|error| AdminError::Damaged(error.to_string()))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned(), hue: 1 }
    }
}
