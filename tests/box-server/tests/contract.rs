//! The OpenAPI document and the router name the same addresses and methods.
//!
//! The document's side is read by its indentation, which is all that is needed of YAML here; the router's side is read
//! from its source, and then asked, so that neither a forgotten line nor a wrong one passes.

mod support;

use std::collections::BTreeSet;

use reqwest::Method;
use support::{House, client};

const DOCUMENT: &str = include_str!("../../../schemas/openapi.yaml");
const ROUTER: &str = include_str!("../src/routes/mod.rs");
const METHODS: [&str; 7] = ["get", "put", "post", "head", "patch", "delete", "options"];

type Operations = BTreeSet<(String, String)>;

fn documented() -> Operations {
    let (mut found, mut path, mut inside) = (Operations::new(), String::new(), false);
    for line in DOCUMENT.lines() {
        if line.starts_with(|first: char| first.is_ascii_lowercase()) {
            inside = line == "paths:";
        } else if inside && let Some(name) = line.strip_prefix("  /") {
            path = format!("/{}", name.trim_end_matches(':'));
        } else if inside
            && let Some(method) = line.strip_prefix("    ").and_then(|line| line.strip_suffix(':'))
            && METHODS.contains(&method)
        {
            found.insert((method.to_owned(), path.clone()));
        }
    }
    found
}

/// Each `.route("/v1/...", get(..).put(..))` of the router.
fn routed() -> Operations {
    let source = ROUTER.replace("path::UPLOADS", "\"/v1/uploads\"").replace(char::is_whitespace, "");
    let mut found = Operations::new();
    for route in source.split(".route(\"").skip(1) {
        let (path, rest) = route.split_once('"').expect("an address");
        let handlers = rest.split(".layer(").next().expect("handlers");
        for method in METHODS {
            let named = [format!(",{method}("), format!(").{method}("), format!("routing::{method}(")];
            if named.iter().any(|call| handlers.contains(call)) {
                found.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    found
}

#[test]
fn document_and_router_name_the_same_operations() {
    let (documented, routed) = (documented(), routed());
    assert!(documented.len() > 30, "the document is read");
    let missing: Vec<_> = routed.difference(&documented).collect();
    let invented: Vec<_> = documented.difference(&routed).collect();
    assert!(missing.is_empty() && invented.is_empty(), "not documented {missing:?}, not there {invented:?}");
}

#[test]
fn every_documented_operation_is_answered_by_something_else_than_nowhere() {
    let house = House::new();
    let connection = house.running.connection();
    let http = client(connection);
    for (method, path) in documented() {
        let path = path.split('/').map(|part| if part.starts_with('{') { "0".repeat(32) } else { part.to_owned() });
        let url = format!("{}{}", connection.origin, path.collect::<Vec<_>>().join("/"));
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let answer = http.request(method.clone(), &url).send().expect("an answer");
        assert_ne!(answer.status(), 405, "{method} {url}");
        if !url.contains("/v1/notices/") && !url.contains("/v1/catalogues/") && !url.contains("/v1/registers/") {
            assert_ne!(answer.status(), 404, "{method} {url}: who asks is checked before what is asked for");
        }
    }
}
