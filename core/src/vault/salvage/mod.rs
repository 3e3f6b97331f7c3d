//! wip
mod rows;
