//! The flags of `model-lock serve`: texts, checked later and together with the environment.

use std::path::PathBuf;

use clap::Args;

use super::table;

/// The flags of `serve`. Each is a text here: `settings` reads them.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Serve {
    #[arg(long, value_name = "ADDRESS", help = table::LISTEN.help())]
    pub(crate) listen: Option<String>,
    #[arg(long, value_name = "URL|PREFIX=URL", help = table::UPSTREAM.help())]
    pub(crate) upstream: Vec<String>,
    #[arg(long, value_name = "ADDRESS", help = table::ADMIN.help())]
    pub(crate) admin: Option<String>,
    #[arg(long, value_name = "FILE", help = table::ADMIN_TOKEN.help())]
    pub(crate) admin_token: Option<String>,
    #[arg(long, value_name = "FILE", help = table::POLICY.help())]
    pub(crate) policy: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = table::KEY.help())]
    pub(crate) key: Option<String>,
    #[arg(long, value_name = "NAME,…", help = table::DIALECT.help())]
    pub(crate) dialect: Option<String>,
    #[arg(long, value_name = "LEVEL|TARGET=LEVEL,…", help = table::LOG.help())]
    pub(crate) log: Option<String>,
    #[arg(long, value_name = "FILE", help = table::AUDIT.help())]
    pub(crate) audit: Option<String>,
    #[arg(long, value_name = "SIZE", help = table::AUDIT_SIZE.help())]
    pub(crate) audit_size: Option<String>,
    #[arg(long, value_name = "SIZE", help_heading = LIMITS, help = table::MAX_HEAD.help())]
    pub(crate) max_head: Option<String>,
    #[arg(long, value_name = "SIZE", help_heading = LIMITS, help = table::MAX_BODY.help())]
    pub(crate) max_body: Option<String>,
    #[arg(long, value_name = "SIZE", help_heading = LIMITS, help = table::MAX_DECODED.help())]
    pub(crate) max_decoded: Option<String>,
    #[arg(long, value_name = "TIME", help_heading = LIMITS, help = table::HEAD_TIME.help())]
    pub(crate) head_time: Option<String>,
    #[arg(long, value_name = "TIME", help_heading = LIMITS, help = table::BODY_TIME.help())]
    pub(crate) body_time: Option<String>,
    #[arg(long, value_name = "TIME", help_heading = LIMITS, help = table::IDLE.help())]
    pub(crate) idle: Option<String>,
    #[arg(long, value_name = "TIME", help_heading = LIMITS, help = table::DRAIN.help())]
    pub(crate) drain: Option<String>,
}

const LIMITS: &str = "Limits";
