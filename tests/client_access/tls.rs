//! TLS on the listener, with the real curl as client.

use std::net::SocketAddr;
use std::process::Command;

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::http_client::HttpClient;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::write;

/// An authority, which vouches for a listener and for a client.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // A name other than that of the certificates, which would otherwise be taken for their own authority.
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "an authority of this test");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }

    /// Returns a certificate and its key, as PEM.
    fn certificate(&self, name: &str) -> (String, String) {
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// The files of an authority and of a certificate for loopback.
struct Files {
    authority: Authority,
    roots: String,
    certificate: String,
    key: String,
}

impl Files {
    fn of(fixture: &Fixture) -> Self {
        let authority = Authority::new();
        let (certificate, key) = authority.certificate("127.0.0.1");
        Self {
            roots: write(fixture, "roots.pem", &authority.pem),
            certificate: write(fixture, "tls.pem", &certificate),
            key: write(fixture, "tls-key.pem", &key),
            authority,
        }
    }

    fn flags(&self) -> [&str; 4] {
        ["--tls-cert", &self.certificate, "--tls-key", &self.key]
    }
}

/// Asks for another model, and returns the status with the version of HTTP; 000 where there is no response.
fn ask(address: SocketAddr, flags: &[&str]) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "20", "--output", "/dev/null"]);
    curl.args([
        "--write-out",
        "%{http_code} %{http_version}",
        "--noproxy",
        "*",
    ]);
    curl.args(["--json", r#"{"model":"other","input":"hi"}"#]);
    let url = format!("https://{address}/v1/responses");
    let output = curl.args(flags).arg(url).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn client_that_trusts_the_authority_is_served_over_each_version_of_http() {
    let fixture = fixture!("force");
    let files = Files::of(&fixture);
    let fixture = fixture.with_proxy(&files.flags());
    let roots = ["--cacert", &files.roots];
    for (version, told) in [("--http1.1", "200 1.1"), ("--http2", "200 2")] {
        let flags = [&roots[..], &[version]].concat();
        assert_eq!(ask(fixture.address(), &flags), told);
    }
    assert_eq!(fixture.models(), ["gpt-5.5", "gpt-5.5"]);
    assert_eq!(
        ask(fixture.address(), &[]),
        "000 0",
        "nobody vouches for it"
    );
    assert_eq!(fixture.models().len(), 2);
}

#[test]
fn request_without_tls_is_rejected_and_hears_why() {
    let fixture = fixture!("force");
    let files = Files::of(&fixture);
    let fixture = fixture.with_proxy(&files.flags());
    let post = fake_provider::http_client::post("/v1/responses", "", br#"{"model":"gpt-5.5"}"#);
    let response = HttpClient::connect(fixture.address()).call(&post);
    assert_eq!(response.status, 400);
    assert_eq!(response.error("code"), "tls_required");
    fixture.wait_for_log(&[r#""event":"tls_required""#, r#""status":400"#]);
    fixture.assert_nothing_arrived("a request without TLS");
}

#[test]
fn client_without_a_certificate_is_not_served_where_one_is_asked_for() {
    let fixture = fixture!("force");
    let files = Files::of(&fixture);
    let flags = [&files.flags()[..], &["--tls-client-ca", &files.roots]].concat();
    let (certificate, key) = files.authority.certificate("a-client");
    let certificate = write(&fixture, "client.pem", &certificate);
    let key = write(&fixture, "client-key.pem", &key);
    let (other, other_key) = Authority::new().certificate("a-client");
    let other = write(&fixture, "other.pem", &other);
    let other_key = write(&fixture, "other-key.pem", &other_key);
    let fixture = fixture.with_proxy(&flags);
    let with = |more: &[&str]| {
        let flags = [&["--cacert", files.roots.as_str()], more].concat();
        ask(fixture.address(), &flags)
    };
    assert_eq!(with(&["--cert", &certificate, "--key", &key]), "200 2");
    assert_eq!(with(&[]), "000 0");
    assert_eq!(with(&["--cert", &other, "--key", &other_key]), "000 0");
    assert_eq!(fixture.models().len(), 1);
}

#[test]
fn new_certificate_is_taken_once_its_key_fits() {
    let fixture = fixture!("force");
    let files = Files::of(&fixture);
    let fixture = fixture.with_proxy(&files.flags());
    let new = Authority::new();
    let roots = write(&fixture, "new-roots.pem", &new.pem);
    let (certificate, key) = new.certificate("127.0.0.1");
    std::fs::write(&files.certificate, certificate).unwrap();
    fixture.wait_for_log(&[r#""event":"tls""#, r#""result":"kept""#]);
    assert_eq!(ask(fixture.address(), &["--cacert", &files.roots]), "200 2");
    assert_eq!(ask(fixture.address(), &["--cacert", &roots]), "000 0");
    std::fs::write(&files.key, &key).unwrap();
    let line = fixture.wait_for_log(&[r#""event":"tls""#, r#""result":"applied""#]);
    assert!(!line.contains("PRIVATE"), "{line}");
    assert_eq!(ask(fixture.address(), &["--cacert", &roots]), "200 2");
    assert_eq!(ask(fixture.address(), &["--cacert", &files.roots]), "000 0");
}
