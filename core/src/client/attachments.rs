//! Voice notes: taken over from a file, sealed for the authority alone.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::Client;
use super::photos::has_room;
use crate::domain::{AttachmentRecord, CaseId, InputError, ObjectId, Salt};
use crate::error::Error;
use crate::evidence::PhotoError;
use crate::seal::{Kind, Scope};
use crate::vault::JournalEvent;

/// Longest voice note in bytes: some ten minutes of the best quality that phones record.
const MAX_BYTES: u64 = 20 << 20;
/// Voice notes of one case.
const MAX_NOTES: usize = 9;

impl Client {
    /// Takes a voice note over from a file: MPEG-4, Ogg or WAV, at most 20 MiB. It is durable when this returns, and
    /// the file may be deleted.
    ///
    /// # Errors
    /// [`Error::Input`] if the file is of another format or too long, or the case has nine already;
    /// [`PhotoError::Unreadable`]. The file and the draft stay as they were.
    pub fn add_voice_note(&self, case: CaseId, path: &Path) -> Result<AttachmentRecord, Error> {
        let sound = read(path)?;
        let media_type = media_type(&sound).ok_or(InputError { field: "voice note" })?;
        self.with_new_files(|| self.keep_voice_note(case, &sound, media_type))
    }

    fn keep_voice_note(&self, case: CaseId, sound: &[u8], media_type: &str) -> Result<AttachmentRecord, Error> {
        let _watch = self.watch_disk();
        let (object, salt) = (ObjectId::new(self.random()?), Salt::new(self.random()?));
        let (part, row) = self.write_object(case, Kind::Attachment, Scope::Full, media_type, object, &salt, sound)?;
        let imported_at = self.now()?;
        let length = sound.len() as u64;
        let note = AttachmentRecord { object, salt, imported_at, media_type: media_type.to_owned(), length };
        let _guard = self.drafting();
        let mut facts = self.vault.draft(case)?;
        if facts.attachments.len() >= MAX_NOTES || !has_room(&facts) {
            return Err(InputError { field: "voice note" }.into());
        }
        facts.attachments.push(note.clone());
        self.vault.keep_object(part, &row, &facts, imported_at, JournalEvent::DraftSaved { case })?;
        Ok(note)
    }

    /// The bytes of a voice note, as long as the case is on the phone.
    ///
    /// # Errors
    /// [`PhotoError::Seal`] if the file was touched.
    pub fn read_voice_note(&self, case: CaseId, note: &AttachmentRecord) -> Result<Vec<u8>, Error> {
        self.read_object(case, note.object, Kind::Attachment, Scope::Full)
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let unreadable = |error: std::io::Error| PhotoError::Unreadable(error.kind());
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > MAX_BYTES {
        return Err(InputError { field: "voice note" }.into());
    }
    let mut sound = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or(0)));
    file.take(MAX_BYTES).read_to_end(&mut sound).map_err(unreadable)?;
    Ok(sound)
}

/// What the first bytes say: whole boxes or chunks are the player's affair.
fn media_type(sound: &[u8]) -> Option<&'static str> {
    let starts = |at: usize, mark: &[u8]| sound.get(at..at + mark.len()) == Some(mark);
    let kinds = [
        (starts(4, b"ftyp"), "audio/mp4"),
        (starts(0, b"OggS"), "audio/ogg"),
        (starts(0, b"RIFF") && starts(8, b"WAVE"), "audio/wav"),
    ];
    kinds.into_iter().find(|(is_so, _)| *is_so).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_is_known_by_its_first_bytes() {
        assert_eq!(media_type(b"\0\0\0\x18ftypM4A "), Some("audio/mp4"));
        assert_eq!(media_type(b"OggS\0"), Some("audio/ogg"));
        assert_eq!(media_type(b"RIFF\0\0\0\0WAVEfmt "), Some("audio/wav"));
        for other in [&b""[..], b"RIFF\0\0\0\0AVI ", b"\xff\xd8\xff", b"ftyp"] {
            assert_eq!(media_type(other), None);
        }
    }
}
