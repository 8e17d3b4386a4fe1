//! `model-lock health`: asks a running proxy whether it is ready, for a container that has no shell to ask with.
//!
//! The admin port is asked, not the one that takes requests: an answer there could come from the provider.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use hyper::Request;
use lockpolicy::Problem;

use crate::output;
use crate::probe;
use crate::settings::environment::Environment;
use crate::settings::table::Setting;
use crate::settings::{address, given};

/// Asks the address of the flag, or else of the variable, and tells in one line what it said.
pub(crate) fn health(flag: Option<&str>, environment: &Environment) -> ExitCode {
    let port = match admin_address(flag, environment) {
        Ok(port) => port,
        Err(problems) => return output::problems(&problems),
    };
    match ask(port, TIMEOUT) {
        Ok(()) => output::result(READY),
        Err(error) => output::failure(&error),
    }
}

/// The reason why it does not count as ready.
#[derive(Debug, thiserror::Error)]
enum HealthError {
    /// Nobody answered in time.
    #[error("nothing answers at {0}")]
    Silent(SocketAddr, #[source] io::Error),
    /// Somebody did, but not as a proxy that is ready.
    #[error("the server at {0} is not ready: {1}")]
    NotReady(SocketAddr, String),
}

/// Returns the address to ask. An unspecified address is asked on loopback.
fn admin_address(
    flag: Option<&str>,
    environment: &Environment,
) -> Result<SocketAddr, Vec<Problem>> {
    let setting = Setting::admin();
    let flags: Vec<OsString> = flag.map(OsString::from).into_iter().collect();
    let missing = || {
        let flag = setting.flag().unwrap_or_default();
        let what = format!("not set: it, or {flag}, says where to ask");
        vec![Problem::new(setting.variable(), what)]
    };
    let given = given(&setting, &flags, environment).ok_or_else(missing)?;
    let mut port = address(&given)?;
    match port.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => port.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => port.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    Ok(port)
}

/// Sends one request, which is over when `within` has passed, however slowly the response comes.
fn ask(port: SocketAddr, within: Duration) -> Result<(), HealthError> {
    let silent = |error| HealthError::Silent(port, error);
    let request = Request::get(format!("http://{port}/readyz")).body(String::new());
    let request = request.map_err(|error| silent(io::Error::other(error)))?;
    match probe::send(request, within) {
        Ok(response) if response.status() == 200 && response.body() == READY.as_bytes() => Ok(()),
        Ok(response) => Err(HealthError::NotReady(port, response.status().to_string())),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(HealthError::NotReady(port, error.to_string()))
        }
        Err(error) => Err(silent(error)),
    }
}

/// The response of a proxy that is ready, and the output of this command.
const READY: &str = "ready\n";
/// Shorter than what a container's health check waits.
const TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    /// A listener that answers once, a piece at a time, for as long as it is listened to.
    fn says(pieces: Vec<String>, between: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            assert!(socket.read(&mut request).unwrap() > 0);
            for piece in pieces {
                if socket.write_all(piece.as_bytes()).is_err() {
                    return;
                }
                thread::park_timeout(between);
            }
        });
        port
    }

    fn result_of(answer: &str) -> Result<(), String> {
        let port = says(vec![answer.to_owned()], Duration::ZERO);
        let found = ask(port, TIMEOUT);
        found.map_err(|error| error.to_string().replace(&port.to_string(), "HERE"))
    }

    #[test]
    fn health_of_a_proxy_is_ready_only_with_its_own_response() {
        assert_eq!(
            result_of("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nready\n"),
            Ok(())
        );
        for (answer, line) in [
            (
                "HTTP/1.1 503 Service Unavailable\r\n\r\ndraining\n",
                "503 Service Unavailable",
            ),
            (
                "HTTP/1.1 503 Service Unavailable\r\n\r\nready\n",
                "503 Service Unavailable",
            ),
            ("HTTP/1.1 200 OK\r\n\r\n<html>", "200 OK"),
            ("SSH-2.0-x\u{7}\r\n", "invalid HTTP version parsed"),
            ("", "connection closed before message completed"),
        ] {
            let expected = format!("the server at HERE is not ready: {line}");
            assert_eq!(result_of(answer), Err(expected), "{answer}");
        }
    }

    #[test]
    fn response_that_never_ends_times_out() {
        let mut endless = vec!["x".to_owned(); 10_000];
        endless.insert(0, "HTTP/1.1 200 OK\r\nx: ".to_owned());
        let port = says(endless, Duration::from_millis(5));
        let error = ask(port, Duration::from_millis(100)).unwrap_err();
        assert!(matches!(error, HealthError::Silent(..)), "{error}");
        let large = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1 << 20));
        // The connection stays open: what ends it is that it is too much.
        let large = says(vec![large], Duration::from_mins(1));
        let error = ask(large, TIMEOUT).unwrap_err();
        assert!(matches!(error, HealthError::NotReady(..)), "{error}");
    }

    #[test]
    fn address_of_the_flag_outweighs_the_variable_and_any_address_is_loopback() {
        let environment =
            |text: &str| Environment::from_iter([(Setting::admin().variable(), text)]);
        for (flag, variable, expected) in [
            (None, "127.0.0.1:1", "127.0.0.1:1"),
            (Some("127.0.0.2:2"), "127.0.0.1:1", "127.0.0.2:2"),
            (None, "0.0.0.0:3", "127.0.0.1:3"),
            (None, "[::]:4", "[::1]:4"),
        ] {
            let port = admin_address(flag, &environment(variable)).unwrap();
            assert_eq!(port.to_string(), expected);
        }
        let problem =
            |found: Result<SocketAddr, Vec<Problem>>| found.unwrap_err().remove(0).to_string();
        assert_eq!(
            problem(admin_address(None, &Environment::default())),
            "MODEL_LOCK_ADMIN: not set: it, or --admin, says where to ask"
        );
        assert_eq!(
            problem(admin_address(Some("8384"), &Environment::default())),
            "--admin: `8384`: an address and port like 127.0.0.1:8383 expected"
        );
    }
}
