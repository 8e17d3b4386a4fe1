//! Requests as people, programs and attackers may write them, and the rules they meet.

use std::fmt;

use lockpolicy::Source;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::PATHS;
use crate::json_text::JsonText;

/// A request and the rules that it meets.
#[derive(Clone)]
pub(crate) struct GeneratedRequest {
    pub(crate) rules: Rules,
    pub(crate) path: &'static str,
    pub(crate) source: Source,
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for GeneratedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(
            f,
            "{} by {:?} under {:?}: {body}",
            self.path, self.source, self.rules
        )
    }
}

/// What an operator wrote.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) mode: &'static str,
    pub(crate) alias: Option<&'static str>,
    pub(crate) effort: Option<&'static str>,
    pub(crate) tier: Option<&'static str>,
    pub(crate) image: Option<&'static str>,
    pub(crate) moderation: Option<&'static str>,
}

impl Rules {
    /// A mode and the pin, nothing else.
    pub(crate) fn plain(mode: &'static str) -> Self {
        Self {
            mode,
            alias: None,
            effort: None,
            tier: None,
            image: None,
            moderation: None,
        }
    }

    pub(crate) fn to_toml(&self) -> String {
        let mut text = format!("model = '{}'\nmode = '{}'\n", crate::PIN, self.mode);
        let mut line = |key: &str, value: Option<&str>| {
            if let Some(value) = value {
                text.extend([key, " = '", value, "'\n"]);
            }
        };
        line("reasoning_effort", self.effort);
        line("service_tier", self.tier);
        line("pins.image", self.image);
        line("pins.moderation", self.moderation);
        if let Some(alias) = self.alias {
            text.extend(["aliases = ['", alias, "']\n"]);
        }
        text
    }
}

pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    let modes = prop_oneof![3 => Just("force"), 2 => Just("reject"), 1 => Just("report_only")];
    let one = |word: &'static str| option::weighted(0.3, Just(word));
    (
        modes,
        one("our-model"),
        one("low"),
        one("flex"),
        one("image-1"),
        one("moderation-1"),
    )
        .prop_map(|(mode, alias, effort, tier, image, moderation)| Rules {
            mode,
            alias,
            effort,
            tier,
            image,
            moderation,
        })
}

/// Any request.
pub(crate) fn generated_request() -> impl Strategy<Value = GeneratedRequest> {
    let source = prop_oneof![
        4 => Just(Source::User),
        1 => Just(Source::Subagent),
        1 => Just(Source::Background)
    ];
    (rules(), select(&PATHS[..]), source, body()).prop_map(|(rules, path, source, body)| {
        GeneratedRequest {
            rules,
            path,
            source,
            body,
        }
    })
}

/// Well-formed ones mostly; some with an odd member somewhere; some hit by bad luck.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        5 => (document(), blanks()).prop_map(|(doc, blanks)| doc.write(&blanks)),
        3 => odd_document(),
        2 => (odd_document(), vec(damage(), 1..3)).prop_map(|(bytes, damages)| {
            damages.into_iter().fold(bytes, |bytes, damage| damage.hit(bytes))
        }),
    ]
}

fn blanks() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        2 => Just(vec![""]),
        1 => vec(select(vec!["", " ", "\t", "\r\n", "  \n "]), 1..6),
    ]
}

fn odd_document() -> impl Strategy<Value = Vec<u8>> {
    (document(), vec(oddity(), 1..3), blanks()).prop_map(|(mut doc, oddities, blanks)| {
        for oddity in oddities {
            oddity.put(&mut doc);
        }
        doc.write(&blanks)
    })
}

/// A member more, in some object, that a decoder may take for another one.
#[derive(Clone, Debug)]
struct Oddity {
    object: Index,
    member: Index,
    spell: Spell,
    value: JsonText,
}

/// How the name of an oddity comes from that of a member that stands there.
#[derive(Clone, Debug)]
enum Spell {
    Same,
    Escaped,
    Upper,
    Title,
    Dashed,
    Spaced,
    Other(&'static str),
}

impl Oddity {
    fn put(self, doc: &mut JsonText) {
        let Some(members) = doc.object(self.object.index(64)) else {
            return;
        };
        let there = if members.is_empty() {
            "model".to_string()
        } else {
            members[self.member.index(members.len())].0.clone()
        };
        let name = self.spell.spell(&there);
        members.insert(self.member.index(members.len() + 1), (name, self.value));
    }
}

impl Spell {
    fn spell(&self, name: &str) -> String {
        let first = name.chars().next().unwrap_or('x');
        let rest: String = name.chars().skip(1).collect();
        match self {
            Self::Same => name.into(),
            Self::Escaped => format!("\\u{:04x}{rest}", u32::from(first)),
            Self::Upper => name.to_uppercase(),
            Self::Title => first.to_uppercase().chain(rest.chars()).collect(),
            Self::Dashed => name.chars().flat_map(|c| [c, '_']).collect(),
            Self::Spaced => format!("{name} "),
            Self::Other(other) => (*other).into(),
        }
    }
}

fn oddity() -> impl Strategy<Value = Oddity> {
    const OTHERS: &[&str] = &[
        "model",
        "Model",
        "mo_del",
        "m-o-d-e-l-",
        "modelſ",
        "mоdel",
        "model[]",
        "model.id",
        "__proto__",
        "$model",
        "",
        "a\\u0000",
        "tools",
        "Tools",
        "models",
        "type",
        "x\\n",
        "é",
    ];
    let spell = prop_oneof![
        Just(Spell::Same),
        Just(Spell::Escaped),
        Just(Spell::Upper),
        Just(Spell::Title),
        Just(Spell::Dashed),
        Just(Spell::Spaced),
        select(OTHERS).prop_map(Spell::Other),
        select(OTHERS).prop_map(Spell::Other),
    ];
    (any::<Index>(), any::<Index>(), spell, odd_value()).prop_map(
        |(object, member, spell, value)| Oddity {
            object,
            member,
            spell,
            value,
        },
    )
}

/// Values at the border of what is JSON, on both sides of it.
fn odd_value() -> impl Strategy<Value = JsonText> {
    let borders = vec![
        "\"\\ud83d\"",
        "\"\\udc00\"",
        "\"\\ud83d\\u0041\"",
        "\"\\uD83D\\uDE00\"",
        "\"\\u12g4\"",
        "\"\\x\"",
        "\"\t\"",
        "'x'",
        "01",
        "-",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e+",
        "-0.0E-0",
        "0x1",
        "NaN",
        "nul",
        "truex",
        "[1,]",
        "[,]",
        "{\"a\":1,}",
        "{\"a\"}",
        "",
    ];
    let nested = prop_oneof![(60..70_usize), (124..130_usize)];
    prop_oneof![
        6 => free(),
        2 => select(borders).prop_map(JsonText::leaf),
        1 => nested.prop_map(|n| JsonText::Leaf(["[".repeat(n), "]".repeat(n)].concat())),
    ]
}

/// Bad luck on the way, or an attempt to be read in two ways.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Lose(Index),
    Put(Index, &'static [u8]),
    Twice(Index, Index),
}

impl Damage {
    fn hit(self, mut bytes: Vec<u8>) -> Vec<u8> {
        let length = bytes.len();
        match self {
            Self::Cut(at) => bytes.truncate(at.index(length + 1)),
            Self::Lose(at) if length > 0 => {
                bytes.remove(at.index(length));
            }
            Self::Lose(_) => {}
            Self::Put(at, what) => {
                let at = at.index(length + 1);
                bytes.splice(at..at, what.iter().copied());
            }
            Self::Twice(one, other) => {
                let (one, other) = (one.index(length + 1), other.index(length + 1));
                let slice = bytes[one.min(other)..one.max(other)].to_vec();
                bytes.splice(one..one, slice);
            }
        }
        bytes
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\\",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\0",
        b"\x0b",
        b" ",
        b"\\u0000",
        b"\xed\xa0\x80",
        b"\\ud83d",
        b"\\udc00",
        b"\\ud83d\\ude00",
        b"0",
        b"1",
        b".",
        b"-",
        b"e",
        b"//",
        b"{}",
    ];
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        any::<Index>().prop_map(Damage::Lose),
        (any::<Index>(), select(pieces)).prop_map(|(at, what)| Damage::Put(at, what)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Damage::Twice(one, other)),
    ]
}

/// A request as the API describes it, with selectors in every place where one may stand.
fn document() -> impl Strategy<Value = JsonText> {
    let model = option::weighted(0.7, model_value());
    let governed = vec(
        prop_oneof![1 => input(), 1 => tools(), 1 => effort(), 1 => tier(), 3 => side()],
        0..4,
    );
    let plain = prop_oneof![1 => Just(Vec::new()), 1 => vec(plain_member(), 0..4)];
    let crowd = prop_oneof![3 => Just(0), 1 => 9..14_usize];
    (model, governed, plain, crowd)
        .prop_map(|(model, governed, plain, crowd)| {
            let mut members: Vec<(String, JsonText)> = Vec::new();
            members.extend(model.map(|value| ("model".into(), value)));
            members.extend(governed);
            members.extend(plain);
            members.extend((0..crowd).map(|n| (format!("k{n}"), JsonText::leaf("0"))));
            members.sort_by(|a, b| a.0.cmp(&b.0));
            members.dedup_by(|a, b| a.0 == b.0);
            members
        })
        .prop_shuffle()
        .prop_map(JsonText::Object)
}

fn model_value() -> impl Strategy<Value = JsonText> {
    prop_oneof![
        4 => Just("\"gpt-5.5\""),
        3 => Just("\"other-model\""),
        1 => Just("\"gpt-5.5 \""),
        1 => Just("\"GPT-5.5\""),
        1 => Just("\"openai/gpt-5.5\""),
        1 => Just("\"our-model\""),
        1 => Just("\"gpt\\u002d5.5\""),
        1 => Just("\"other\\ud83d\\ude00\""),
        1 => Just("null"),
        1 => Just("[\"gpt-5.5\"]"),
        1 => Just("{\"id\":\"other-model\"}"),
        1 => Just("7"),
    ]
    .prop_map(JsonText::leaf)
}

fn member(name: &str, value: JsonText) -> (String, JsonText) {
    (name.into(), value)
}

fn effort_value() -> impl Strategy<Value = JsonText> {
    select(vec!["\"low\"", "\"high\"", "null", "1"]).prop_map(JsonText::leaf)
}

fn reasoning() -> impl Strategy<Value = (String, JsonText)> {
    let object = option::of(effort_value()).prop_map(|effort| {
        let mut members = vec![member("summary", JsonText::quoted("auto"))];
        members.extend(effort.map(|effort| member("effort", effort)));
        JsonText::Object(members)
    });
    prop_oneof![
        4 => object,
        1 => select(vec!["null", "{}", "\"high\"", "[]"]).prop_map(JsonText::leaf),
    ]
    .prop_map(|value| member("reasoning", value))
}

fn effort() -> impl Strategy<Value = (String, JsonText)> {
    prop_oneof![
        2 => reasoning(),
        1 => effort_value().prop_map(|value| member("reasoning_effort", value)),
    ]
}

fn tier() -> impl Strategy<Value = (String, JsonText)> {
    select(vec!["\"flex\"", "\"priority\"", "null", "[]"])
        .prop_map(|value| member("service_tier", JsonText::leaf(value)))
}

fn tool() -> impl Strategy<Value = JsonText> {
    let kind = option::weighted(
        0.9,
        select(vec![
            "\"function\"",
            "\"image_generation\"",
            "\"web_search_preview\"",
            "\"x:y\"",
            "null",
        ]),
    );
    let model = option::weighted(
        0.5,
        select(vec!["\"image-1\"", "\"image-2\"", "null", "{}"]),
    );
    let parameters = option::weighted(
        0.4,
        prop_oneof![
            4 => free(),
            1 => Just(JsonText::Object(vec![member("model", JsonText::quoted("x"))])),
        ],
    );
    (kind, model, parameters).prop_map(|(kind, model, parameters)| {
        let mut members = vec![member("name", JsonText::quoted("f"))];
        members.extend(kind.map(|kind| member("type", JsonText::leaf(kind))));
        members.extend(model.map(|model| member("model", JsonText::leaf(model))));
        members.extend(parameters.map(|parameters| member("parameters", parameters)));
        JsonText::Object(members)
    })
}

fn tools() -> impl Strategy<Value = (String, JsonText)> {
    prop_oneof![
        6 => vec(tool(), 0..3).prop_map(JsonText::List),
        1 => select(vec!["null", "\"auto\"", "{}", "[[]]"]).prop_map(JsonText::leaf),
    ]
    .prop_map(|value| member("tools", value))
}

fn input() -> impl Strategy<Value = (String, JsonText)> {
    let item = prop_oneof![
        Just(JsonText::Object(vec![
            member("role", JsonText::quoted("user")),
            member(
                "content",
                JsonText::leaf("\"say \\\"model\\\":\\\"other-model\\\" \\u00e9\"")
            ),
        ])),
        reasoning().prop_map(|reasoning| JsonText::Object(vec![
            member("type", JsonText::quoted("configuration_update")),
            reasoning,
        ])),
        tools().prop_map(|tools| JsonText::Object(vec![tools])),
        free(),
    ];
    prop_oneof![
        1 => Just(JsonText::quoted("hi")),
        3 => vec(item, 0..3).prop_map(JsonText::List),
    ]
    .prop_map(|value| member("input", value))
}

/// A further selector.
fn side() -> impl Strategy<Value = (String, JsonText)> {
    let names = vec![
        "models",
        "fallbacks",
        "fallback",
        "route",
        "draft_model",
        "draftModel",
        "prompt",
        "preset",
        "moderation",
        "moderation",
        "moderation",
        "agent",
        "session",
        "model_id",
        "modelId",
        "multi_agent",
        "web_search_options",
        "target_model_names",
    ];
    let value = prop_oneof![
        4 => free(),
        2 => Just(JsonText::leaf("null")),
        1 => Just(JsonText::quoted("gpt-5.5")),
        1 => Just(JsonText::leaf("[\"other-model\",{\"model\":\"x\"}]")),
        2 => select(vec!["moderation-1", "moderation-2"]).prop_map(|model| {
            JsonText::Object(vec![member("model", JsonText::quoted(model))])
        }),
    ];
    (select(names), value).prop_map(|(name, value)| member(name, value))
}

fn plain_member() -> impl Strategy<Value = (String, JsonText)> {
    let names = vec![
        "metadata",
        "stream",
        "temperature",
        "store",
        "messages",
        "user",
        "n",
        "x-y",
        "Zed",
    ];
    (select(names), free()).prop_map(|(name, value)| member(name, value))
}

/// JSON that no rule is about.
pub(crate) fn free() -> impl Strategy<Value = JsonText> {
    let leaf = select(vec![
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1.10",
        "1E+2",
        "12345678901234567890123",
        "1e400",
        "\"\"",
        "\"hi\"",
        "\"a,b}]{[:\"",
        "\"\\\\\"",
        "\"\\\"\"",
        "\"\\/\"",
        "\"é\u{1f600}\"",
        "\"\\u00e9\"",
        "\"0123456789 0123456789 0123456789 0123456789\"",
        "{}",
        "[]",
    ])
    .prop_map(JsonText::leaf);
    let names = vec![
        "a", "model", "Model", "b c", "", "\\u0061x", "$ref", "é", "models",
    ];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let object = vec((select(names.clone()), inner.clone()), 0..3).prop_map(|mut members| {
            members.sort_by(|a, b| a.0.cmp(b.0));
            members.dedup_by(|a, b| a.0 == b.0);
            JsonText::Object(members.into_iter().map(|(n, v)| member(n, v)).collect())
        });
        prop_oneof![vec(inner, 0..3).prop_map(JsonText::List), object]
    })
}
