//! The chart as Helm renders it, held against the schemas of Kubernetes, strictly; and the manifests, which are its rendering.
#![expect(
    clippy::disallowed_types,
    clippy::indexing_slicing,
    reason = "manifests are compared as trees; what is not there fails"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::stage::of_the_repository;

/// The oldest with native sidecars, one between, and the newest that the schemas have.
const VERSIONS: [&str; 3] = ["1.29", "1.33", "1.37"];

/// What becomes of each case: see the head of `chart.py`.
fn answers(cases: &Value) -> Vec<Value> {
    let python = fake_provider::tool("kubernetes", &[]);
    let mut command = Command::new("timeout");
    command
        .arg("300")
        .arg(python)
        .arg(of_the_repository("tests/deploy/chart.py"));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut cases_in = child.stdin.take().unwrap();
    cases_in.write_all(cases.to_string().as_bytes()).unwrap();
    drop(cases_in);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "chart.py: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn chart(values: &Value) -> Value {
    let place = of_the_repository("deploy/kubernetes/chart");
    json!({"chart": place, "values": values, "versions": VERSIONS})
}

fn plain(form: &str) -> Value {
    let place = of_the_repository(&format!("deploy/kubernetes/plain/{form}.yaml"));
    json!({"file": place, "versions": VERSIONS})
}

/// The documents of an answer, in the order of their names.
fn documents(answer: &Value) -> Vec<Value> {
    assert_eq!(answer.get("problems"), Some(&json!([])), "{answer}");
    let mut documents = answer["documents"].as_array().unwrap().clone();
    documents
        .sort_by_key(|document| format!("{}{}", document["kind"], document["metadata"]["name"]));
    documents
}

#[test]
fn manifests_equal_what_helm_renders() {
    for form in ["gateway", "sidecar"] {
        let values = json!({"form": form, "policy": {"model": "gpt-5.5"}, "providerKey": {"secret": "provider-key"}, "clientTokens": {"secret": "client-tokens"}});
        let answers = answers(&json!([chart(&values), plain(form)]));
        let [mut rendered, mut written] = [0, 1].map(|at| documents(&answers[at]));
        for document in &mut rendered {
            let labels = document["metadata"]["labels"].as_object_mut().unwrap();
            // Helm's own.
            assert!(labels.remove("helm.sh/chart").is_some());
            assert!(labels.remove("app.kubernetes.io/managed-by").is_some());
        }
        written.retain(|document| document["kind"] != "Namespace");
        assert_eq!(rendered, written, "{form}");
    }
}

/// Each value that changes what is rendered, in both forms.
#[test]
fn chart_values_of_each_kind_render_valid_kubernetes() {
    let choices = [
        json!({"policy": {"model": "a/b", "mode": "reject", "extra": "disclose_model_in_errors = true"}}),
        json!({"statsd": {"host": "statsd.monitoring", "port": 8125}}),
        json!({"networkPolicy": {"enabled": false}}),
        json!({"agent": {"enabled": false}}),
        json!({"agent": {"codexHomeClaim": "login", "command": ["serve"], "replicas": 2}}),
        json!({"args": ["--upstream=/=https://llm.example"], "image": {"tag": "0.1.0", "pullPolicy": "Always"}}),
        json!({"gateway": {"replicas": 9}, "providerKey": {"secret": "key"}}),
    ];
    let mut cases = Vec::new();
    for form in ["gateway", "sidecar"] {
        for choice in &choices {
            let mut values = choice.clone();
            values["form"] = json!(form);
            if values.get("policy").is_none() {
                values["policy"] = json!({"model": "gpt-5.5"});
            }
            let mut case = chart(&values);
            case["versions"] = json!(VERSIONS[..1]);
            cases.push(case);
        }
    }
    for (case, answer) in cases.iter().zip(answers(&json!(cases))) {
        assert!(documents(&answer).len() > 1, "{case}");
    }
}

/// The proxy that holds a key serves a client of the chart's own, unless the operator lists others.
#[test]
fn chart_with_a_provider_key_makes_a_token() {
    let values = |tokens: &str| json!({"policy": {"model": "gpt-5.5"}, "providerKey": {"secret": "key"}, "clientTokens": {"secret": tokens}});
    let answers = answers(&json!([chart(&values("")), chart(&values("own"))]));
    let secret = |answer: &Value| {
        let mut all = documents(answer).into_iter();
        all.find(|document| document["kind"] == "Secret")
    };
    assert_eq!(secret(&answers[1]), None);
    let made = secret(&answers[0]).unwrap();
    let name = made["metadata"]["name"].as_str().unwrap();
    assert_eq!(name, "openclaw-model-lock-clients");
    let token = made["stringData"]["token"].as_str().unwrap();
    assert!(token.len() >= 32, "{token}");
    assert_eq!(
        made["stringData"]["tokens"],
        json!(format!("agent {token}\n"))
    );
    for (answer, name) in answers.iter().zip([name, "own"]) {
        let text = json!(documents(answer)).to_string();
        let volume = format!(r#""secretName":"{name}""#);
        assert_eq!(text.matches(&volume).count(), 1, "{name}");
        assert!(text.contains("--client-tokens=/run/clients/tokens"));
    }
}

/// Without a model, or with a word that it does not know, Helm renders nothing.
#[test]
fn chart_without_model_is_not_rendered() {
    let cases = [
        (json!({}), "policy.model: name the one model"),
        (json!({"form": "both", "policy": {"model": "a"}}), "/form"),
        (
            json!({"policy": {"model": "a", "mode": "lock"}}),
            "/policy/mode",
        ),
        (json!({"policy": {"modle": "a"}}), "modle"),
    ];
    let request: Vec<_> = cases.iter().map(|(values, _)| chart(values)).collect();
    for ((values, word), answer) in cases.iter().zip(answers(&json!(request))) {
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(word), "{values}: {answer}");
    }
}

/// The schemas see a name that is misspelled, and a version that knows no native sidecar.
#[test]
fn schemas_reject_misspelled_names_and_old_versions() {
    let read = answers(&json!([plain("sidecar")]));
    let whole = documents(&read[0]);
    let agent = whole
        .iter()
        .find(|one| one["kind"] == "Deployment")
        .unwrap();
    let mut misspelled = agent.clone();
    misspelled["spec"]["template"]["spec"]["containers"][0]["imagePulPolicy"] = json!("Always");
    let report = answers(&json!([
        {"documents": [agent], "versions": ["1.29"]},
        {"documents": [agent], "versions": ["1.27"]},
        {"documents": [misspelled], "versions": ["1.29"]},
    ]));
    let problems: Vec<_> = report
        .iter()
        .map(|one| one["problems"].to_string())
        .collect();
    assert_eq!(problems[0], "[]");
    assert!(problems[1].contains("restartPolicy"), "{}", problems[1]);
    assert!(problems[2].contains("imagePulPolicy"), "{}", problems[2]);
}
