//! Lists the data files of `dialects/`, and collects what every dialect says about responses and credentials,
//! so that a new file changes no code. Lists the operations too, by dialect: which dialect has a path is asked of all of
//! them, also of those that are not switched on.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// The lists that are collected, by the table that they stand in.
const LISTS: [(&str, &[&str]); 2] = [
    (
        "served",
        &[
            "models", "fields", "prefixes", "regions", "vendors", "versions",
        ],
    ),
    ("credentials", &["fields", "query", "words"]),
];

type Lists = BTreeMap<String, BTreeSet<String>>;

/// The operations of each dialect, as `METHOD PATH`, and whether a model runs there.
type Operations = BTreeMap<String, Vec<(String, bool)>>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=dialects");
    let mut dialects = Operations::new();
    let mut lists = Lists::new();
    for file in fs::read_dir("dialects")? {
        let path = file?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = name.ok_or("a dialect without a name")?.to_owned();
        let file = fs::read_to_string(&path)?.parse()?;
        collect(&file, &mut lists)?;
        if name != "common" {
            dialects.insert(name, operations(&file));
        }
    }
    let out = std::env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    fs::write(
        Path::new(&out).join("dialects.rs"),
        source(&dialects, &lists),
    )?;
    Ok(())
}

/// Adds the lists of one file, and the field of its credential.
fn collect(file: &Table, lists: &mut Lists) -> Result<(), Box<dyn Error>> {
    for (table, names) in LISTS {
        let own = file.get(table).and_then(Value::as_table);
        for (name, list) in own.into_iter().flatten() {
            if !names.contains(&name.as_str()) {
                return Err(format!("[{table}] {name}: no such list").into());
            }
            let list: Vec<String> = list.clone().try_into()?;
            lists
                .entry(format!("{table}_{name}"))
                .or_default()
                .extend(list);
        }
    }
    let credential = file
        .get("credential")
        .and_then(|it| it.get("field")?.as_str());
    let fields = lists.entry("credentials_fields".to_owned()).or_default();
    fields.extend(credential.map(str::to_owned));
    Ok(())
}

/// Returns the operations of one file. What has another shape, a test of the data files finds.
fn operations(file: &Table) -> Vec<(String, bool)> {
    let entries = file.get("operations").and_then(Value::as_array);
    let each = |entry: &Value| {
        let runs_model = entry.get("capability").is_some();
        let at = match entry.get("at") {
            Some(Value::Array(all)) => all.clone(),
            one => one.cloned().into_iter().collect(),
        };
        let names = at
            .into_iter()
            .filter_map(|at| Some((at.as_str()?.to_owned(), runs_model)));
        names.collect::<Vec<_>>()
    };
    entries.into_iter().flatten().flat_map(each).collect()
}

fn source(dialects: &Operations, lists: &Lists) -> String {
    let file = |name: &String| {
        let path = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/dialects/{name}.toml\")");
        format!("(\"{name}\", include_str!({path})),\n")
    };
    let list = |(name, list): (&String, &BTreeSet<String>)| {
        let (name, list) = (name.to_uppercase(), list.iter().collect::<Vec<_>>());
        format!("pub(crate) const {name}: &[&str] = &{list:?};\n")
    };
    let files: String = dialects.keys().map(file).collect();
    let of_dialect =
        |(name, own): (&String, &Vec<(String, bool)>)| format!("({name:?}, &{own:?}),\n");
    let operations: String = dialects.iter().map(of_dialect).collect();
    let lists: String = lists.iter().map(list).collect();
    format!(
        "pub(crate) const DIALECTS: &[(&str, &str)] = &[\n{files}];\n\
         pub(crate) const OPERATIONS: &[(&str, &[(&str, bool)])] = &[\n{operations}];\n{lists}"
    )
}
