//! A `ChatGPT` login that the real codex takes: tokens that nobody signed, and the account behind them.

use crate::digest::base64;
use crate::server::FakeProvider;
use crate::{Record, Reply, Request};

/// The text of `auth.json`.
pub(crate) fn auth() -> String {
    let token = token();
    format!(
        r#"{{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{{"id_token":"{token}","access_token":"{token}","refresh_token":"rt-stand-in","account_id":"{ACCOUNT}"}},"last_refresh":"{FRESH}"}}"#
    )
}

/// Lets a stand-in be where codex looks its account up; it knows nothing else.
pub(crate) fn answer_accounts(server: &FakeProvider) {
    server.script(|request: &Request, _: &Record| {
        let known = request.method == "GET" && request.path().ends_with("/wham/accounts/check");
        Some(if known {
            Reply::json(200, ACCOUNTS)
        } else {
            Reply::json(404, "{}")
        })
    });
}

/// A JSON Web Token without a signature (RFC 7519 section 6.1).
fn token() -> String {
    let claims = format!(
        r#"{{"exp":{EXPIRES},"email":"me@example.com","https://api.openai.com/auth":{{"chatgpt_plan_type":"plus","chatgpt_account_id":"{ACCOUNT}","chatgpt_user_id":"user-1"}}}}"#
    );
    let header = base64url(br#"{"alg":"none","typ":"JWT"}"#);
    format!(
        "{header}.{}.{}",
        base64url(claims.as_bytes()),
        base64url(b"none")
    )
}

/// Base64 for URLs, without padding (RFC 4648 section 5).
fn base64url(bytes: &[u8]) -> String {
    let plain = base64(bytes).replace('+', "-").replace('/', "_");
    plain.trim_end_matches('=').to_owned()
}

const ACCOUNT: &str = "acc-1";
/// The year 2100.
const EXPIRES: u64 = 4_102_444_800;
/// Later than any run of a test, so that codex never asks for new tokens.
const FRESH: &str = "2099-01-01T00:00:00Z";
const ACCOUNTS: &str = r#"{"accounts":[{"id":"acc-1","account_user_id":"user-1__acc-1","account_user_role":"owner","name":"me","structure":"personal","can_access_with_session":true,"sso_connection_name":null,"is_deactivated":false,"is_fedramp_compliant_workspace":false,"plan_type":"plus","workspace_backend_origin":"https://chatgpt.com","account_routing_override":"NO_CONSTRAINT","profile_picture_url":null}],"account_ordering":["acc-1"],"default_account_id":"acc-1"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_for_urls_has_no_padding_and_no_plus() {
        assert_eq!(base64url(&[0xfb, 0xff, 0xfe, 0x01]), "-__-AQ");
    }
}
