//! A provider behind TLS, with a certificate that the laboratory vouches for.

use std::path::{Path, PathBuf};
use std::process::Command;

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::process::{Daemon, run};

use crate::SOON;
use crate::border::program;

/// nghttpx, which ends TLS, before a provider.
pub(crate) struct Front {
    pub(crate) fixture: Fixture,
    daemon: Daemon,
    pub(crate) port: u16,
}

impl Front {
    /// One that speaks these protocols, the best first, with a certificate of this name.
    pub(crate) fn start(protocols: &str, name: &str) -> Self {
        let fixture = fixture!("force");
        let directory = fixture.directory.path();
        certify(directory, name);
        let port = fake_provider::free_port();
        let mut command = program("usr/sbin/nghttpx");
        command
            .args(["--single-process", "--no-ocsp", "--conf=/dev/null"])
            .arg(format!("--npn-list={protocols}"))
            .arg(format!("--frontend=127.0.0.1,{port}"))
            .arg(format!(
                "--backend=127.0.0.1,{}",
                fixture.provider.address().port()
            ))
            .arg("--accesslog-file=/dev/stderr")
            .arg(format!("--accesslog-format={SPOKEN}$alpn $request"))
            .args([directory.join("key.pem"), directory.join("cert.pem")]);
        let daemon = Daemon::start(&mut command).unwrap();
        drop(daemon.connect(port, SOON));
        Self {
            fixture,
            daemon,
            port,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Who is to be trusted.
    pub(crate) fn roots(&self) -> PathBuf {
        self.fixture.directory.path().join("roots.pem")
    }

    /// Waits until a request is told of that was spoken so: `h2 POST /v1/responses`.
    pub(crate) fn spoke(&self, how: &str) {
        let wanted = format!("{SPOKEN}{how}");
        let output = self.daemon.wait_for(|line| line.starts_with(&wanted), SOON);
        assert!(output.is_some(), "no {how:?} in {:#?}", self.daemon.lines());
    }
}

const SPOKEN: &str = "spoken: ";

/// Makes an authority, and a certificate of it for a name.
pub(crate) fn certify(place: &Path, name: &str) {
    let made = |arguments: &str| {
        let mut command = Command::new("openssl");
        command
            .current_dir(place)
            .args(["req", "-x509", "-days", "2"]);
        command.args([
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ]);
        let finished = run(command.args(arguments.split(' ')), SOON).unwrap();
        assert!(finished.status.success(), "{}", finished.err());
    };
    made("-subj /CN=laboratory -keyout authority.pem -out roots.pem");
    made(&format!(
        "-subj /CN=provider -keyout key.pem -out cert.pem -CA roots.pem -CAkey authority.pem \
         -addext subjectAltName=DNS:{name} -addext basicConstraints=critical,CA:FALSE"
    ));
}
