//! What is outside the language is refused on the user's own tokens, all of it at once, with a hint.
//!
//! The expected messages are in `refusals/*.stderr`, one file a group of faults; `TRYBUILD=overwrite` writes them anew.

#[test]
fn faults_are_reported_where_they_are() {
    trybuild::TestCases::new().compile_fail("refusals/*.rs");
}
