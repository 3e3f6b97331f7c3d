//! What a long queue costs: capturing behind it, opening it, listing it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use streife_core::client::Client;

use crate::phone::{Phone, capture, capture_with_thumbnails, draw};
use crate::rounds::{Limit, Run, Table, in_turn, timed};

const PAGE: u32 = 50;

/// Two vaults that differ in nothing but the length of their queues.
pub struct Queues {
    short: Phone,
    long: Phone,
    length: u32,
}

impl Queues {
    /// A vault with 10 queued cases and one with `length`: each case has a record, a view, a small photo and its
    /// thumbnail, is sealed and signed, and waits for the box.
    pub fn build(folder: &Path, length: u32) -> (Self, [Client; 2]) {
        let photo = draw(folder, 9, 320, 240);
        let (short, long) = (Phone::new(&folder.join("short")), Phone::new(&folder.join("long")));
        let clients = [(&short, 10), (&long, length)].map(|(phone, cases)| {
            let client = phone.begin();
            (0..cases).for_each(|_| capture_with_thumbnails(&client, &photo));
            client
        });
        (Self { short, long, length }, clients)
    }

    /// Cost of a case behind each queue: one with photos of real size, and one where nearly all is the queue's own work.
    pub fn capturing(&self, [short, long]: [&Client; 2], photos: &[PathBuf], rounds: usize, table: &mut Table) {
        let small = [draw(self.short.folder(), 8, 320, 240)];
        for (what, photos, limit) in [
            ("a case of three photos", photos, Limit::AtMost(1.05)),
            ("a case of one photo of a few KB", &small[..], Limit::None),
        ] {
            let run = |client| move || timed(|| capture(client, photos));
            let [short, long] = in_turn(rounds, [&mut run(short), &mut run(long)]);
            table.add(&format!("{what}, behind {} cases : behind 10", self.length), &long, &short, limit);
        }
    }

    /// Cost of a page of cases, the newest and those in the middle, and of the numbers of the queue.
    pub fn listing(&self, [short, long]: [&Client; 2], rounds: usize, table: &mut Table) {
        let all = long.cases().expect("lists");
        let middle = all.get(all.len() / 2).map(|row| row.case);
        let page = |client: &Client, after| {
            let cases = client.cases_page(after, PAGE).expect("lists");
            assert_eq!(cases.len(), PAGE as usize, "a full page");
        };
        let pages = |client, after| move || timed(|| (0..20).for_each(|_| page(client, after)));
        // The rows of a short queue all lie in SQLite's cache, those of a long one do not: that much is allowed.
        let contestants: [&mut dyn FnMut() -> Run; 3] =
            [&mut pages(short, None), &mut pages(long, None), &mut pages(long, middle)];
        let [few, newest, within] = in_turn(rounds, contestants);
        table.add(&format!("20 pages of 50 of {} cases : of few", self.length), &newest, &few, Limit::AtMost(1.5));
        table.add("the same from the middle of the queue", &within, &few, Limit::AtMost(1.5));
        let status = |client: &Client| timed(|| client.status().expect("counts"));
        let [few, many] = in_turn(rounds, [&mut || status(short), &mut || status(long)]);
        table.add(&format!("status of {} cases : of few", self.length), &many, &few, Limit::None);
    }

    /// Opening the long queue against opening and checking its database alone.
    pub fn opening(&self, [short, long]: [Client; 2], rounds: usize, table: &mut Table) {
        drop((short, long));
        let contestants: [&mut dyn FnMut() -> Run; 2] =
            [&mut || timed(|| self.long.open()), &mut || timed(|| plain_open(self.long.folder()))];
        let [ours, plain] = in_turn(rounds, contestants);
        table.add(
            &format!("opening a vault of {} cases : its database", self.length),
            &ours,
            &plain,
            Limit::AtMost(1.5),
        );
    }
}

/// Opens the database as the vault does, and checks it.
fn plain_open(folder: &Path) -> Connection {
    let database = Connection::open(folder.join("vault.db")).expect("opens");
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).expect("sets");
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).expect("sets");
    database
        .execute_batch(
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON;
             PRAGMA checkpoint_fullfsync=ON; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;
             PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;
             PRAGMA journal_size_limit=1048576;",
        )
        .expect("configures");
    let verdict: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).expect("checks");
    assert_eq!(verdict, "ok");
    database
}
