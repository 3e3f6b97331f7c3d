//! Reading Rust sources: what ships of a file, and which paths it names.

use std::path::{Path, PathBuf};

/// One file: its place from the top of the repository, its text, and the part of it that ships.
pub struct Source {
    pub path: String,
    pub text: String,
    pub code: String,
}

/// A path such as `crate::vault::Vault`, where it stands and whether it is re-exported.
pub struct Used {
    pub line: usize,
    pub segments: Vec<String>,
    pub reexport: bool,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), code: without_tests(&code_only(text)) }
    }

    pub fn fault(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    pub fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    /// The core's module that the file belongs to.
    pub fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("core/src/")?;
        let name = inside.split('/').next()?;
        Some(name.strip_suffix(".rs").unwrap_or(name)).filter(|name| *name != "lib")
    }

    /// How many `super` lead from the file to the top of the crate.
    pub fn depth(&self) -> usize {
        let inside = self.path.strip_prefix("core/src/").unwrap_or_default();
        let parts = inside.split('/').count();
        if inside.ends_with("mod.rs") { parts - 1 } else { parts }
    }
}

/// The text with comments and literals blanked; every line keeps its number.
fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string_end(rest),
            'r' | 'b' if !out.ends_with(is_word) => raw_string_end(rest),
            '\'' => char_end(rest),
            _ => 0,
        };
        let taken = length.max(first.len_utf8());
        let (part, tail) = rest.split_at(taken);
        if length == 0 {
            out.push_str(part);
        } else {
            out.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = tail;
    }
    out
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

fn raw_string_end(text: &str) -> usize {
    let Some(raw) = text.strip_prefix("br").or_else(|| text.strip_prefix('r')) else { return 0 };
    let hashes = raw.bytes().take_while(|byte| *byte == b'#').count();
    let Some(inside) = raw.get(hashes..).and_then(|raw| raw.strip_prefix('"')) else { return 0 };
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - inside.len();
    inside.find(&end).map_or(text.len(), |at| start + at + end.len())
}

/// A character literal; a lifetime has no closing quote within reach.
fn char_end(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => text.get(3..).and_then(|rest| rest.find('\'')).map_or(0, |at| at + 4),
        Some(_) => characters.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Blanks what stands behind `#[cfg(test)]`: an item up to its closing brace or its semicolon.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some((before, item)) = rest.split_once(MARK) {
        out.push_str(before);
        let end = item_end(item);
        let (item, after) = item.split_at(end);
        out.extend(MARK.chars().chain(item.chars()).map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    out + rest
}

fn item_end(item: &str) -> usize {
    let mut open = 0_u32;
    for (at, character) in item.char_indices() {
        match character {
            '{' => open += 1,
            '}' if open <= 1 => return at + 1,
            '}' => open -= 1,
            ';' if open == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

/// Lines of a file that are not only tests.
pub fn kept_lines(text: &str) -> usize {
    let code = code_only(text);
    let shipped = without_tests(&code);
    let only_tests = code.lines().zip(shipped.lines()).filter(|(all, kept)| !all.trim().is_empty() && all != kept);
    text.lines().count() - only_tests.count()
}

/// Words and signs with their lines.
pub fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut in_word = false;
    for (line, text) in (1..).zip(code.lines()) {
        for character in text.chars() {
            match out.last_mut() {
                Some((_, word)) if in_word && is_word(character) => word.push(character),
                _ if !character.is_whitespace() => out.push((line, character.to_string())),
                _ => {}
            }
            in_word = is_word(character);
        }
        in_word = false;
    }
    out
}

/// All paths that begin at the crate, above it, at std or at the core.
pub fn paths(code: &str) -> Vec<Used> {
    let tokens = tokens(code);
    let word = |at: usize| tokens.get(at).map_or("", |(_, token)| token.as_str());
    let mut out = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let is_root = matches!(token.as_str(), "crate" | "super" | "std" | "streife_core");
        let continues = at > 0 && word(at - 1) == ":";
        if is_root && !continues && word(at + 1) == ":" {
            let used = at > 0 && word(at - 1) == "use";
            let reexport = used && at > 1 && (word(at - 2) == "pub" || word(at - 2) == ")");
            follow(&tokens, at, &[], &mut |segments| out.push(Used { line: *line, segments, reexport }));
        }
    }
    out
}

/// Follows a path through its groups; returns the place behind it.
fn follow(tokens: &[(usize, String)], mut at: usize, before: &[String], found: &mut dyn FnMut(Vec<String>)) -> usize {
    let word = |at: usize| tokens.get(at).map_or("", |(_, token)| token.as_str());
    let mut segments = before.to_vec();
    loop {
        if word(at) == "{" {
            at += 1;
            while !matches!(word(at), "}" | "") {
                at = follow(tokens, at, &segments, found);
                while !matches!(word(at), "," | "}" | "") {
                    at += 1; // behind `as`
                }
                at += usize::from(word(at) == ",");
            }
            return at + 1;
        }
        segments.push(word(at).to_owned());
        at += 1;
        if (word(at), word(at + 1)) != (":", ":") {
            found(segments);
            return at;
        }
        at += 2;
    }
}

pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("core lies in the repository").to_owned()
}

/// All Rust files below a folder, without those that are only tests.
pub fn sources(folder: &str) -> Vec<Source> {
    let mut files = Vec::new();
    collect(&top().join(folder), &mut files);
    let top = top();
    let mut sources: Vec<_> = files
        .iter()
        .map(|file| {
            let inside = file.strip_prefix(&top).expect("lies below the top");
            let path = inside.to_string_lossy().replace('\\', "/");
            Source::new(&path, &std::fs::read_to_string(file).expect("a readable file"))
        })
        .collect();
    let tests: Vec<_> = sources.iter().flat_map(test_files).collect();
    sources.retain(|source| !tests.contains(&source.path));
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

/// Files that a file declares with `#[cfg(test)] mod name;`.
fn test_files(source: &Source) -> Vec<String> {
    let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let code = code_only(&source.text);
    let declared = code.split("#[cfg(test)]").skip(1).filter_map(|item| {
        let name = item.trim_start().strip_prefix("mod ")?.split_once(';')?.0.trim();
        name.chars().all(is_word).then(|| format!("{folder}/{name}.rs"))
    });
    declared.collect()
}
