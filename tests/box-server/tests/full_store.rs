//! A store of objects that fills up in the middle of a request, and has room again later.

mod support;

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use streife_box::Storage;
use streife_box::store::{Appending, Blob, BlobStore, MemoryBlobs, MemoryMeta};
use streife_core::domain::ObjectId;
use streife_core::seal::Hash;
use streife_core::sync::protocol::ProblemType;
use support::{House, TestCase, problem};

/// Objects in memory, as many bytes as there is room for. Like a disk it takes what still fits, and then fails.
struct Narrow {
    inner: MemoryBlobs,
    room: Arc<AtomicU64>,
}

impl BlobStore for Narrow {
    fn append(&self, upload: Blob) -> io::Result<Box<dyn Appending>> {
        Ok(Box::new(NarrowEnd { inner: self.inner.append(upload)?, room: Arc::clone(&self.room) }))
    }

    fn length(&self, blob: Blob) -> io::Result<Option<u64>> {
        self.inner.length(blob)
    }

    fn verify(&self, blob: Blob, length: u64, hash: &Hash) -> io::Result<bool> {
        self.inner.verify(blob, length, hash)
    }

    fn promote(&self, upload: Blob) -> io::Result<()> {
        self.inner.promote(upload)
    }

    fn read(&self, object: ObjectId, from: u64) -> io::Result<Box<dyn Read + Send>> {
        self.inner.read(object, from)
    }

    fn remove(&self, blob: Blob) -> io::Result<()> {
        self.inner.remove(blob)
    }

    fn recover(&self) -> io::Result<Vec<ObjectId>> {
        self.inner.recover()
    }

    fn file(&self, object: ObjectId) -> Option<PathBuf> {
        self.inner.file(object)
    }
}

struct NarrowEnd {
    inner: Box<dyn Appending>,
    room: Arc<AtomicU64>,
}

impl Appending for NarrowEnd {
    fn length(&self) -> u64 {
        self.inner.length()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fits = usize::try_from(self.room.load(Ordering::SeqCst)).expect("small").min(bytes.len());
        self.room.fetch_sub(fits as u64, Ordering::SeqCst);
        self.inner.write(bytes.get(..fits).expect("no more than there is"))?;
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.inner.sync()
    }

    fn take_back(&mut self, length: u64) -> io::Result<()> {
        self.inner.take_back(length)
    }
}

fn narrow_house() -> (House, Arc<AtomicU64>) {
    let room = Arc::new(AtomicU64::new(0));
    let blobs = Arc::new(Narrow { inner: MemoryBlobs::default(), room: Arc::clone(&room) });
    let house = House::with(|config| {
        let keys = config.storage.folder().expect("a folder").to_owned();
        config.storage = Storage::Own { keys, meta: Arc::<MemoryMeta>::default(), blobs };
    });
    (house, room)
}

fn has_receipt(house: &House, case: &TestCase) -> bool {
    let found = house.running.ledger().case(case.id).expect("reads").expect("is there");
    found.receipt.is_some()
}

/// In the middle of a piece and at its ends: what fitted stays, and the phone goes on behind it.
#[test]
fn an_upload_goes_on_where_the_room_had_ended() {
    const LENGTH: usize = 900_000;
    for fits in [0, 1, 262_143, 262_144, 262_145, 524_288, 700_000, 899_999] {
        let (house, room) = narrow_house();
        let phone = house.phone();
        let case = phone.case(1, &[LENGTH]);
        phone.declare(&case);
        let (object, bytes) = &case.objects[0];
        room.store(fits, Ordering::SeqCst);
        assert_eq!(problem(phone.patch(*object, 0, bytes)), (503, ProblemType::Maintenance), "room for {fits}");
        let offset = phone.offset(*object);
        assert!(offset <= fits, "{offset} bytes of {fits}");
        assert!(!has_receipt(&house, &case));
        room.store(u64::MAX >> 1, Ordering::SeqCst);
        let from = usize::try_from(offset).expect("small");
        assert_eq!(phone.patch(*object, offset, &bytes[from..]).status(), 204, "room for {fits}");
        assert!(has_receipt(&house, &case), "room for {fits}");
        let stored = house.desk(reqwest::Method::GET, &format!("/v1/cases/{}/objects/{object}", case.id));
        assert!(stored.send().expect("an answer").bytes().expect("a body") == *bytes, "room for {fits}");
    }
}

#[test]
fn a_small_object_that_found_no_room_is_welcome_later() {
    let (house, room) = narrow_house();
    let phone = house.phone();
    let case = phone.case(1, &[10_000]);
    phone.declare(&case);
    for fits in [0, 1, 9_999] {
        room.store(fits, Ordering::SeqCst);
        assert_eq!(problem(phone.put_object(&case, &case.objects[0])), (503, ProblemType::Maintenance));
        assert!(!has_receipt(&house, &case));
    }
    room.store(u64::MAX >> 1, Ordering::SeqCst);
    assert_eq!(phone.put_object(&case, &case.objects[0]).status(), 201);
    assert!(has_receipt(&house, &case));
}
