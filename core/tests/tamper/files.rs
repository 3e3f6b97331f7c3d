//! The files of the folder: objects chunk by chunk, pages of the database, spare copies.

use std::path::Path;

use streife_core::domain::{CaseId, ObjectId};
use streife_core::error::ErrorKind;
use streife_core::vault::Record;

use super::checker::{Manipulation, Victims};
use super::folder::files;
use super::world::{Tampered, World};

const HEADER: usize = 64;
const CHUNK: usize = 65_536 + 16;
/// Where each field of the header begins.
const FIELDS: [usize; 8] = [0, 4, 7, 8, 24, 40, 44, 45];

/// One object's file.
#[derive(Clone)]
struct File {
    case: CaseId,
    object: ObjectId,
    name: String,
    length: usize,
}

impl File {
    fn chunks(&self) -> usize {
        (self.length - HEADER).div_ceil(CHUNK)
    }

    fn victims(&self) -> Victims {
        let record = Record::Object { case: self.case, object: self.object };
        Victims { records: [record].into(), cases: [self.case].into(), everything: false }
    }
}

/// Everything that is done to files.
pub fn all(world: &World) -> Vec<Manipulation> {
    let objects = objects(world);
    let mut all = Vec::new();
    let mut kinds = std::collections::BTreeSet::new();
    for file in &objects {
        let kind = kind(world, file);
        let is_first = kinds.insert(kind);
        all.extend(if is_first { each_place(file) } else { Vec::new() });
        all.push(gone(file));
    }
    all.extend(exchanges(&objects));
    all.extend(pages(world));
    all.extend(spare(world));
    all
}

/// What a file is, by its header's kind and its number of chunks.
fn kind(world: &World, file: &File) -> (Option<u8>, usize, bool) {
    let bytes = std::fs::read(world.copy().path(&file.name)).expect("reads");
    (bytes.get(7).copied(), file.chunks(), [world.full, world.begun].contains(&file.case))
}

fn objects(world: &World) -> Vec<File> {
    let copy = world.copy();
    let file = |(object, case): (&ObjectId, &CaseId)| {
        let name = format!("objects/{object}.sbx");
        let length = usize::try_from(std::fs::metadata(copy.path(&name)).ok()?.len()).ok()?;
        Some(File { case: *case, object: *object, name, length })
    };
    world.objects.iter().filter_map(file).collect()
}

fn change(
    file: &File,
    name: String,
    chunk: Option<usize>,
    work: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
) -> Manipulation {
    let (path, victims) = (file.name.clone(), file.victims());
    let apply = move |tampered: &Tampered<'_>| tampered.change(&path, &work);
    let chunk = chunk.map(|chunk| u32::try_from(chunk).expect("small"));
    Manipulation {
        name: format!("{} of {} chunks: {name}", file.name, file.chunks()),
        apply: Box::new(apply),
        victims,
        harmless: None,
        chunk,
        refusals: &[],
    }
}

/// Header, body and tag of each chunk, and each border between two.
fn each_place(file: &File) -> Vec<Manipulation> {
    let flip = |name: &str, at: usize| {
        let chunk = at.saturating_sub(HEADER) / CHUNK;
        change(file, format!("a bit of {name} is flipped"), Some(chunk), move |bytes| {
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
        })
    };
    let mut all: Vec<_> = FIELDS.iter().map(|at| flip(&format!("byte {at} of the header"), *at)).collect();
    for chunk in 0..file.chunks() {
        let begin = HEADER + chunk * CHUNK;
        let end = (begin + CHUNK).min(file.length);
        all.push(flip(&format!("the body of chunk {chunk}"), (begin + (end - begin) / 2).min(end - 17)));
        all.push(flip(&format!("the tag of chunk {chunk}"), end - 1));
        let last = chunk.saturating_sub(1);
        all.push(change(file, format!("cut before chunk {chunk}"), Some(last), move |bytes| bytes.truncate(begin)));
        all.push(change(file, format!("cut within chunk {chunk}"), Some(chunk), move |bytes| bytes.truncate(end - 1)));
        if chunk + 1 < file.chunks() {
            all.push(change(file, format!("chunk {chunk} is taken out"), Some(chunk), move |bytes| {
                bytes.drain(begin..end);
            }));
        }
        if chunk + 2 < file.chunks() {
            all.push(change(
                file,
                format!("chunks {chunk} and {} are exchanged", chunk + 1),
                Some(chunk),
                move |bytes| {
                    let next: Vec<u8> = bytes.drain(end..end + CHUNK).collect();
                    bytes.splice(begin..begin, next);
                },
            ));
        }
    }
    let last = file.chunks() - 1;
    all.push(change(file, "a byte is appended".to_owned(), Some(last), |bytes| bytes.push(0)));
    all.push(change(file, "its last chunk is appended once more".to_owned(), Some(last), move |bytes| {
        let again = bytes.get(HEADER + last * CHUNK..).unwrap_or_default().to_vec();
        bytes.resize(HEADER + (last + 1) * CHUNK, 0);
        bytes.extend(again);
    }));
    all.push(change(file, "it is empty".to_owned(), Some(0), Vec::clear));
    all
}

fn gone(file: &File) -> Manipulation {
    let path = file.name.clone();
    let apply = move |tampered: &Tampered<'_>| std::fs::remove_file(tampered.path(&path)).expect("removes");
    Manipulation { apply: Box::new(apply), ..change(file, "is deleted".to_owned(), None, |_| {}) }
}

/// Whole files and chunks of files, within a case and between cases.
fn exchanges(objects: &[File]) -> Vec<Manipulation> {
    let mut all = Vec::new();
    for (at, one) in objects.iter().enumerate() {
        let rest = || objects.iter().skip(at + 1);
        let own = rest().find(|other| other.case == one.case);
        let others = rest().find(|other| other.case != one.case && other.length == one.length);
        let others = others.or_else(|| rest().find(|other| other.case != one.case));
        for other in own.into_iter().chain(others) {
            all.push(exchange(one, other));
            if one.chunks() > 1 && other.chunks() > 1 {
                all.push(transplant(one, other));
            }
        }
    }
    all
}

fn exchange(one: &File, other: &File) -> Manipulation {
    let (first, second) = (one.name.clone(), other.name.clone());
    let apply = move |tampered: &Tampered<'_>| {
        let [first, second, between] = [first.as_str(), second.as_str(), "between"].map(|name| tampered.path(name));
        let moves = [(&first, &between), (&second, &first), (&between, &second)];
        moves.into_iter().for_each(|(from, to)| std::fs::rename(from, to).expect("renames"));
    };
    let victims = one.victims().and(other.victims());
    let name = format!("exchanged with {}", other.name);
    Manipulation { apply: Box::new(apply), victims, ..change(one, name, Some(0), |_| {}) }
}

fn transplant(one: &File, other: &File) -> Manipulation {
    let (to, from) = (one.name.clone(), other.name.clone());
    let apply = move |tampered: &Tampered<'_>| {
        let donor = std::fs::read(tampered.path(&from)).expect("reads");
        let chunk = donor.get(HEADER..HEADER + CHUNK).expect("more than one chunk").to_vec();
        tampered.change(&to, |bytes| drop(bytes.splice(HEADER..HEADER + CHUNK, chunk)));
    };
    let name = format!("its first chunk is that of {}", other.name);
    Manipulation { apply: Box::new(apply), ..change(one, name, Some(0), |_| {}) }
}

/// Bits of the database file itself, some in each page.
fn pages(world: &World) -> Vec<Manipulation> {
    const PAGE: usize = 4_096;
    let length = std::fs::metadata(world.copy().path("vault.db")).expect("is there").len();
    let pages = usize::try_from(length).expect("fits") / PAGE;
    let places = (0..pages).flat_map(|page| [1, 1_900, 3_000].map(|at| page * PAGE + at + page % 89));
    places.map(|at| page(world, at)).collect()
}

fn page(world: &World, at: usize) -> Manipulation {
    let apply = move |tampered: &Tampered<'_>| {
        tampered.change("vault.db", |bytes| bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 4));
    };
    let records =
        world.dump.0.iter().flat_map(|table| {
            table.rows.iter().flat_map(|row| super::columns::victims(world, &table.name, row).records)
        });
    let records = records.chain([Record::Vault]).chain((1..400).map(Record::Entry)).collect();
    Manipulation {
        name: format!("a bit of byte {at} of the database is flipped"),
        apply: Box::new(apply),
        victims: Victims { records, cases: world.cases().collect(), everything: true },
        harmless: Some("a bit that no row uses, or a column that is harmless"),
        chunk: None,
        refusals: &[ErrorKind::Corrupt, ErrorKind::NewerVersion],
    }
}

/// Copies beside the database. Nothing is read from them while the database is sound.
fn spare(world: &World) -> Vec<Manipulation> {
    let copy = world.copy();
    let mut all = Vec::new();
    for path in files(&copy.path("spare")) {
        let name = format!("spare/{}", path.file_name().and_then(|name| name.to_str()).expect("has a name"));
        for (how, keeps) in [("has a flipped bit", true), ("is gone", false)] {
            all.push(spare_file(&name, how, keeps, &path));
        }
    }
    all
}

fn spare_file(name: &str, how: &str, keeps: bool, path: &Path) -> Manipulation {
    let own = name.to_owned();
    let middle = usize::try_from(std::fs::metadata(path).expect("is there").len()).expect("fits") / 2;
    let apply = move |tampered: &Tampered<'_>| {
        if keeps {
            tampered.change(&own, |bytes| bytes.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 1));
        } else {
            std::fs::remove_file(tampered.path(&own)).expect("removes");
        }
    };
    Manipulation {
        name: format!("{name} {how}"),
        apply: Box::new(apply),
        victims: Victims::default(),
        harmless: Some("a copy: it is taken only if it opens or verifies, and written again when it is missing"),
        chunk: None,
        refusals: &[],
    }
}
