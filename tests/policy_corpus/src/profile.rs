//! What the profile of a case switches on.

/// The approved model of every case.
pub const PIN: &str = "gpt-5.5";

/// The effort and the tier that are pinned for a profile that ends in `+pinned`.
pub const EFFORT: &str = "low";
pub const TIER: &str = "default";

/// The groups about bytes that only a transport sees: framing, HTTP/2, and the program's command line.
pub const OF_THE_TRANSPORT: [&str; 3] = ["http-framing", "http2", "cli-config"];

/// Cuts `+pinned` off a profile.
pub fn pinned(profile: &str) -> (&str, bool) {
    let base = profile.strip_suffix("+pinned");
    (base.unwrap_or(profile), base.is_some())
}
