//! What must hold for any input: each module's `check` makes a case of the fuzzer's bytes, and panics where it fails.

mod choices;
#[path = "../../core/tests/cuts/mod.rs"]
mod cutting;
#[path = "../../core/tests/decode/mod.rs"]
mod decode;
#[path = "../../core/tests/oracle/mod.rs"]
mod oracle;
#[path = "../../core/tests/shapes/mod.rs"]
mod shapes;

pub mod cuts;
mod filling;
pub mod framing;
pub mod json;
mod plain_json;
pub mod templates;
mod told;
pub mod values;
