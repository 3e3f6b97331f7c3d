//! Limits on what is looked into: the one place where they stand.

/// How much of a file is read, kept, parsed or decoded. Each value is far above what a phone's camera writes and far
/// below what would hurt the phone. A file beyond a limit of looking is still evidence and is sealed; what is not
/// looked at then says so.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of an original; a longer one is refused. Photos of 48 megapixels have about 20 MB, motion photos more.
    pub photo_bytes: u64,
    /// Bytes from the start of the file in which the EXIF segment is looked for.
    pub head_bytes: usize,
    /// Segments of a JPEG; cameras write fewer than 30, motion photos fewer than 100.
    pub segments: u32,
    /// Scans of a JPEG. A decoder goes over all pixels for each, so its time grows with them: a file of 95 KB with 1,000
    /// scans takes 20 s. Progressive pictures have about 10.
    pub scans: u32,
    /// Pixels of one side that are decoded.
    pub side_pixels: u32,
    /// Pixels that are decoded, scan after scan: 64 megapixels, of which a reduced decode keeps a quarter or less.
    pub pixels: u64,
    /// Pixels of a progressive picture: all its coefficients are in memory at once, up to 6 bytes a pixel.
    pub progressive_pixels: u64,
    /// Bytes of an EXIF block that is parsed; a JPEG segment holds no more, a HEIC item may be longer than is read.
    pub exif_bytes: usize,
    /// Entries of all directories of an EXIF block. Cameras write about 100; directories that overlap make millions.
    pub exif_entries: u32,
    /// Directories of an EXIF block, those of its pointers included. Cameras write five.
    pub exif_directories: u32,
    /// Boxes on the top level of a HEIC file; cameras write fewer than 10.
    pub heic_boxes: u32,
    /// Bytes of a HEIC file's meta box. A picture of 48 tiles has about 5 KB.
    pub heic_meta_bytes: usize,
    /// Items and properties of a meta box; burst and tiled pictures have some hundred.
    pub heic_items: u32,
    /// Regions that are masked in one photo.
    pub regions: usize,
}

/// The limits that hold everywhere.
pub const LIMITS: Limits = Limits {
    photo_bytes: 40 << 20,
    head_bytes: 256 << 10,
    segments: 4_096,
    scans: 100,
    side_pixels: 16_384,
    pixels: 64_000_000,
    progressive_pixels: 20_000_000,
    exif_bytes: 64 << 10,
    exif_entries: 1_024,
    exif_directories: 16,
    heic_boxes: 64,
    heic_meta_bytes: 256 << 10,
    heic_items: 2_048,
    regions: 64,
};
