//! What becomes of each member of a record, and the list of those that a format has no element for.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::sheet::Sheet;
use crate::domain::CaseRecord;

/// Why a fact did not go into an element of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The format has none.
    NoElement,
    /// The format has one, but its name is not known to this version.
    NameUnknown,
    /// The agency has set no key for it.
    NoKey,
    /// The format's table has no such value.
    NoValue,
    /// There was no room for it, or for so many.
    Full,
    /// Not to be relied on: a simulated fix.
    Unsound,
    /// For the authority alone, and the format would show it.
    Internal,
    /// No table names the member: it is newer than the exporter.
    NotInTable,
}

/// A fact without an element of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// Member of the record.
    pub member: Cow<'static, str>,
    /// Why.
    pub reason: Reason,
    /// The note that carries it as a line; nothing if it was left out.
    pub carried: Option<&'static str>,
}

/// Where a member goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Into an element or attribute.
    Element(&'static str),
    /// Into the internal note, as a line; reported for each case.
    Note(Reason),
    /// Nowhere; reported for each case that has it.
    Nowhere(Reason),
    /// Into no element of its own, because it follows from what others hold or lies in the photo's file; not reported.
    Implied,
    /// Streife's own book-keeping, such as salts and boots: no fact of the case, not reported.
    Own,
}

/// One row of a mapping table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Member of the record by its path, without places in lists.
    pub member: &'static str,
    /// Where it goes.
    pub to: To,
}

impl Row {
    pub(super) const fn new(member: &'static str, to: To) -> Self {
        Self { member, to }
    }

    /// The row that a path falls under: the longest that begins it.
    fn of<'a>(table: &'a [Self], path: &str) -> Option<&'a Self> {
        let rest = |row: &&Self| path.strip_prefix(row.member);
        let covers = |row: &&Self| rest(row).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        table.iter().filter(covers).max_by_key(|row| row.member.len())
    }
}

/// Reports what the table sends nowhere, and what no row covers.
pub(super) fn report(sheet: &mut Sheet, table: &'static [Row], record: &CaseRecord) {
    let mut paths = BTreeSet::new();
    leaves(&serde_json::to_value(record).unwrap_or_default(), String::new(), &mut paths);
    let mut left = BTreeSet::new();
    for path in paths {
        match Row::of(table, &path) {
            Some(Row { member, to: To::Nowhere(reason) }) => {
                left.insert((Cow::Borrowed(*member), *reason));
            }
            Some(_) => {}
            None => {
                left.insert((Cow::Owned(path), Reason::NotInTable));
            }
        }
    }
    left.into_iter().for_each(|(member, reason)| sheet.leave(member, reason, None));
    sheet.unmapped.sort();
}

/// Paths of all values, lists without places.
fn leaves(value: &Value, path: String, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, below, paths);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path.clone(), paths)),
        _ => {
            paths.insert(path);
        }
    }
}
