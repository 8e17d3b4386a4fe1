//! Records what happened, and decides nothing: log, metrics, audit file and dashboard.
//!
//! ```text
//! verdict → lockpolicy::report → fanout → metrics, log, audit, dashboard → record
//! ```

pub mod audit;
mod clock;
pub mod dashboard;
mod fanout;
pub mod log;
pub mod metrics;
mod process_state;
mod queue;
pub mod record;
mod sink;

pub use fanout::{Fanout, proxy_observer, shim_observer};
pub use process_state::{PolicyProvenance, ProcessState, StatsdState};
pub use record::{EnforcementPoint, Record, Reload};
pub use sink::{Observation, Sink};
