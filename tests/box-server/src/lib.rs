//! The reference secure box: takes sealed cases over HTTPS, stores each exactly once, and signs a receipt for what it
//! has stored.
//!
//! It is a program of its own for developers (`streife-box --data DIR`), and a library that tests embed: a
//! [`RunningBox`] has its own threads, so a synchronous test starts it, talks to it over real TLS on loopback, looks
//! into its [`Ledger`] and lets it misbehave on demand through [`Chaos`].
//!
//! What a box must do stands in `schemas/openapi.yaml`. Five rules shape the code:
//!
//! - **Exactly once.** Ids are made by the phone. The same bytes again are welcome (200), other bytes under the same
//!   id are a conflict (409), and nothing that was stored is ever replaced or deleted by a request.
//! - **A receipt follows the disk.** Bytes are synced and verified against the signed manifest, the file has its final
//!   name, and only then one transaction marks the object and, if it was the last, stores the signed receipt.
//! - **One commit for all who wait.** Each request has a savepoint of its own, and no answer goes out before the commit
//!   that holds it (`store::sqlite::commit`, ADR 0027).
//! - **A log that only grows.** Declaring a case appends to a Merkle tree in the same transaction; anyone may hold
//!   yesterday's root against today's ([`store::ManifestLog`], ADR 0028).
//! - **Blind.** The box holds no key that opens a case and logs no more than ids.
//!
//! When there is more work than the box can do, `admission` lets manifests in before records and records before photos, and
//! tells the others when to come back before it reads a byte of theirs. `metrics` and `logging` are for the operator.
//!
//! The SQLite database and the folder of objects hide behind [`store`]; a larger house puts PostgreSQL and an object store
//! there ([`Storage::Own`]) and keeps the rest, and a test needs no folder at all ([`BoxConfig::in_memory`]).

mod access;
mod admission;
mod auth;
mod body;
mod chaos;
mod checksum;
mod config;
mod connection;
mod dev;
mod error;
mod files;
mod founding;
mod intake;
mod key;
mod ledger;
mod locks;
mod logging;
mod metrics;
mod middleware;
mod nonce;
mod replay;
mod routes;
mod server;
mod state;
pub mod store;
mod tls;
mod traffic;
mod upkeep;
mod waiting;

pub use admission::{AdmissionLimits, Class, ClassFigures};
pub use chaos::{Chaos, Fault, Gate, Lie, ScriptedFault, WordError};
pub use config::{BoxConfig, Connection, STARTER_CATALOGUE, Storage};
pub use error::BoxError;
pub use ledger::{Ledger, LedgerCase, LedgerDevice, LedgerEvent, LedgerObject, LedgerShift};
pub use logging::LogFormat;
pub use server::{RunningBox, issue_code};
pub use store::{Alarm, RangeRow, SealFlag, SequenceFlag};
pub use traffic::{Route, RouteTraffic};
