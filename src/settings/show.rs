//! The text of a default value, as a person would write it.

use std::time::Duration;

use tracing_subscriber::filter::Targets;

use proxy::ListenAddress;

use super::units;
use observe::metrics::TagStyle;

/// A value of a setting that can be written as it is read.
pub(super) trait Show {
    /// Returns the text.
    fn show(&self) -> String;
}

macro_rules! show_as_display {
    ($($type:ty),+) => {
        $(impl Show for $type {
            fn show(&self) -> String {
                self.to_string()
            }
        })+
    };
}

show_as_display!(ListenAddress, String, Targets, u16, u32);

impl Show for Vec<String> {
    fn show(&self) -> String {
        self.join(",")
    }
}

impl Show for usize {
    fn show(&self) -> String {
        units::size_text(*self)
    }
}

impl Show for Duration {
    fn show(&self) -> String {
        units::time_text(*self)
    }
}

impl Show for TagStyle {
    fn show(&self) -> String {
        match self {
            Self::Datadog => "datadog".to_owned(),
            Self::Name => "name".to_owned(),
        }
    }
}
