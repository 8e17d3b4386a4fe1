//! Describes what is done about a model that is not approved.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::renamed;
use super::value::KeyValue;
use crate::label_enum;
use crate::text::escape_for_log;

label_enum! {
    /// Describes what the operator asked for (rule 5).
    pub enum Mode {
        /// Count and pass on: nothing is locked.
        ReportOnly = "report_only",
        /// Put the pin in the place of any other model.
        Force = "force",
        /// Refuse whatever does not name exactly the pin.
        Reject = "reject",
    }
}

impl KeyValue for Mode {
    type Ref<'a> = Self;

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| {
            let advice = renamed::advice(text);
            let expected = advice.as_deref();
            let expected = expected.unwrap_or("force, reject or report_only expected");
            format!("unknown mode `{}`: {expected}", escape_for_log(text))
        })
    }

    fn get(&self) -> Self {
        *self
    }

    fn write(&self) -> Vec<String> {
        alloc::vec![self.to_string()]
    }
}

label_enum! {
    /// Describes what is done where the provider says that it served another model (rule 13).
    pub enum OnServedMismatch {
        /// The response is ended with an error.
        Fail = "fail",
        /// The response is passed on, and the mismatch is recorded.
        Log = "log",
    }
}

impl KeyValue for OnServedMismatch {
    type Ref<'a> = Self;

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| String::from("`log` or `fail` expected"))
    }

    fn get(&self) -> Self {
        *self
    }

    fn write(&self) -> Vec<String> {
        alloc::vec![self.to_string()]
    }
}
