//! The stand-in as a program: `fake_provider --listen ADDR`, one JSON line for each request.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use fake_provider::json::quote;
use fake_provider::{FakeProvider, Request};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(io::stderr(), "fake_provider: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let address = match arguments.as_slice() {
        [] => "127.0.0.1:0",
        [flag, address] if flag == OsStr::new("--listen") => address.to_str().unwrap_or_default(),
        _ => return Err(io::Error::other("usage: fake_provider [--listen ADDRESS]")),
    };
    let provider = FakeProvider::start_on(address)?;
    let mut out = io::stdout();
    writeln!(out, "listening {}", provider.address())?;
    let mut printed = 0;
    loop {
        provider.wait_for(printed + 1, HOUR);
        for request in provider.requests().iter().skip(printed) {
            writeln!(out, "{}", line(request))?;
            printed += 1;
        }
    }
}

fn line(request: &Request) -> String {
    let model = request
        .model()
        .map_or("null".to_owned(), |model| quote(&model));
    format!(
        r#"{{"method":{},"path":{},"model":{model},"bytes":{}}}"#,
        quote(&request.method),
        quote(request.path()),
        request.body.len()
    )
}

const HOUR: Duration = Duration::from_hours(1);
