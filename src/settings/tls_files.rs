//! The files of TLS on the listener: certificate, key, and the authorities of clients. They are taken again when they
//! change, all together or not at all.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use lockpolicy::Problem;
use proxy::ServerTls;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::Settings;
use super::followed_file::{on_change, read_text};
use super::table::Setting;

/// The files, and the configuration that was made from them last.
#[derive(Clone, Debug)]
pub(crate) struct TlsFiles {
    paths: [Option<PathBuf>; 3],
    config: Arc<ArcSwap<ServerConfig>>,
}

/// The text of each file: certificate, key, authorities of clients.
type Texts = [Option<String>; 3];

const CERTIFICATE: usize = 0;
const KEY: usize = 1;
const CLIENT_AUTHORITIES: usize = 2;

impl TlsFiles {
    /// Returns the files of the settings, with a configuration that was made from them.
    pub(crate) fn of(settings: &Settings, config: Arc<ArcSwap<ServerConfig>>) -> Self {
        Self {
            paths: paths(settings).map(Clone::clone),
            config,
        }
    }

    /// Takes the files again and again; never ends. Files that do not fit together change nothing.
    pub(crate) async fn follow(self) {
        let texts = Mutex::new(Texts::default());
        let [certificate, key, authorities] =
            [CERTIFICATE, KEY, CLIENT_AUTHORITIES].map(|index| self.follow_one(index, &texts));
        tokio::join!(certificate, key, authorities);
    }

    async fn follow_one(&self, index: usize, texts: &Mutex<Texts>) {
        let Some(path) = self.paths.get(index).and_then(Option::as_deref) else {
            return;
        };
        on_change(path, |text, is_change| {
            let mut texts = texts.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = texts.get_mut(index) {
                *known = text.ok().map(str::to_owned);
            }
            self.take(&texts, is_change);
        })
        .await;
    }

    fn take(&self, texts: &Texts, is_change: bool) {
        // An authority that is gone must not let everyone in.
        let mut pairs = texts.iter().zip(&self.paths);
        let is_whole = pairs.all(|(text, path)| text.is_some() == path.is_some());
        let config = match is_whole {
            true => server_config(texts),
            // At first, each file is read for the first time.
            false if !is_change => return,
            false => Err((CERTIFICATE, "a file cannot be read".to_owned())),
        };
        match config {
            Ok(config) => {
                self.config.store(Arc::new(config));
                if is_change {
                    tracing::info!(event = "tls", result = "applied");
                }
            }
            Err((index, why)) => {
                let of = place(index);
                tracing::error!(event = "tls", of, result = "kept", why);
            }
        }
    }
}

/// Returns what the listener needs; `None` where the settings name no file.
///
/// # Errors
///
/// What is wrong, with the flag and the file; the content of a file is never quoted.
pub(super) fn read(settings: &Settings) -> Result<Option<ServerTls>, Problem> {
    let paths = paths(settings);
    if paths.iter().all(|path| path.is_none()) {
        return Ok(None);
    }
    if settings.listen.tcp().is_none() {
        let what = "a socket in the file system takes no TLS: leave it out, or listen on a port";
        return Err(Problem::new(place(CERTIFICATE), what));
    }
    let mut texts = Texts::default();
    for (index, (path, text)) in paths.into_iter().zip(&mut texts).enumerate() {
        let read = path.as_deref().map(read_text).transpose();
        *text = read.map_err(|error| problem(index, path.as_deref(), &error.to_string()))?;
    }
    let made = server_config(&texts);
    let config = made.map_err(|(index, what)| {
        let path = paths.get(index).and_then(|path| path.as_deref());
        problem(index, path, &what)
    })?;
    Ok(Some(ServerTls {
        config: Arc::new(ArcSwap::from_pointee(config)),
        is_required: true,
    }))
}

fn paths(settings: &Settings) -> [&Option<PathBuf>; 3] {
    [
        &settings.tls_cert,
        &settings.tls_key,
        &settings.tls_client_ca,
    ]
}

fn problem(index: usize, path: Option<&Path>, what: &str) -> Problem {
    let what = match path {
        Some(path) => format!("{}: {what}", path.display()),
        None => format!("not set: {what}"),
    };
    Problem::new(place(index), what)
}

fn place(index: usize) -> &'static str {
    let settings = [
        Setting::tls_cert(),
        Setting::tls_key(),
        Setting::tls_client_ca(),
    ];
    settings
        .get(index)
        .and_then(Setting::flag)
        .unwrap_or_default()
}

/// What is wrong, and with which file.
type Wrong = (usize, String);

fn server_config([certificate, key, authorities]: &Texts) -> Result<ServerConfig, Wrong> {
    let wrong = |index: usize, what: &str| (index, what.to_owned());
    let chain = certificates(certificate.as_deref().unwrap_or_default());
    let chain =
        chain.ok_or_else(|| wrong(CERTIFICATE, "one certificate or more as PEM expected"))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_deref().unwrap_or_default().as_bytes());
    let key = key.map_err(|_| wrong(KEY, "a private key as PEM, without a password, expected"))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| (CERTIFICATE, error.to_string()))?;
    let builder = match authorities {
        None => builder.with_no_client_auth(),
        Some(text) => {
            let roots = roots(text).ok_or_else(|| {
                wrong(
                    CLIENT_AUTHORITIES,
                    "the certificate of an authority as PEM expected",
                )
            })?;
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(
                verifier.map_err(|error| (CLIENT_AUTHORITIES, error.to_string()))?,
            )
        }
    };
    let config = builder.with_single_cert(chain, key);
    let mut config =
        config.map_err(|error| (KEY, format!("it does not fit the certificate: {error}")))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Returns the certificates of a text as PEM; `None` where there is none, or one is damaged.
fn certificates(text: &str) -> Option<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    all.ok().filter(|all| !all.is_empty())
}

fn roots(text: &str) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(text)? {
        roots.add(certificate).ok()?;
    }
    Some(roots)
}
