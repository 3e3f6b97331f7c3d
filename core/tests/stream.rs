//! SBX1 under attack as a stream, and read by another implementation of the same construction.
//!
//! The cases are those of the age test kit (C2SP CCTV, `stream_*`), made for our format: cut, lengthened, without an end,
//! with two ends, with garbage behind it. Both readers are tried: the one for whole values and the one for photos.

use std::io::Read;

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::Payload;
use streife_core::domain::{CaseId, ObjectId, Salt};
use streife_core::evidence::{SealedReader, inspect};
use streife_core::ports::OsEntropy;
use streife_core::seal::{Binding, CHUNK, ChunkSealer, HEADER, Kind, ObjectKey, open, seal, sealed_length};

const KEY: [u8; 32] = [9; 32];
const BINDING: Binding = Binding::of_case(Kind::Photo, CaseId::new([1; 16]), ObjectId::new([2; 16]));
const SEALED_CHUNK: usize = CHUNK + 16;
const SHORT: usize = 10;

fn key() -> ObjectKey {
    ObjectKey::new(KEY)
}

/// No two neighbours are alike.
fn plain(length: usize) -> Vec<u8> {
    (0_u8..251).cycle().take(length).collect()
}

/// Seals chunks of these lengths, one after another, marked as last or not, as no sound writer would.
fn stream(chunks: &[(usize, bool)]) -> Vec<u8> {
    let mut sealer = ChunkSealer::new(&key(), &BINDING, &OsEntropy).expect("begins");
    let mut file = sealer.header().to_vec();
    let whole = plain(chunks.iter().map(|(length, _)| length).sum());
    let mut rest = whole.as_slice();
    for (length, last) in chunks {
        let (chunk, after) = rest.split_at(*length);
        rest = after;
        let mut chunk = chunk.to_vec();
        sealer.seal(&mut chunk, *last).expect("seals");
        file.append(&mut chunk);
    }
    file
}

/// What both readers say of a file; they may not differ.
fn read(file: &[u8]) -> Option<Vec<u8>> {
    let whole = open(&key(), &BINDING, file).ok();
    let streamed = SealedReader::new(file, &key(), &BINDING).ok().and_then(|mut reader| {
        let mut plain = Vec::new();
        reader.read_to_end(&mut plain).ok().map(|_| plain)
    });
    let inspected = inspect(file, &key(), &BINDING, &Salt::new([0; 32]));
    assert!(whole == streamed, "the two readers differ");
    assert_eq!(inspected.is_ok(), whole.is_some(), "the recovery's reader differs");
    whole
}

#[test]
fn sound_streams_of_every_shape_open() {
    let cases: [(&str, &[(usize, bool)]); 7] = [
        ("empty payload", &[(0, true)]),
        ("one short chunk", &[(SHORT, true)]),
        ("last chunk full", &[(CHUNK, true)]),
        ("two chunks", &[(CHUNK, false), (SHORT, true)]),
        ("second and last chunk full", &[(CHUNK, false), (CHUNK, true)]),
        ("three chunks", &[(CHUNK, false), (CHUNK, false), (SHORT, true)]),
        ("last chunk of one byte", &[(CHUNK, false), (1, true)]),
    ];
    for (name, chunks) in cases {
        let length = chunks.iter().map(|(length, _)| length).sum();
        assert_eq!(read(&stream(chunks)), Some(plain(length)), "{name}");
    }
}

#[test]
fn the_counter_goes_past_one_byte() {
    for count in [257, 258] {
        let mut chunks = vec![(CHUNK, false); count];
        chunks.push((SHORT, true));
        assert!(read(&stream(&chunks)) == Some(plain(count * CHUNK + SHORT)), "{count} chunks");
    }
}

#[test]
fn streams_with_a_wrong_end_do_not_open() {
    let cases: [(&str, &[(usize, bool)]); 14] = [
        ("no chunk", &[]),
        ("no end", &[(SHORT, false)]),
        ("no end, full", &[(CHUNK, false)]),
        ("no end, two chunks", &[(CHUNK, false), (SHORT, false)]),
        ("no end, two chunks, full", &[(CHUNK, false), (CHUNK, false)]),
        ("empty chunk without an end", &[(0, false)]),
        ("last chunk empty", &[(CHUNK, false), (0, true)]),
        ("last chunk empty behind two", &[(CHUNK, false), (CHUNK, false), (0, true)]),
        ("short chunk in the middle", &[(SHORT, false), (SHORT, true)]),
        ("short second chunk", &[(CHUNK, false), (SHORT, false), (SHORT, true)]),
        ("two ends", &[(SHORT, true), (SHORT, true)]),
        ("two ends, full", &[(CHUNK, true), (CHUNK, true)]),
        ("two ends, the first full", &[(CHUNK, true), (SHORT, true)]),
        ("two ends, the second empty", &[(CHUNK, true), (0, true)]),
    ];
    for (name, chunks) in cases {
        assert_eq!(read(&stream(chunks)), None, "{name}");
    }
}

#[test]
fn streams_that_are_cut_or_lengthened_do_not_open() {
    for chunks in
        [&[(SHORT, true)][..], &[(CHUNK, true)], &[(CHUNK, false), (SHORT, true)], &[(CHUNK, false), (CHUNK, true)]]
    {
        let file = stream(chunks);
        assert!(read(&file).is_some(), "the control opens");
        let ends = [0, 1, HEADER - 19, HEADER - 1, HEADER, HEADER + 1, HEADER + 15, HEADER + 16, HEADER + SEALED_CHUNK];
        let cuts = ends.into_iter().chain([file.len() - 17, file.len() - 16, file.len() - 1]);
        for cut in cuts.filter(|cut| *cut < file.len()) {
            assert_eq!(read(&file[..cut]), None, "cut to {cut} of {}", file.len());
        }
        for garbage in [1, 15, 16, 17, SHORT + 16, SEALED_CHUNK - 1, SEALED_CHUNK, SEALED_CHUNK + 1] {
            for byte in [0, 0x5a] {
                assert_eq!(
                    read(&[file.clone(), vec![byte; garbage]].concat()),
                    None,
                    "{garbage} bytes of {byte} behind"
                );
            }
        }
        let (header, body) = file.split_at(HEADER);
        assert_eq!(read(&[header, body, body].concat()), None, "twice the same");
    }
}

#[test]
fn a_bad_tag_is_seen_in_every_chunk() {
    let file = stream(&[(CHUNK, false), (CHUNK, false), (SHORT, true)]);
    for end in [HEADER + SEALED_CHUNK, HEADER + 2 * SEALED_CHUNK, file.len()] {
        for at in [end - 1, end - 16, end - 17] {
            let mut changed = file.clone();
            changed[at] ^= 0x80;
            assert_eq!(read(&changed), None, "byte {at}");
        }
    }
}

#[test]
fn chunks_do_not_open_at_another_place_or_in_another_stream() {
    let shape = [(CHUNK, false), (CHUNK, false), (CHUNK, true)];
    let (one, other) = (stream(&shape), stream(&shape));
    let chunks = |file: &[u8]| file[HEADER..].chunks(SEALED_CHUNK).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (own, foreign) = (chunks(&one), chunks(&other));
    let arranged = |chunks: [&Vec<u8>; 3]| [&one[..HEADER], &chunks.map(Vec::as_slice).concat()].concat();
    assert!(read(&arranged([&own[0], &own[1], &own[2]])).is_some(), "the control opens");
    for order in [[1, 0, 2], [0, 0, 2], [0, 2, 1], [0, 1, 1], [2, 1, 0]] {
        assert_eq!(read(&arranged(order.map(|at: usize| &own[at]))), None, "{order:?}");
    }
    for place in 0..3 {
        let mut mixed = [&own[0], &own[1], &own[2]];
        mixed[place] = &foreign[place];
        assert_eq!(read(&arranged(mixed)), None, "a foreign chunk at {place}, from its own place");
    }
}

#[test]
fn another_implementation_reads_ours_and_writes_what_we_read() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + SHORT] {
        let plain = plain(length);
        let ours = seal(&key(), &BINDING, &plain, &OsEntropy).expect("seals");
        assert_eq!(ours.len() as u64, sealed_length(length as u64));
        let (header, body) = ours.split_at(HEADER);
        let prefix: [u8; 19] = header[HEADER - 19..].try_into().expect("19 bytes");
        assert!(opened_by_aead_stream(header, &prefix, body) == plain, "{length} bytes");
        assert!(sealed_by_aead_stream(header, &prefix, &plain) == body, "{length} bytes");
    }
}

fn opened_by_aead_stream(header: &[u8], prefix: &[u8; 19], body: &[u8]) -> Vec<u8> {
    let mut stream = DecryptorBE32::<XChaCha20Poly1305>::new((&KEY).into(), prefix.into());
    let mut chunks: Vec<_> = body.chunks(SEALED_CHUNK).map(|msg| Payload { msg, aad: header }).collect();
    let last = chunks.pop().expect("at least one");
    let mut plain: Vec<_> = chunks.into_iter().flat_map(|chunk| stream.decrypt_next(chunk).expect("opens")).collect();
    plain.extend(stream.decrypt_last(last).expect("opens as the last"));
    plain
}

fn sealed_by_aead_stream(header: &[u8], prefix: &[u8; 19], plain: &[u8]) -> Vec<u8> {
    let mut stream = EncryptorBE32::<XChaCha20Poly1305>::new((&KEY).into(), prefix.into());
    let mut chunks: Vec<_> = plain.chunks(CHUNK).map(|msg| Payload { msg, aad: header }).collect();
    let last = chunks.pop().unwrap_or(Payload { msg: &[], aad: header });
    let mut body: Vec<_> = chunks.into_iter().flat_map(|chunk| stream.encrypt_next(chunk).expect("seals")).collect();
    body.extend(stream.encrypt_last(last).expect("seals as the last"));
    body
}
