//! What README.md shows is what compiles and runs.

use std::path::Path;

fn file(path: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("core lies in the repository");
    std::fs::read_to_string(top.join(path)).expect("a readable file")
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).expect(begin);
    rest.split_once(end).expect(end).0
}

#[test]
fn the_tour_is_the_example() {
    let (readme, example) = (file("README.md"), file("core/examples/first_case.rs"));
    let shown: Vec<_> = between(&readme, "```rust\n", "```").lines().map(str::trim_end).collect();
    let tour = between(&example, "// tour begins\n", "    // tour ends");
    let tour: Vec<_> = tour.lines().map(|line| line.strip_prefix("    ").unwrap_or(line).trim_end()).collect();
    assert_eq!(shown, tour, "copy the part between the marks of core/examples/first_case.rs into README.md");
}

#[test]
fn every_path_in_the_layout_table_exists() {
    let readme = file("README.md");
    let table = between(&readme, "## Layout\n", "\n## ");
    let paths = table.lines().filter_map(|line| line.strip_prefix("| [`")?.split_once("](")?.1.split_once(')'));
    let paths: Vec<_> = paths.map(|(path, _)| path).collect();
    assert!(paths.len() > 5, "{paths:?}");
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("core lies in the repository");
    for path in paths {
        assert!(top.join(path).exists(), "{path} is in the table and not in the repository");
    }
}

#[test]
fn the_two_commands_come_first() {
    let readme = file("README.md");
    let first = between(&readme, "```sh\n", "```");
    let commands =
        ["cargo run --release -p streife-replay -- run tests/shifts/altstadt-fruehschicht.jsonl", "tests/run"];
    assert_eq!(first.lines().collect::<Vec<_>>(), commands);
}
