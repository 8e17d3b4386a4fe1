//! The values that an effort and a service tier have in any API. A pin that is none of them would hold nowhere.

/// The reasoning efforts. Google's APIs spell them in capital letters, too.
pub const EFFORTS: [&str; 8] = [
    "default", "none", "minimal", "low", "medium", "high", "xhigh", "max",
];

/// The service tiers.
pub const TIERS: [&str; 11] = [
    "auto",
    "default",
    "deferred",
    "fast",
    "flex",
    "priority",
    "reserved",
    "scale",
    "standard",
    "standard_only",
    "ultrafast",
];
