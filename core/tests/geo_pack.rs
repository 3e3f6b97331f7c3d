//! Packs from the outside: compiled, loaded, asked, damaged; and the real map of Bavaria against another implementation.

#[path = "geo_pack/bavaria.rs"]
mod bavaria;
#[path = "geo_pack/hostile.rs"]
mod hostile;
#[path = "geo_pack/polygons.rs"]
mod polygons;
#[path = "geo_pack/register.rs"]
mod register;
#[path = "geo_pack/source.rs"]
mod source;
