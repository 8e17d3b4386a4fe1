//! The verbs of the command line, one file or folder each.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod codex;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod health;
pub(crate) mod install;
pub(crate) mod man;
pub(crate) mod route;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod uninstall;
pub(crate) mod which;
