//! The OpenAPI document, as tools that know nothing of us read it.

use monkeyfarm_tests::programs::source_tree;
use monkeyfarm_tests::{Ran, python};

#[test]
fn the_document_is_valid_openapi() {
    let Some(mut validator) = python::tool("openapi-spec-validator") else { return };
    let ran = Ran::of(validator.arg(source_tree().join("docs/openapi.json")));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}
