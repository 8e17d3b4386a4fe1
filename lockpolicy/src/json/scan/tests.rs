//! What the pass finds, and what it refuses.

use super::*;

fn tree() -> Tree {
    let mut tree = Tree::default();
    tree.insert("/model", 0);
    tree.insert("/tools/*/model", 1);
    tree.insert("/reasoning", 2);
    tree.insert("/reasoning/effort", 3);
    tree
}

fn hits(text: &str) -> Result<Vec<(usize, &str)>, JsonError> {
    let hits = scan(text.as_bytes(), &tree())?;
    Ok(hits
        .into_iter()
        .map(|hit| (hit.selector, text.get(hit.value).unwrap()))
        .collect())
}

#[test]
fn document_with_governed_members_gives_them_alone() {
    let text = r#" {"a":{"model":"no"},"tools":[{"x":[{"model":1}]},{"model" : "t"}],"model":"m","reasoning":{"effort":null}}"#;
    assert_eq!(
        hits(text),
        Ok(std::vec![
            (1, "\"t\""),
            (0, "\"m\""),
            (2, "{\"effort\":null}"),
            (3, "null")
        ])
    );
}

#[test]
fn document_with_two_readings_is_refused() {
    let cases = [
        (r#"{"model":"a","model":"b"}"#, JsonError::Duplicate),
        (r#"{"x":{"a":1,"\u0061":2}}"#, JsonError::Duplicate),
        // The name that stands twice is not the first that has an escape.
        (
            r#"{"x":{"\u0061":1,"\u0062":2,"\u0062":3}}"#,
            JsonError::Duplicate,
        ),
        (
            r#"{"x":{"\u0061":{"\u0062":1,"\u0063":2},"\u0061":3}}"#,
            JsonError::Duplicate,
        ),
        (r#"{"\u006dodel":"a"}"#, JsonError::Name),
        (r#"{"Model":"a"}"#, JsonError::Name),
        (r#"{"mo-del":"a"}"#, JsonError::Name),
        (r#"{"m_o_d_e_l":"a"}"#, JsonError::Name),
        (r#"{"model----":"a"}"#, JsonError::Name),
        (r#"{"model ":"a"}"#, JsonError::Name),
        (r#"{"__proto__":{}}"#, JsonError::Name),
        (r#"{"tools":[[{"model":"x"}]]}"#, JsonError::Shape),
        (r#"{"tools":{"model":"x"}}"#, JsonError::Shape),
        (r#"{"a":"\ud800"}"#, JsonError::Syntax),
        (r#"{"a":01}"#, JsonError::Syntax),
        (r#"{"a":1,}"#, JsonError::Syntax),
        (r#"{"a":[1}}"#, JsonError::Syntax),
        (r#"{"a":{"b":1]}"#, JsonError::Syntax),
        (r#"{"a" 1}"#, JsonError::Syntax),
        (r#"{"a":1}{"#, JsonError::Syntax),
        ("[]", JsonError::Root),
        ("", JsonError::Root),
        ("\u{feff}{}", JsonError::Root),
    ];
    for (text, error) in cases {
        assert_eq!(hits(text), Err(error), "{text}");
    }
    assert_eq!(scan(b"{\"a\":\"\xff\"}", &tree()), Err(JsonError::Utf8));
    assert_eq!(
        hits(&["{\"a\":", &"[".repeat(200)].concat()),
        Err(JsonError::Depth)
    );
}

#[test]
fn document_in_every_legal_spelling_is_read() {
    for text in [
        r"{}",
        "{ }\r\n",
        r#"{"a":[1,-0,1E+2,1.0,true,false,null,"\ud83d\ude00\n",{}]}"#,
        r#"{"$x":{"model":{}}}"#,
    ] {
        let result = scan(text.as_bytes(), &Tree::default());
        assert_eq!(result, Ok(Vec::new()), "{text}");
    }
}

#[test]
fn object_with_many_names_and_a_repetition_is_refused() {
    let mut text = std::string::String::from("{");
    for index in 0..200 {
        text.extend([&*std::format!("\"k{index}\":{index},")]);
    }
    assert!(hits(&std::format!("{text}\"z\":1}}")).is_ok());
    assert_eq!(
        hits(&std::format!("{text}\"k17\":1}}")),
        Err(JsonError::Duplicate)
    );
}

#[test]
fn scan_stops_at_the_cap_of_places() {
    let text = |count| {
        [
            "{\"tools\":[",
            &["{\"model\":1}"; 9][..count].join(","),
            "]}",
        ]
        .concat()
    };
    let mut tree = tree();
    tree.set_cap(8);
    assert_eq!(scan(text(8).as_bytes(), &tree).unwrap().len(), 8);
    // What stands behind is not even read.
    let cut = text(9).replace("]}", "\u{7}");
    assert_eq!(scan(cut.as_bytes(), &tree), Err(JsonError::Locations(8)));
}

#[test]
fn scan_stops_at_the_cap_of_open_names() {
    let members = |count: usize| {
        (0..count)
            .map(|at| std::format!("\"k{at}\":0"))
            .collect::<Vec<_>>()
    };
    let text = |count| ["{\"a\":{", &members(count).join(","), "}}"].concat();
    assert!(hits(&text(NAME_CAP - 1)).is_ok());
    assert_eq!(hits(&text(NAME_CAP)), Err(JsonError::ManyNames));
    let closed = std::format!(
        "{{\"a\":[{}]}}",
        std::vec!["{\"a\":0}"; NAME_CAP + 1].join(",")
    );
    assert!(
        hits(&closed).is_ok(),
        "names of objects that are closed do not count"
    );
}

#[test]
fn member_or_element_without_its_comma_or_behind_another_is_no_json() {
    for text in [
        r#"{,"a":1}"#,
        r#"{"a":1"b":2}"#,
        r#"{"a":1,,"b":2}"#,
        r#"{"a":[,1]}"#,
        r#"{"a":["x""y"]}"#,
        r#"{"a":[{}{}]}"#,
        r#"{"a":{}"b":{}}"#,
    ] {
        assert_eq!(hits(text), Err(JsonError::Syntax), "{text}");
    }
}

#[test]
fn name_with_a_sign_in_front_is_plain_below_the_root_alone() {
    for name in ["$a", "_a"] {
        let at_root = ["{\"", name, "\":1}"].concat();
        assert_eq!(hits(&at_root), Err(JsonError::Name), "{name}");
        let below = ["{\"reasoning\":{\"", name, "\":1}}"].concat();
        assert_eq!(hits(&below).map(|hits| hits.len()), Ok(1), "{name}");
    }
}
