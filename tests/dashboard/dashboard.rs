//! A proxy with an admin port and an audit file, before a provider, and what is asked of it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use fake_provider::fixture::Fixture;
use fake_provider::http_client::{HttpClient, Response, post};
use fake_provider::json::{Json, quote};
use fake_provider::process::run;
use fake_provider::{Declare, fixture};

use crate::{PIN, SOON};

const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");

pub(crate) struct Dashboard {
    pub(crate) fixture: Fixture,
    pub(crate) admin: SocketAddr,
}

impl Dashboard {
    pub(crate) fn new(mode: &str) -> Self {
        Self::with(mode, "127.0.0.1:0", &[])
    }

    /// A proxy whose admin port is at an address.
    pub(crate) fn with(mode: &str, admin: &str, flags: &[&str]) -> Self {
        let mut dashboard = Self {
            fixture: fixture!(mode),
            admin: ([127, 0, 0, 1], 0).into(),
        };
        dashboard.start(admin, flags);
        dashboard
    }

    /// Starts the proxy, on the same audit file.
    pub(crate) fn start(&mut self, admin: &str, flags: &[&str]) {
        let file = self.file();
        let mut all = vec!["--admin", admin, "--audit", file.to_str().unwrap()];
        all.extend(flags);
        self.fixture.restart_proxy(&all);
        let admin = self.fixture.proxy().admin().unwrap();
        self.admin = (std::net::Ipv4Addr::LOCALHOST, admin.port()).into();
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.fixture.directory.path().join("audit.jsonl")
    }

    /// Asks the provider, by way of the proxy, for a model.
    pub(crate) fn ask(&self, model: &str) -> Response {
        let body = format!("{{\"model\":{},\"input\":\"hi\"}}", quote(model));
        self.fixture.client().call(&post(
            "/v1/responses",
            "user-agent: tests/1\r\n",
            body.as_bytes(),
        ))
    }

    /// Asks for a hundred models at once, and again.
    pub(crate) fn flood(&self, times: usize) {
        let tools: Vec<String> = (1..100)
            .map(|number| format!(r#"{{"type":"image_generation","model":"evil{number}"}}"#))
            .collect();
        let body = format!(r#"{{"model":"evil0","tools":[{}]}}"#, tools.join(","));
        let mut client = self.fixture.client();
        for _ in 0..times {
            let request = post("/v1/responses", "", body.as_bytes());
            assert_eq!(client.call(&request).status, 400);
        }
    }

    /// Asks while another model serves.
    pub(crate) fn ask_and_get(&self, model: &str, served: &str) -> Response {
        self.fixture
            .provider
            .declare(Declare::Content(served.to_owned()));
        let answer = self.ask(model);
        self.fixture
            .provider
            .declare(Declare::Content(PIN.to_owned()));
        answer
    }

    /// A codex behind the shim that asks for a model, on the same audit file.
    pub(crate) fn shim(&self, model: &str) {
        let codex = self.fixture.directory.path().join("codex");
        if !codex.exists() {
            std::os::unix::fs::symlink(PROGRAM, &codex).unwrap();
        }
        let mut command = Command::new(codex);
        command
            .env_clear()
            .envs(self.fixture.lock.environment())
            .env("MODEL_LOCK_PROXY", "off")
            .env("MODEL_LOCK_REAL_CODEX", "/bin/true")
            .env("MODEL_LOCK_AUDIT", self.file())
            .args(["exec", "-m", model, "hi"]);
        assert!(run(&mut command, SOON).is_ok());
    }

    /// GETs a path of the admin port, as a browser at this machine does. `fields` are whole lines.
    pub(crate) fn get(&self, target: &str, fields: &str) -> Response {
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: {}\r\n{fields}\r\n",
            self.admin
        );
        HttpClient::connect(self.admin).call(request.as_bytes())
    }

    /// The answer of the API.
    pub(crate) fn get_json(&self, target: &str) -> Json {
        let answer = self.get(&format!("/api/v1/{target}"), "");
        assert_eq!(answer.status, 200, "{target} {answer:?}");
        assert_eq!(answer.field("content-type"), Some("application/json"));
        Json::parse(&answer.body).unwrap_or_else(|| panic!("no JSON: {answer:?}"))
    }

    /// The attempts, once something holds of them.
    pub(crate) fn attempts(
        &self,
        query: &str,
        what: &str,
        holds: impl Fn(&[Json]) -> bool,
    ) -> Vec<Json> {
        let deadline = Instant::now() + SOON;
        loop {
            let data = self.get_json(&format!("attempts{query}"));
            let attempts = data.get("attempts").unwrap().items().to_vec();
            if holds(&attempts) {
                return attempts;
            }
            assert!(
                Instant::now() < deadline,
                "waited for {what}: {attempts:#?}"
            );
            std::thread::yield_now();
        }
    }

    /// The status, once something holds of it.
    pub(crate) fn status(&self, what: &str, holds: impl Fn(&Json) -> bool) -> Json {
        let deadline = Instant::now() + SOON;
        loop {
            let data = self.get_json("status");
            if holds(&data) {
                return data;
            }
            assert!(Instant::now() < deadline, "waited for {what}: {data:#?}");
            std::thread::yield_now();
        }
    }
}

/// A member as it is spelled.
pub(crate) fn at(json: &Json, path: &[&str]) -> String {
    let mut value = json;
    for name in path {
        value = value
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {json:#?}"));
    }
    match value {
        Json::Text(text) | Json::Number(text) => text.clone(),
        Json::Bool(truth) => truth.to_string(),
        Json::Null => "null".to_owned(),
        Json::List(_) | Json::Object(_) => panic!("{value:#?}"),
    }
}

/// The models that were asked for, in the order of the answer.
pub(crate) fn requested_models(attempts: &[Json]) -> Vec<&str> {
    let models = attempts.iter().map(|row| row.text_at(&["requested_model"]));
    models.map(|model| model.unwrap_or("-")).collect()
}
