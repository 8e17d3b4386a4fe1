//! A codex command line past the policy.
