//! A path that a table lists is what any reader of URLs makes of it: nothing is resolved, and what is decoded makes no
//! other path.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lockpolicy::Policy;
use lockpolicy::dialect::{Table, names};
use lockpolicy::http::{RequestHead, route};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(names()).expect("known"));
static POLICY: LazyLock<Policy> = LazyLock::new(|| oracles::policy("force", "allow = ['GET /v1/files/*']"));

fuzz_target!(|path: &str| {
    for method in ["GET", "POST", "DELETE"] {
        let head = RequestHead { method, path, ..RequestHead::default() };
        if route(&TABLE, &POLICY, &head).route.is_err() {
            continue;
        }
        let url = url::Url::parse(&format!("http://host{path}")).expect("a URL");
        assert_eq!(url.path(), path);
        assert!(url.query().is_none() && url.fragment().is_none());
        assert!(!path.contains("//") && !path.contains("/../"), "{path}");
        for escaped in path.split('%').skip(1) {
            let byte = u8::from_str_radix(&escaped[..2], 16).expect("two digits");
            assert!(b"!$&'()*+,:=@".contains(&byte), "{path}");
        }
    }
});
