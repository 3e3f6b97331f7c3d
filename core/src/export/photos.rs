//! Photos as both formats name them.

use crate::domain::PhotoRecord;

/// Name of the file that goes beside the document: the photo's object and an ending by its media type.
#[must_use]
pub fn file_name(photo: &PhotoRecord) -> String {
    let ending = match photo.media_type.as_str() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/heic" => "heic",
        "image/heif" => "heif",
        _ => "bin",
    };
    format!("{}.{ending}", photo.object)
}
