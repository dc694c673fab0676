#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| plumbline_tests::fuzz::check("window", data));
