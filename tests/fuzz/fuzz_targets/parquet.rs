#![no_main]
use std::sync::Once;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The reader turns panics of the crate it stands on into errors; the fuzzer's own hook would end the run at the first.
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| ())));
    plumbline_tests::fuzz::check("parquet", data);
});
