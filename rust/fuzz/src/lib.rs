//! What must hold for any input: each module's `check` makes a case of the fuzzer's bytes, and panics where it fails.

mod choices;
#[path = "../../core/tests/core/support/cuts.rs"]
mod cutting;
#[path = "../../core/tests/core/support/decode.rs"]
mod decode;
#[path = "../../core/tests/core/support/oracle.rs"]
mod oracle;
#[path = "../../core/tests/core/support/shapes/mod.rs"]
mod shapes;

pub mod cuts;
mod filling;
pub mod framing;
pub mod json;
mod plain_json;
pub mod templates;
mod told;
pub mod values;
