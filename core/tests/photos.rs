//! Photos as cameras, platforms, messengers and attackers write them: what is learned from each, what is derived, and that
//! none of them stands in the way of sealing.

mod common;
#[path = "photos/made.rs"]
mod made;

use common::{Phone, officer};
use made::Value::{Fractions, Long, SFractions, SLong, Short, Text};
use made::{
    Fields, exif_bomb, heic, jpeg, munich, scan_bomb, segment, sexagesimal, size_bomb, tiff, with_exif, with_segments,
    without_jfif,
};
use streife_core::client::Derivative;
use streife_core::domain::{CaseRecord, CaseView, GpsState, PhotoClass, PhotoFlag, PhotoRecord, Region, Underived};
use streife_core::error::Error;
use streife_core::evidence::{
    Claims, JpegScan, LIMITS, PhotoError, PhotoFacts, Wanted, claims, derive, facts, thumbnail,
};
use streife_core::ports::NeverCancel;
use streife_core::seal::{Kind, Scope};

fn camera(position: Option<&Fields>) -> Vec<u8> {
    let exposure = vec![(0x9003, Text("2026:06:16 06:00:07")), (0xa002, Long(64)), (0xa003, Long(48))];
    tiff(vec![(0x0112, Short(6))], &exposure, position)
}

fn gps(fields: &Fields) -> Claims {
    claims(&camera(Some(fields)))
}

fn flags(file: &[u8]) -> Vec<PhotoFlag> {
    facts([file]).expect("a whole picture").flags.into_iter().collect()
}

// ---- facts ----

#[test]
fn a_cameras_claims_are_read() {
    let found = gps(&munich());
    assert_eq!(found.facts.taken.as_deref(), Some("2026-06-16T06:00:07"));
    assert_eq!((found.facts.lat_e7, found.facts.lon_e7), (Some(481_372_222), Some(115_752_778)));
    assert_eq!((found.facts.gps, found.facts.orientation), (GpsState::Present, 6));
    assert_eq!(found.facts.utc.as_deref(), Some("2026-06-16T04:00:07"));
    assert_eq!(found.size, Some((64, 48)));
    let file = with_exif(&without_jfif(&jpeg(64, 48)), &camera(Some(&munich())));
    let seen = facts([file.as_slice()]).expect("a whole picture");
    assert_eq!(seen.exif, found.facts);
    assert_eq!((seen.width, seen.height, seen.media_type, seen.underived), (64, 48, "image/jpeg", None));
    assert!(seen.flags.is_empty(), "{:?}", seen.flags);
    // However the bytes arrive.
    for size in [1, 7, 63, 64, 65, 1_000] {
        assert_eq!(facts(file.chunks(size)), Some(seen.clone()), "pieces of {size}");
    }
}

#[test]
fn a_blanked_position_is_redacted_and_never_a_place() {
    let zero = |over| Fractions(vec![(over, 0), (0, 0), (0, 0)]);
    let blank = |lat, lon| vec![(1, Text("N")), (2, lat), (3, Text("E")), (4, lon)];
    for (lat, lon) in [(zero(0), zero(0)), (zero(48), sexagesimal(11, 0, 0)), (sexagesimal(48, 0, 0), zero(0))] {
        let found = gps(&blank(lat, lon));
        assert_eq!((found.facts.gps, found.facts.lat_e7), (GpsState::Redacted, None));
    }
    let file = with_exif(&without_jfif(&jpeg(64, 48)), &camera(Some(&blank(zero(0), zero(0)))));
    assert_eq!(flags(&file), [PhotoFlag::Redacted]);
    // Undefined seconds behind minutes with a fraction are a position.
    let minutes = |whole, part| Fractions(vec![(whole, 1), (part, 100), (0, 0)]);
    let found = gps(&blank(minutes(48, 823), minutes(11, 3_452)));
    assert_eq!((found.facts.gps, found.facts.lat_e7), (GpsState::Present, Some(481_371_667)));
}

#[test]
fn zero_degrees_are_no_position_and_are_said() {
    let null = vec![(1, Text("N")), (2, sexagesimal(0, 0, 0)), (3, Text("E")), (4, sexagesimal(0, 0, 0))];
    let found = gps(&null);
    assert_eq!((found.facts.gps, found.facts.lat_e7, found.null_island), (GpsState::Absent, None, true));
    let file = with_exif(&without_jfif(&jpeg(64, 48)), &camera(Some(&null)));
    assert_eq!(flags(&file), [PhotoFlag::NullIsland]);
}

#[test]
fn odd_types_of_real_phones_are_read() {
    let signed = |degrees, minutes| SFractions(vec![(degrees, 1), (minutes, 1), (0, 1)]);
    let south = vec![(1, Text("S")), (2, signed(33, 30)), (3, Text("W")), (4, signed(70, 15))];
    let found = gps(&south).facts;
    assert_eq!((found.lat_e7, found.lon_e7), (Some(-335_000_000), Some(-702_500_000)));
    for (value, expected) in
        [(SLong(8), 8), (Long(3), 3), (made::Value::Byte(5), 5), (SLong(-1), 1), (Short(9), 1), (Short(0), 1)]
    {
        assert_eq!(claims(&tiff(vec![(0x0112, value)], &Vec::new(), None)).facts.orientation, expected);
    }
}

#[test]
fn what_cannot_be_read_is_unreadable_and_the_rest_is_kept() {
    // A pointer of a wrong type; a position in letters; coordinates beyond the globe; no hemisphere.
    let pointer = tiff(vec![(0x0112, Short(3)), (0x8825, Text("nowhere"))], &Vec::new(), None);
    assert_eq!(claims(&pointer).facts.orientation, 3);
    assert_eq!(claims(&pointer).facts.gps, GpsState::Unreadable);
    let letters = vec![(1, Text("N")), (2, Text("48 N")), (3, Text("E")), (4, sexagesimal(11, 0, 0))];
    let beyond = vec![(1, Text("N")), (2, sexagesimal(91, 0, 0)), (3, Text("E")), (4, sexagesimal(11, 0, 0))];
    let nowhere = vec![(2, sexagesimal(48, 0, 0)), (4, sexagesimal(11, 0, 0))];
    let half = vec![(1, Text("N")), (2, sexagesimal(48, 0, 0))];
    for fields in [letters, beyond, nowhere, half] {
        let found = gps(&fields);
        assert_eq!((found.facts.gps, found.facts.lat_e7), (GpsState::Unreadable, None));
        assert!(found.facts.taken.is_some());
    }
    // A receiver that is off leaves its version.
    assert_eq!(gps(&vec![(0, made::Value::Byte(2))]).facts.gps, GpsState::Absent);
    // A block that ends in the middle gives what lies before.
    let whole = camera(Some(&munich()));
    let cut = claims(&whole[..whole.len() - 40]);
    assert_eq!((cut.facts.orientation, cut.facts.taken.is_some()), (6, true));
    assert_eq!(claims(b"no TIFF at all").facts.gps, GpsState::Unreadable);
    for time in ["2026:13:01 00:00:00", "    :  :     :  :  ", "2026:06:16 06:00:60", "2026-06-16", ""] {
        let found = claims(&tiff(Vec::new(), &vec![(0x9003, Text(time))], None));
        assert_eq!(found.facts.taken, None, "{time:?}");
    }
}

#[test]
fn a_heic_file_is_read_without_pixels() {
    let file = heic(4_032, 3_024, true, &camera(Some(&munich())));
    let seen = facts([file.as_slice()]).expect("a whole picture");
    assert_eq!((seen.width, seen.height, seen.media_type), (4_032, 3_024, "image/heic"));
    assert_eq!((seen.exif.orientation, seen.exif.lat_e7), (6, Some(481_372_222)));
    assert_eq!(seen.underived, Some(Underived::NoDecoder));
    assert!(seen.flags.is_empty(), "{:?}", seen.flags);
    for size in [1, 9, 100] {
        assert_eq!(facts(file.chunks(size)), Some(seen.clone()), "pieces of {size}");
    }
    // Turned by EXIF alone, which decoders of HEIC do not look at.
    assert_eq!(flags(&heic(64, 48, false, &camera(None))), [PhotoFlag::OrientationAmbiguous]);
    // A film in the file, and a cut.
    let film = [file.clone(), made::boxed(b"mpvd", &[7; 50])].concat();
    assert_eq!(flags(&film), [PhotoFlag::Trailing, PhotoFlag::Film]);
    for cut in (64..file.len()).step_by(7) {
        assert_eq!(facts([&file[..cut]]), None, "cut at {cut}");
    }
    let text = [&made::boxed(b"ftyp", b"isom\0\0\0\0isommp42")[..], &file[24..]].concat();
    assert_eq!(facts([text.as_slice()]), None, "a film is no photo");
}

// ---- detectors ----

#[test]
fn bytes_behind_the_end_are_named_before_sealing() {
    let photo = with_exif(&without_jfif(&jpeg(64, 48)), &camera(None));
    let film = [&photo[..], &made::boxed(b"ftyp", b"mp42\0\0\0\0isom"), &[9; 500]].concat();
    assert_eq!(flags(&film), [PhotoFlag::Trailing, PhotoFlag::Film]);
    let gain_map = [&photo[..], &jpeg(16, 16)].concat();
    assert_eq!(flags(&gain_map), [PhotoFlag::Trailing]);
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x Camera:MicroVideo=\"1\"/>");
    let named = [&with_segments(&photo, &[xmp])[..], b"MotionPhoto_Data"].concat();
    assert_eq!(flags(&named), [PhotoFlag::Trailing, PhotoFlag::Film]);
    let seen = facts([film.as_slice()]).expect("whole");
    assert_eq!(seen.trailing, 520);
}

#[test]
fn a_file_written_anew_shows_it() {
    let photo = without_jfif(&jpeg(64, 48));
    assert!(!flags(&with_exif(&photo, &camera(None))).contains(&PhotoFlag::Reencoded));
    let turned = with_exif(&without_jfif(&jpeg(48, 64)), &camera(None));
    assert!(!flags(&turned).contains(&PhotoFlag::Reencoded), "turned without loss");
    let scaled = with_exif(&without_jfif(&jpeg(32, 24)), &camera(None));
    assert_eq!(flags(&scaled), [PhotoFlag::Reencoded]);
    assert_eq!(flags(&jpeg(64, 48)), [PhotoFlag::Reencoded], "as messengers send");
    let edited = with_segments(&with_exif(&photo, &camera(None)), &[segment(0xed, b"Photoshop 3.0\x008BIM")]);
    assert_eq!(flags(&edited), [PhotoFlag::Reencoded]);
}

#[test]
fn a_cut_picture_is_refused_and_one_that_was_closed_is_flagged() {
    let whole = made::encoded(320, 240, |encoder| encoder.set_restart_interval(20));
    assert!(!JpegScan::of(&whole).lacks_data());
    for cut in (whole.len() / 4..whole.len() - 1).step_by(97) {
        assert_eq!(facts([&whole[..cut]]), None, "cut at {cut}");
    }
    let closed = [&whole[..whole.len() / 2], &[0xff, 0xd9]].concat();
    assert!(flags(&closed).contains(&PhotoFlag::Truncated));
}

// ---- attacks ----

#[test]
fn a_size_bomb_of_some_hundred_bytes_allocates_nothing() {
    let bomb = size_bomb();
    assert!(bomb.len() < 800, "{} bytes", bomb.len());
    let seen = facts([bomb.as_slice()]).expect("a whole file");
    assert_eq!((seen.width, seen.height, seen.underived), (65_500, 65_500, Some(Underived::BeyondLimits)));
    assert!(matches!(thumbnail(&bomb, 1), Err(PhotoError::BeyondLimits)));
    let all = Wanted { preview: true, thumbnail: true, masked: Some(&[]) };
    assert!(matches!(derive(&bomb, 1, &all), Err(PhotoError::BeyondLimits)));
}

#[test]
fn an_exif_bomb_is_counted_and_not_read() {
    let block = exif_bomb();
    assert!(block.len() > 65_000 && block.len() < LIMITS.exif_bytes);
    assert_eq!(claims(&block).facts.gps, GpsState::Unreadable);
    let file = with_exif(&without_jfif(&jpeg(64, 48)), &block);
    assert_eq!(facts([file.as_slice()]).expect("whole").exif.gps, GpsState::Unreadable);
    assert!(thumbnail(&file, 1).is_ok(), "the picture is none the worse for it");
}

#[test]
fn a_file_of_many_scans_is_not_decoded() {
    for scans in [200, 1_000] {
        let bomb = scan_bomb(scans);
        assert!(facts([bomb.as_slice()]).expect("a whole file").underived == Some(Underived::BeyondLimits));
        assert!(matches!(thumbnail(&bomb, 1), Err(PhotoError::BeyondLimits)));
    }
    let some = made::encoded(640, 480, |encoder| encoder.set_progressive(true));
    assert!(thumbnail(&some, 1).is_ok(), "progressive pictures are decoded");
}

#[test]
fn damage_anywhere_gives_an_error_or_a_picture() {
    let photos = [
        jpeg(96, 64),
        made::encoded(96, 64, |encoder| encoder.set_progressive(true)),
        made::encoded(96, 64, |encoder| encoder.set_restart_interval(2)),
    ];
    let (mut good, mut bad) = (0, 0);
    let mut random = 1_u32;
    for photo in &photos {
        for _ in 0..1_500 {
            let mut damaged = photo.clone();
            for _ in 0..3 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = random as usize / 7 % damaged.len();
                damaged[at] = (random >> 24) as u8;
            }
            let _ = facts([damaged.as_slice()]);
            match thumbnail(&damaged, 1) {
                Ok(small) => {
                    assert!(JpegScan::of(&small).is_complete());
                    good += 1;
                }
                Err(_) => bad += 1,
            }
        }
    }
    assert!(good > 100 && bad > 100, "{good} decoded, {bad} refused");
}

// ---- derivatives ----

/// Marker codes of a file in a row, and bytes behind its end.
#[expect(clippy::indexing_slicing, reason = "a file that was found whole")]
fn markers(file: &[u8]) -> (Vec<u8>, u64) {
    let (mut codes, mut at) = (vec![file[1]], 2);
    while file[at + 1] != 0xda {
        codes.push(file[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
    }
    (codes, JpegScan::of(file).trailing)
}

#[test]
fn derivatives_have_their_sizes_and_nothing_but_a_picture() {
    let tail = [&made::boxed(b"ftyp", b"mp42\0\0\0\0isom")[..], &[9; 500]].concat();
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>");
    let full = with_segments(&jpeg(2_400, 1_800), &[xmp, segment(0xe2, b"ICC_PROFILE\0"), segment(0xfe, b"a comment")]);
    let file = [with_exif(&full, &camera(Some(&munich()))), tail].concat();
    let regions = [Region { left: 10, top: 10, width: 200, height: 50 }];
    let made = derive(&file, 6, &Wanted { preview: true, thumbnail: true, masked: Some(&regions) }).expect("derives");
    let pictures = [made.preview, made.thumbnail, made.masked].map(|made| made.expect("wanted"));
    for (picture, size) in pictures.iter().zip([(1_200, 1_600), (240, 320), (1_200, 1_600)]) {
        let scan = JpegScan::of(picture);
        assert_eq!((scan.frame.width, scan.frame.height), size);
        let (codes, trailing) = markers(picture);
        assert!(codes.iter().all(|code| matches!(code, 0xd8 | 0xe0 | 0xdb | 0xc0 | 0xc4)), "{codes:x?}");
        assert_eq!(trailing, 0);
    }
    // Small photos are not made larger.
    let small = derive(&jpeg(200, 100), 1, &Wanted { preview: true, ..Wanted::default() }).expect("derives");
    assert_eq!(JpegScan::of(&small.preview.expect("wanted")).frame.width, 200);
}

#[test]
fn a_region_outside_the_picture_is_refused() {
    let photo = jpeg(320, 200);
    let mask = |orientation, regions: &[Region]| {
        derive(&photo, orientation, &Wanted { masked: Some(regions), ..Wanted::default() })
    };
    let at = |left, top, width, height| Region { left, top, width, height };
    for wrong in [at(320, 0, 5, 5), at(0, 200, 5, 5), at(5, 5, 0, 5), at(5, 5, 5, 0), at(u32::MAX, 0, u32::MAX, 1)] {
        assert!(matches!(mask(1, &[wrong]), Err(PhotoError::Region)), "{wrong:?}");
    }
    assert!(mask(1, &[at(310, 190, u32::MAX, u32::MAX)]).is_ok(), "what reaches over the edge is cut off");
    assert!(mask(6, &[at(100, 310, 5, 5)]).is_ok(), "places are those of the upright picture");
    assert!(matches!(mask(1, &[at(100, 310, 5, 5)]), Err(PhotoError::Region)));
    assert!(matches!(mask(1, &[at(0, 0, 1, 1); 65]), Err(PhotoError::Region)), "more than are masked");
}

// ---- in a case ----

/// Opens a case's objects as a case worker does.
fn opened(phone: &Phone, client: &streife_core::client::Client, case: streife_core::domain::CaseId) -> Opened {
    use streife_core::seal::{Binding, Manifest, Signed, SoftwareKey, commitment, open};
    let device = SoftwareKey::from_bytes(&[4; 32]).expect("a scalar").verifying_key();
    let signed = client.case(case).expect("is there").manifest.expect("signed");
    let manifest = Signed::<Manifest>::verify(&signed, &device).expect("verifies").payload().clone();
    let key = manifest.open_case_key(&phone.agency.case_worker).expect("opens");
    let objects: Vec<_> = manifest
        .objects
        .iter()
        .map(|listed| {
            let file = phone.vault_folder().join("objects").join(format!("{}.sbx", listed.object));
            let binding = Binding::of_case(listed.kind, case, listed.object).with_scope(listed.scope);
            let sealed = std::fs::read(file).expect("reads");
            let plain = open(&key.object_key(case, listed.scope, listed.object), &binding, &sealed).expect("opens");
            (listed.clone(), plain)
        })
        .collect();
    let of = |kind| &objects.iter().find(|(listed, _)| listed.kind == kind).expect("listed").1;
    let record: CaseRecord = serde_json::from_slice(of(Kind::Record)).expect("a record");
    let view: CaseView = serde_json::from_slice(of(Kind::View)).expect("a view");
    for (listed, plain) in &objects {
        let salt = match listed.kind {
            Kind::Record => record.salt,
            Kind::View => view.salt,
            _ => {
                let named = record
                    .photos
                    .iter()
                    .flat_map(|photo| std::iter::once((photo.object, photo.salt)).chain(photo.derived()));
                named.into_iter().find(|(object, _)| *object == listed.object).expect("named in the record").1
            }
        };
        assert_eq!(commitment(&salt, plain), listed.commitment, "{:?}", listed.kind);
    }
    let kinds = objects.iter().map(|(listed, _)| (listed.kind as u8, listed.scope)).collect();
    Opened { record, view, kinds }
}

struct Opened {
    record: CaseRecord,
    view: CaseView,
    kinds: Vec<(u8, Scope)>,
}

#[test]
fn derivatives_are_sealed_listed_and_open_under_their_scope() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1234");
    let photo = client.draft(case).expect("a draft").photos.remove(0);
    let region = Region { left: 300, top: 200, width: 100, height: 40 };
    let masked = client.mask_photo(case, photo.object, &[region]).expect("masks");
    assert_eq!(masked.regions, [region]);
    assert_eq!(client.make_derivatives(case, &NeverCancel).expect("derives"), 0, "made by the same decode");
    let again = client.mask_photo(case, photo.object, &[]).expect_err("masked already");
    assert!(matches!(again, Error::Photo(PhotoError::Derived)), "{again:?}");
    let draft: PhotoRecord = client.draft(case).expect("a draft").photos.remove(0);
    for which in [Derivative::Thumbnail, Derivative::Preview, Derivative::Masked] {
        let picture = client.read_derivative(case, &draft, which).expect("reads").expect("made");
        assert!(JpegScan::of(&picture).is_complete(), "{which:?}");
    }
    assert!(client.audit().expect("reads").findings.is_empty());
    client.seal_case(case, Vec::new()).expect("seals");
    let opened = opened(&phone, &client, case);
    let mut kinds = opened.kinds;
    kinds.sort_unstable_by_key(|(kind, _)| *kind);
    let expected = [(1, Scope::Full), (2, Scope::Full), (3, Scope::View), (4, Scope::Full), (5, Scope::Full)];
    assert_eq!(kinds, [&expected[..], &[(6, Scope::View)]].concat());
    assert_eq!(opened.view.photos.len(), 1);
    assert_eq!(opened.view.photos[0].object, masked.object);
    assert_eq!(opened.record.photos, [draft]);
}

#[test]
fn no_file_of_any_kind_keeps_a_case_from_being_sealed() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    let undecodable = {
        let mut file = jpeg(64, 48);
        let scan = file.windows(2).position(|pair| pair == [0xff, 0xc4]).expect("a table");
        file[scan + 5..scan + 20].fill(0xfe); // no Huffman code is left
        file
    };
    let files = [
        ("heic.heic", heic(4_032, 3_024, true, &camera(None)), Some(Underived::NoDecoder)),
        ("size.jpg", size_bomb(), Some(Underived::BeyondLimits)),
        ("scans.jpg", scan_bomb(1_000), Some(Underived::BeyondLimits)),
        ("broken.jpg", undecodable, Some(Underived::Undecodable)),
        ("exif.jpg", with_exif(&without_jfif(&jpeg(64, 48)), &exif_bomb()), None),
    ];
    for (name, bytes, _) in &files {
        client.add_photo(case, &phone.write(name, bytes), PhotoClass::Detail).expect("adds");
    }
    assert_eq!(client.make_derivatives(case, &NeverCancel).expect("derives"), 4, "two photos, two each");
    assert_eq!(client.make_thumbnails(case, &NeverCancel).expect("derives"), 0);
    let photos = client.draft(case).expect("a draft").photos;
    for ((name, _, why), photo) in files.iter().zip(&photos[1..]) {
        assert_eq!((photo.underived, photo.preview.is_none()), (*why, why.is_some()), "{name}");
        if why.is_some() {
            let refused = client.mask_photo(case, photo.object, &[]).expect_err("cannot be masked");
            assert!(matches!(refused, Error::Photo(PhotoError::Derived)), "{name}: {refused:?}");
        }
    }
    assert_eq!(photos[1].media_type, "image/heic");
    client.seal_case(case, Vec::new()).expect("seals");
    let record = opened(&phone, &client, case).record;
    assert_eq!(record.photos, photos);
}

#[test]
fn a_record_without_the_newer_members_is_still_read() {
    let older = r#"{"object":"00000000000000000000000000000001","class":"overview","imported_at":
        {"at":"2026-06-16T06:00:00.000+02:00","mono_ms":1,"boot":"00000000000000000000000000000001"},
        "salt":"0000000000000000000000000000000000000000000000000000000000000000","media_type":"image/jpeg",
        "length":5,"width":4,"height":3,"exif":{"gps":"absent","orientation":1}}"#;
    let read: PhotoRecord = serde_json::from_str(older).expect("reads");
    assert!(read.flags.is_empty() && read.preview.is_none() && read.underived.is_none());
    let _: Option<PhotoFacts> = facts([b"".as_slice()]);
}
