//! The agents whose command line, configuration and protocol are known here, one module each.

pub mod codex;
