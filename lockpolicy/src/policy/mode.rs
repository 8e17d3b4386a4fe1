//! What is done about a model that is not the pin.

use crate::label_enum;

label_enum! {
    /// What the operator asked for (rule 5).
    #[derive(Default)]
    pub enum Mode {
        /// Count and pass on: nothing is locked.
        ReportOnly = "report_only",
        /// Put the pin in the place of any other model.
        #[default]
        Force = "force",
        /// Refuse whatever does not name exactly the pin.
        Reject = "reject",
    }
}
