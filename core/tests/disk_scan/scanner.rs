//! Looks for canaries in bytes, in every spelling in which a program is likely to have left them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Something that must not be found, in all its spellings.
pub struct Canary {
    pub name: String,
    spellings: Vec<Spelling>,
}

/// One way to write it; found where all parts are in one file. Parts are for what is too short to be told from chance.
struct Spelling {
    how: &'static str,
    parts: Vec<Vec<u8>>,
}

impl Spelling {
    fn one(how: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { how, parts: vec![bytes.into()] }
    }
}

impl Canary {
    /// A text: as it is, in capitals and small letters; in UTF-8 and UTF-16, as JSON and URLs escape it, and as bytes are
    /// written as text.
    pub fn text(name: &str, text: &str) -> Self {
        let cases = BTreeSet::from([text.to_owned(), text.to_lowercase(), text.to_uppercase()]);
        Self { name: name.to_owned(), spellings: cases.iter().flat_map(|text| text_spellings(text)).collect() }
    }

    /// Bytes: as they are and written as text.
    pub fn bytes(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), spellings: byte_spellings(bytes) }
    }

    /// A position in ten-millionths of a degree: as text, as the integers and floats that it may be kept in.
    pub fn position(name: &str, lat_e7: i32, lon_e7: i32) -> Self {
        let mut spellings = Vec::new();
        for value in [lat_e7, lon_e7] {
            let degrees = f64::from(value) / 1e7;
            let short = format!("{degrees:.5}");
            for text in [value.to_string(), degrees.to_string(), short.replace('.', ","), short] {
                spellings.extend(text_spellings(&text));
            }
            spellings.extend([
                Spelling::one("i64, little-endian", i64::from(value).to_le_bytes()),
                Spelling::one("i64, big-endian", i64::from(value).to_be_bytes()),
                Spelling::one("f64, little-endian", degrees.to_le_bytes()),
                Spelling::one("f64, big-endian", degrees.to_be_bytes()),
            ]);
        }
        let pair = |how, bytes: fn(i32) -> [u8; 4]| Spelling {
            how,
            parts: vec![bytes(lat_e7).to_vec(), bytes(lon_e7).to_vec()],
        };
        #[expect(clippy::cast_possible_truncation, reason = "a smaller float is what is looked for")]
        let float = |value: i32| (f64::from(value) / 1e7) as f32;
        let float_pair = |how, bytes: fn(f32) -> [u8; 4]| Spelling {
            how,
            parts: vec![bytes(float(lat_e7)).to_vec(), bytes(float(lon_e7)).to_vec()],
        };
        spellings.extend([
            pair("two i32, little-endian", i32::to_le_bytes),
            pair("two i32, big-endian", i32::to_be_bytes),
            float_pair("two f32, little-endian", f32::to_le_bytes),
            float_pair("two f32, big-endian", f32::to_be_bytes),
        ]);
        Self { name: name.to_owned(), spellings }
    }

    /// How many spellings it has.
    pub fn spellings(&self) -> usize {
        self.spellings.len()
    }

    /// Every spelling as the bytes that a leak would leave, and what to call it.
    pub fn leaks(&self) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        self.spellings.iter().map(|spelling| (spelling.how, spelling.parts.join(&b"..."[..])))
    }
}

fn text_spellings(text: &str) -> Vec<Spelling> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let mut spellings = byte_spellings(text.as_bytes());
    spellings.push(Spelling::one("UTF-16, little-endian", utf16(u16::to_le_bytes)));
    spellings.push(Spelling::one("UTF-16, big-endian", utf16(u16::to_be_bytes)));
    let json = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    let escaped: String = text.chars().map(json).collect();
    if escaped != text {
        spellings.push(Spelling::one("escaped for JSON", escaped));
    }
    let percent = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let escaped: String = text.bytes().map(percent).collect();
    if escaped != text {
        spellings.push(Spelling::one("escaped for a URL", escaped));
    }
    spellings
}

fn byte_spellings(bytes: &[u8]) -> Vec<Spelling> {
    let hex = streife_core::domain::to_hex(bytes);
    let mut spellings = vec![Spelling::one("as it is", bytes)];
    spellings.push(Spelling::one("in capital hexadecimal", hex.to_uppercase()));
    spellings.push(Spelling::one("in hexadecimal", hex));
    for before in 0..3 {
        let standard = base64_inside(&STANDARD_NO_PAD, before, bytes);
        let url_safe = base64_inside(&URL_SAFE_NO_PAD, before, bytes);
        if url_safe != standard {
            spellings.push(Spelling::one("in base64 for URLs", url_safe));
        }
        spellings.push(Spelling::one("in base64", standard));
    }
    spellings
}

/// The characters that depend on these bytes alone, if so many others stand before them.
fn base64_inside(engine: &impl Engine, before: usize, bytes: &[u8]) -> String {
    let text = engine.encode([&vec![0; before], bytes].concat());
    let first = (before * 8).div_ceil(6);
    let end = (before + bytes.len()) * 8 / 6;
    text[first..end].to_owned()
}

/// A canary that was found.
#[derive(Clone)]
pub struct Hit {
    pub place: String,
    pub canary: String,
    pub how: &'static str,
    pub at: usize,
}

impl std::fmt::Display for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, byte {}: {} {}", self.place, self.at, self.canary, self.how)
    }
}

/// All canaries, made ready to be looked for in one pass.
pub struct Scanner {
    canaries: Vec<Canary>,
    /// Each part with its canary and spelling, by its first two bytes.
    by_start: Vec<Vec<(usize, usize, usize)>>,
}

impl Scanner {
    pub fn new(canaries: Vec<Canary>) -> Self {
        let mut scanner = Self { canaries: Vec::new(), by_start: vec![Vec::new(); 1 << 16] };
        canaries.into_iter().for_each(|canary| scanner.add(canary));
        scanner
    }

    pub fn add(&mut self, canary: Canary) {
        let number = self.canaries.len();
        for (spelling, parts) in canary.spellings.iter().map(|spelling| &spelling.parts).enumerate() {
            for (part, bytes) in parts.iter().enumerate() {
                let enough = if parts.len() == 1 { 6 } else { 4 };
                assert!(bytes.len() >= enough, "{} is too short to be told from chance", canary.name);
                self.by_start[start(bytes)].push((number, spelling, part));
            }
        }
        self.canaries.push(canary);
    }

    pub fn canaries(&self) -> &[Canary] {
        &self.canaries
    }

    /// Everything found in these bytes, each spelling once, where it stands first.
    pub fn scan(&self, place: &str, bytes: &[u8]) -> Vec<Hit> {
        let mut found: BTreeMap<(usize, usize), BTreeMap<usize, usize>> = BTreeMap::new();
        for (at, window) in bytes.windows(2).enumerate() {
            for &(canary, spelling, part) in &self.by_start[start(window)] {
                if bytes[at..].starts_with(&self.canaries[canary].spellings[spelling].parts[part]) {
                    found.entry((canary, spelling)).or_default().entry(part).or_insert(at);
                }
            }
        }
        let whole = |((canary, spelling), parts): ((usize, usize), BTreeMap<usize, usize>)| {
            let (name, spelling) = (&self.canaries[canary].name, &self.canaries[canary].spellings[spelling]);
            let at = parts.values().min().copied().unwrap_or_default();
            (parts.len() == spelling.parts.len()).then(|| Hit {
                place: place.to_owned(),
                canary: name.clone(),
                how: spelling.how,
                at,
            })
        };
        found.into_iter().filter_map(whole).collect()
    }
}

fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// Every file below a folder, with its bytes; names count as bytes, too.
pub fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    collect(root, root, &mut found);
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("lies below").to_string_lossy().into_owned();
        if path.is_dir() {
            found.push((format!("name of {name}"), name.into_bytes()));
            collect(root, &path, found);
        } else {
            found.push((format!("name of {name}"), name.clone().into_bytes()));
            match std::fs::read(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                bytes => found.push((name, bytes.expect("reads"))),
            }
        }
    }
}

/// Files that a process holds open and that have no name any more, as temporary files of a database do.
#[cfg(target_os = "linux")]
pub fn nameless_files(process: u32) -> Vec<(String, Vec<u8>)> {
    let folder = format!("/proc/{process}/fd");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("lists the process's files") {
        let path = entry.expect("an entry").path();
        let target = std::fs::read_link(&path).unwrap_or_default().to_string_lossy().into_owned();
        if target.ends_with(" (deleted)") && path.metadata().is_ok_and(|metadata| metadata.is_file()) {
            found.push((target, std::fs::read(&path).expect("reads")));
        }
    }
    found
}

#[cfg(not(target_os = "linux"))]
pub fn nameless_files(_process: u32) -> Vec<(String, Vec<u8>)> {
    Vec::new()
}
