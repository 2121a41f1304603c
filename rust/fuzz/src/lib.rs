//! What must hold for any input: each module's `check` makes a case of the fuzzer's bytes, and panics where it fails.

mod choices;
#[path = "../../core/tests/cuts/mod.rs"]
mod cutting;
#[path = "../../core/tests/decode/mod.rs"]
mod decode;
#[path = "../../core/tests/oracle/mod.rs"]
mod oracle;

pub mod cuts;
pub mod framing;
pub mod json;
mod plain_json;
pub mod templates;
mod told;
