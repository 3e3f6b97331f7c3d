//! Keeps the house as `core/ARCHITECTURE.md` draws it: reads the sources and reports every line that breaks a rule.
//!
//! The compiler knows no layers inside a crate, so nothing else would notice when the vault begins to ask the client.
//! Reading is by tokens, not by a full parser: comments, literals and `#[cfg(test)]` items are taken out first, then
//! paths are followed through `use` groups. Each rule has a control, a source that breaks it and must be reported.

#[path = "layers/reading.rs"]
mod reading;

use reading::{Source, Used, kept_lines, paths, sources, tokens, top};

/// Left may use right, nothing else. `module::part` allows one part only, `pub use module` only a re-export.
const LAYERS: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("ports", &["domain"]),
    ("seal", &["domain", "ports"]),
    ("catalogue", &["domain"]),
    ("geo", &["domain"]),
    ("journal", &["domain"]),
    ("rules", &["catalogue", "geo", "domain"]),
    ("vault", &["seal", "domain", "ports"]),
    ("evidence", &["seal", "domain", "ports"]),
    ("sync", &["vault", "seal", "domain", "ports"]),
    ("http", &["ports", "sync::protocol"]),
    ("error", &["sync", "evidence", "rules", "geo", "vault", "seal", "catalogue", "journal", "domain", "ports"]),
    ("log", &["error", "sync", "evidence", "rules", "geo", "vault", "seal", "catalogue", "journal", "domain", "ports"]),
    (
        "client",
        &[
            "error",
            "log",
            "sync",
            "evidence",
            "rules",
            "geo",
            "vault",
            "seal",
            "catalogue",
            "journal",
            "domain",
            "ports",
            "pub use http",
        ],
    ),
    (
        "testing",
        &[
            "client",
            "http",
            "error",
            "log",
            "sync",
            "evidence",
            "rules",
            "geo",
            "vault",
            "seal",
            "catalogue",
            "journal",
            "domain",
            "ports",
        ],
    ),
];
/// What the bindings may see of the core.
const SURFACE: [&str; 5] = ["client", "domain", "ports", "error", "http"];
/// Where files are opened. Everything else gets a reader, a writer or a path to hand on.
const FILES: [&str; 16] = [
    "core/src/ports/anchor.rs",
    "core/src/vault/objects.rs",
    "core/src/vault/ballast.rs",
    "core/src/vault/database.rs",
    "core/src/vault/handles.rs",
    "core/src/vault/migrate.rs",
    "core/src/vault/drafts.rs",
    "core/src/vault/sweep.rs",
    "core/src/vault/purge.rs",
    "core/src/vault/quarantine.rs",
    "core/src/vault/salvage/",
    "core/src/vault/spare.rs",
    "core/src/vault/store.rs",
    "core/src/client/photos.rs",
    "core/src/http/",
    "core/src/testing/",
];
/// What must be the same on every run: no file, no socket, no clock.
const PURE: [&str; 7] = [
    "core/src/domain/",
    "core/src/seal/",
    "core/src/sync/",
    "core/src/catalogue/",
    "core/src/geo/",
    "core/src/rules/",
    "core/src/journal/",
];
const MAX_LINES: usize = 400;

type Faults = Vec<String>;

fn layer_faults(source: &Source) -> Faults {
    let Some(own) = source.module() else { return Faults::new() };
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else {
        return vec![source.fault(1, &format!("module {own} is not in the table of layers"))];
    };
    let judge = |used: &Used| {
        let (module, rest) = top_module(source, &used.segments)?;
        let part = format!("{module}::{}", rest.first().map_or("", String::as_str));
        let reexport = format!("pub use {module}");
        let fits = module == own
            || allowed.contains(&module)
            || allowed.contains(&part.as_str())
            || (used.reexport && allowed.contains(&reexport.as_str()));
        (!fits).then(|| source.fault(used.line, &format!("{own} uses {module}; it may use {}", list(allowed))))
    };
    paths(&source.code).iter().filter_map(judge).collect()
}

/// The module below the crate's root that a path leads to, and what follows.
fn top_module<'a>(source: &Source, segments: &'a [String]) -> Option<(&'a str, &'a [String])> {
    let (root, rest) = segments.split_first()?;
    let rest = match root.as_str() {
        "crate" => rest,
        "super" => {
            let supers = segments.iter().take_while(|segment| *segment == "super").count();
            let rest = segments.get(supers..)?;
            // Fewer stay inside the module; more belong to inline modules, which only reach their own file.
            let known = rest.first().is_some_and(|name| LAYERS.iter().any(|(layer, _)| layer == name));
            if supers < source.depth() || !known {
                return None;
            }
            rest
        }
        _ => return None,
    };
    let (module, rest) = rest.split_first()?;
    Some((module, rest))
}

fn surface_faults(source: &Source) -> Faults {
    let judge = |used: &Used| {
        let [root, module, ..] = used.segments.as_slice() else { return None };
        let fits = root != "streife_core" || SURFACE.contains(&module.as_str());
        (!fits).then(|| {
            let what = format!("the bindings use streife_core::{module}; they may use {}", list(&SURFACE));
            source.fault(used.line, &what)
        })
    };
    paths(&source.code).iter().filter_map(judge).collect()
}

fn length_faults(source: &Source) -> Faults {
    let lines = kept_lines(&source.text);
    let what = format!("{lines} lines without tests; a file has {MAX_LINES} at most");
    if lines > MAX_LINES { vec![source.fault(MAX_LINES + 1, &what)] } else { Faults::new() }
}

fn std_faults(source: &Source, parts: &[&str], why: &str) -> Faults {
    let judge = |used: &Used| {
        let [root, part, ..] = used.segments.as_slice() else { return None };
        let forbidden = root == "std" && parts.contains(&part.as_str());
        forbidden.then(|| source.fault(used.line, &format!("std::{part} {why}")))
    };
    paths(&source.code).iter().filter_map(judge).collect()
}

fn file_faults(source: &Source) -> Faults {
    let why = "is for the files that open files; take a reader, a writer or a path";
    if source.is_in(&FILES) { Faults::new() } else { std_faults(source, &["fs"], why) }
}

fn purity_faults(source: &Source) -> Faults {
    let why = "stands in a module that does no I/O and reads no clock";
    if source.is_in(&PURE) { std_faults(source, &["fs", "net", "time", "env", "process"], why) } else { Faults::new() }
}

fn unsafe_faults(source: &Source) -> Faults {
    let found = tokens(&source.code).into_iter().filter(|(_, token)| token == "unsafe");
    found.map(|(line, _)| source.fault(line, "unsafe code")).collect()
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn hold(folders: &[&str], rule: fn(&Source) -> Faults) {
    let sources: Vec<_> = folders.iter().flat_map(|folder| sources(folder)).collect();
    let faults: Vec<_> = sources.iter().flat_map(rule).collect();
    assert!(faults.is_empty(), "{} broken:\n{}", faults.len(), faults.join("\n"));
}

fn crate_folders() -> Vec<String> {
    let tests = std::fs::read_dir(top().join("tests")).expect("a folder of tests");
    let with_sources = tests.map(|entry| entry.expect("an entry").path()).filter(|path| path.join("src").is_dir());
    let names = with_sources.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    let tests = names.map(|name| format!("tests/{name}/src"));
    ["core/src".to_owned(), "bindings/src".to_owned()].into_iter().chain(tests).collect()
}

// ---- the rules ----

#[test]
fn a_module_uses_only_what_lies_below_it() {
    hold(&["core/src"], layer_faults);
}

#[test]
fn the_bindings_see_only_the_surface_of_the_core() {
    hold(&["bindings/src"], surface_faults);
}

#[test]
fn a_file_can_be_read_in_one_sitting() {
    let folders = crate_folders();
    hold(&folders.iter().map(String::as_str).collect::<Vec<_>>(), length_faults);
}

#[test]
fn files_are_opened_in_few_places() {
    hold(&["core/src"], file_faults);
}

#[test]
fn what_decides_does_no_io_and_reads_no_clock() {
    hold(&["core/src"], purity_faults);
}

#[test]
fn the_core_and_the_bindings_are_safe_rust() {
    hold(&["core/src", "bindings/src"], unsafe_faults);
}

#[test]
fn the_rules_look_at_the_real_files_and_the_table_names_the_real_modules() {
    let sources = sources("core/src");
    assert!(sources.len() > 80, "only {} files of the core were found", sources.len());
    let lib = std::fs::read_to_string(top().join("core/src/lib.rs")).expect("lib.rs");
    let declared = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let mut declared: Vec<_> = declared.collect();
    let mut table: Vec<_> = LAYERS.iter().map(|(name, _)| *name).collect();
    declared.sort_unstable();
    table.sort_unstable();
    assert_eq!(declared, table);
    for (name, allowed) in LAYERS {
        let edges = sources.iter().filter(|source| source.module() == Some(name)).flat_map(|s| paths(&s.code));
        assert!(allowed.is_empty() || edges.count() > 0, "no path was found in {name}");
    }
    for place in FILES.into_iter().chain(PURE) {
        assert!(top().join(place).exists(), "{place} is allowed or watched and does not exist");
    }
}

// ---- controls: a rule that reports nothing proves nothing ----

fn found(rule: fn(&Source) -> Faults, path: &str, text: &str) -> Vec<usize> {
    let line = |fault: &String| fault.split(':').nth(1).and_then(|line| line.parse().ok()).expect("a line number");
    rule(&Source::new(path, text)).iter().map(line).collect()
}

#[test]
fn a_use_of_a_higher_layer_is_reported_in_every_spelling() {
    let vault = "core/src/vault/store.rs";
    for text in [
        "\nuse crate::client::Client;",
        "\nuse crate::{domain::CaseId, client::Client};",
        "\nuse crate::{\n    domain::{CaseId, ShiftId}, sync as other,\n};",
        "\nfn f() -> crate::client::Client { todo() }",
        "\nuse super::super::client;",
        "\nlet x = $crate::client::open;",
        "\nuse crate::testing::SimClock;",
        "\nuse crate::cellar::Wine;",
    ] {
        assert_eq!(found(layer_faults, vault, text), [2], "{text}");
    }
    assert_eq!(found(layer_faults, "core/src/cellar.rs", ""), [1], "an unknown module");
    assert_eq!(found(layer_faults, "core/src/domain/id.rs", "use crate::ports::Clock;"), [1]);
    assert_eq!(found(layer_faults, "core/src/http/mod.rs", "use crate::sync::{protocol, Engine};"), [1]);
    assert_eq!(found(layer_faults, "core/src/client/open.rs", "use crate::http::HttpTransport;"), [1]);
}

#[test]
fn what_the_table_allows_passes() {
    for (path, text) in [
        ("core/src/vault/store.rs", "use crate::seal::Hash;\nuse super::database::Database;\nuse super::super::seal;"),
        ("core/src/vault/mod.rs", "//! crate::client\nconst A: &str = \"crate::client\"; /* crate::client */"),
        ("core/src/vault/mod.rs", "const B: &str = r#\"\"crate::client\"#; const C: char = '\"'; fn f<'a>() {}"),
        ("core/src/vault/mod.rs", "#[cfg(test)]\nmod tests { use crate::testing::SimClock; fn f() {} }"),
        ("core/src/http/mod.rs", "use crate::sync::protocol::COSE;"),
        ("core/src/client/mod.rs", "pub use crate::http::HttpTransport;"),
    ] {
        assert!(found(layer_faults, path, text).is_empty(), "{text}");
    }
    let after = "#[cfg(test)]\nmod tests { fn f() { if true {} } }\nuse crate::client::Client;";
    assert_eq!(found(layer_faults, "core/src/vault/mod.rs", after), [3], "tests end where they end");
}

#[test]
fn the_other_rules_report_their_breach_and_nothing_else() {
    let bindings = "bindings/src/client.rs";
    assert_eq!(found(surface_faults, bindings, "use streife_core::{client::Client, vault::Vault};"), [1]);
    assert!(found(surface_faults, bindings, "use streife_core::{client::Client, error::Error};").is_empty());

    let geo = "core/src/geo/fix.rs";
    for text in ["use std::fs::File;", "use std::{fs, io};", "fn f() { std::fs::remove_file(p); }"] {
        assert_eq!(found(file_faults, geo, text), [1], "{text}");
        assert_eq!(found(purity_faults, geo, text), [1], "{text}");
    }
    assert!(found(file_faults, "core/src/vault/objects.rs", "use std::fs::File;").is_empty());
    assert_eq!(found(purity_faults, "core/src/sync/engine.rs", "use std::time::Instant;"), [1]);
    assert_eq!(found(purity_faults, "core/src/seal/hpke.rs", "use std::net::TcpStream;"), [1]);

    assert_eq!(found(unsafe_faults, geo, "// unsafe\nfn f() { unsafe { g() } }"), [2]);
    assert!(found(unsafe_faults, geo, "fn not_unsafe_at_all() {}").is_empty());

    let long = "fn f() {}\n".repeat(MAX_LINES + 1);
    assert_eq!(found(length_faults, geo, &long), [MAX_LINES + 1]);
    let tested =
        format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(MAX_LINES), "fn g() {}\n".repeat(99));
    assert!(found(length_faults, geo, &tested).is_empty());
}
