//! What is recorded: an unmistakable value in every field that an officer can fill.

use std::collections::BTreeSet;

use streife_core::evidence::thumbnail;
use streife_core::testing::photo::{self, PhotoSpec};

use super::scanner::Canary;

pub const PLATE: &str = "M-KQ 7731";
/// Typed first and corrected later.
pub const WRONG_PLATE: &str = "ED-ZX 9317";
/// Behind the vehicle.
pub const TRAILER_PLATE: &str = "ED-ZY 9318";
/// Looked at once and not recorded.
pub const NOTED_PLATE: &str = "ED-ZW 9319";
pub const OFFICER: &str = "kanarie-dienstnummer-77310";
pub const UNIT: &str = "Kanarienwache 77311 Süd";
pub const MAKE: &str = "Kanarienmarke 77312";
pub const MODEL: &str = "Kanarienmodell 77313";
pub const COLOUR: &str = "kanariengelb 77314";
pub const REFINEMENT: &str = "Kanarienkonkretisierung 77315";
pub const PLACE: &str = "Kanarienstraße 77316, Hinterhof";
pub const MUNICIPALITY: &str = "09977317";
pub const LAT_E7: i32 = 481_377_318;
pub const LON_E7: i32 = 115_777_319;
pub const NOTE_CITIZEN: &str = "Kanarienhinweis 77320 an den Bürger";
pub const NOTE_INTERNAL: &str = "Kanarienvermerk 77321, nur intern";
pub const REASON: &str = "Kanariengrund 77322 der Bestätigung";
pub const SLIP_NUMBER: &str = "KANARIE-77323-BLOCK";
pub const SLIP_CODE: &str = "KANAR7XQTZ5MWD3HVPGC";
pub const VOID_NOTE: &str = "Kanarienstorno 77324 des Vorgangs";
pub const DRAFT_VOID_NOTE: &str = "Kanarienstorno 77325 des Entwurfs";
pub const ENROLMENT_CODE: &str = "KANARIE-ENROL-77326";
pub const PLATE_AS_READ: &str = "KANARIENLESUNG 77329";
pub const VIN: &str = "KANAR77330ZZZZZ01";
pub const METER: &str = "Kanarienautomat 77331";
pub const PERMIT: &str = "Kanarienausweis 77332";
pub const FAMILY_NAME: &str = "Kanarienname 77333";
pub const BIRTH_PLACE: &str = "Kanarienort 77334";
pub const STREET: &str = "Kanarienweg 77335";
pub const LICENCE: &str = "Kanarienschein 77336";
pub const STATEMENT: &str = "Kanarienaussage 77337 des Fahrers";
pub const WITNESS: &str = "Kanarienzeugin 77338";
pub const RECEIPT: &str = "Kanarienquittung 77339";
pub const TOW_REASON: &str = "Kanarienanlass 77340 zum Abschleppen";
pub const FIRM: &str = "Kanarienfirma 77341";
pub const DAMAGE: &str = "Kanarienschaden 77342";
pub const VOICE: &str = "Kanarienton 77343";
/// Not typed, but as good as a key.
pub const ACCESS_TOKEN: &str = "kanarien-access-token-77327";
const BEHIND_THE_PICTURE: &str = "Kanarienfilm 77328 hinter dem Bild";
/// Enough for several chunks of a sealed file.
const FILM_PARTS: usize = 6_000;
const TAKEN: &str = "2026:06:16 05:57:43";
const TAKEN_AS_JSON: &str = "2026-06-16T05:57:43";
const CAMERA_LAT_E7: i32 = 481_379_342;
const CAMERA_LON_E7: i32 = 115_779_876;

/// What every JPEG with the usual tables has: the first Huffman table, of brightness.
const HUFFMAN_TABLE: [u8; 14] = [0xff, 0xc4, 0, 0x1f, 0, 0, 1, 5, 1, 1, 1, 1, 1, 1];
const JFIF: [u8; 11] = [0xff, 0xd8, 0xff, 0xe0, 0, 0x10, b'J', b'F', b'I', b'F', 0];

/// Name of the one value that stands in clear on purpose, from sealing to purge: the box learns it, too.
pub const SLIP_NUMBER_NAME: &str = "slip number";

/// The photo that is taken over.
pub fn camera_photo() -> Vec<u8> {
    let spec = PhotoSpec {
        seed: 7,
        width: 640,
        height: 480,
        plate: PLATE.to_owned(),
        taken_local: TAKEN.to_owned(),
        fix: Some((f64::from(CAMERA_LAT_E7) / 1e7, f64::from(CAMERA_LON_E7) / 1e7)),
        ..PhotoSpec::default()
    };
    [photo::make(&spec), BEHIND_THE_PICTURE.repeat(FILM_PARTS).into_bytes()].concat()
}

/// All of it.
pub fn all() -> Vec<Canary> {
    let mut canaries: Vec<_> = TEXTS.iter().map(|(name, text)| Canary::text(name, text)).collect();
    for plate in [PLATE, WRONG_PLATE, TRAILER_PLATE, NOTED_PLATE] {
        let (prefix, rest) = plate.split_once('-').expect("has a prefix");
        let joined = rest.replace(' ', "");
        for text in [plate.to_owned(), format!("{prefix}{joined}"), joined, rest.to_owned(), rest.replace(' ', "-")] {
            canaries.push(Canary::text("plate", &text));
        }
    }
    canaries.push(Canary::position("place", LAT_E7, LON_E7));
    canaries.push(Canary::position("place in the photo", CAMERA_LAT_E7, CAMERA_LON_E7));
    canaries.push(Canary::bytes("tables of a JPEG", &HUFFMAN_TABLE));
    canaries.push(Canary::bytes("head of a JPEG", &JFIF));
    let photo = camera_photo();
    let thumbnail = thumbnail(&photo, 1).expect("decodes");
    canaries.extend(pieces("photo", &photo));
    canaries.extend(pieces("thumbnail", &thumbnail));
    canaries
}

const TEXTS: [(&str, &str); 37] = [
    ("officer", OFFICER),
    ("unit", UNIT),
    ("make", MAKE),
    ("model", MODEL),
    ("colour", COLOUR),
    ("refinement", REFINEMENT),
    ("place", PLACE),
    ("municipality", MUNICIPALITY),
    ("note for the citizen", NOTE_CITIZEN),
    ("internal note", NOTE_INTERNAL),
    ("reason of a confirmation", REASON),
    (SLIP_NUMBER_NAME, SLIP_NUMBER),
    ("slip code", SLIP_CODE),
    ("note of a void", VOID_NOTE),
    ("note of a draft's void", DRAFT_VOID_NOTE),
    ("enrolment code", ENROLMENT_CODE),
    ("access token", ACCESS_TOKEN),
    ("film behind the picture", BEHIND_THE_PICTURE),
    ("time in the photo", TAKEN),
    ("time in the photo", TAKEN_AS_JSON),
    ("camera in the photo", "Simulated 12 MP"),
    ("recorded file", "Kanarien"),
    ("plate as read", PLATE_AS_READ),
    ("vehicle identification number", VIN),
    ("parking meter", METER),
    ("permit", PERMIT),
    ("family name", FAMILY_NAME),
    ("place of birth", BIRTH_PLACE),
    ("street", STREET),
    ("licence", LICENCE),
    ("statement", STATEMENT),
    ("witness", WITNESS),
    ("receipt of a payment", RECEIPT),
    ("reason of a tow", TOW_REASON),
    ("firm", FIRM),
    ("damage", DAMAGE),
    ("voice note", VOICE),
];

/// Pieces of 24 bytes: the head with EXIF and tables closely, the rest now and then. Runs of one byte are anybody's.
fn pieces(name: &str, file: &[u8]) -> Vec<Canary> {
    const LENGTH: usize = 24;
    const HEAD: usize = 1_024;
    let is_its_own = |piece: &&[u8]| piece.iter().collect::<BTreeSet<_>>().len() >= 12;
    let (head, body) = file.split_at(HEAD.min(file.len()));
    let step = body.len().div_ceil(32).max(LENGTH);
    let body = body.chunks(step).filter_map(|chunk| chunk.get(..LENGTH));
    let pieces = head.chunks_exact(LENGTH).chain(body).filter(is_its_own);
    pieces.enumerate().map(|(number, piece)| Canary::bytes(&format!("{name}, piece {number}"), piece)).collect()
}
