//! Writes the Kotlin, Swift and Python sources from the compiled library. Built from the workspace's own UniFFI,
//! because generator and library must be of one version.

fn main() {
    uniffi::uniffi_bindgen_main();
}
