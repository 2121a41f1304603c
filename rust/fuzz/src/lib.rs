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
/// A module of its own, since one of the checks has the name of one of these.
#[path = "."]
mod support {
    #[path = "../../core/tests/core/support/json.rs"]
    #[expect(dead_code, reason = "the tests of the core use the rest")]
    pub(crate) mod json;
    #[path = "../../core/tests/core/support/tree.rs"]
    pub(crate) mod tree;
}
use support::tree;

pub mod cuts;
pub mod encode;
mod filling;
pub mod framing;
pub mod json;
pub mod partial;
mod plain_json;
pub mod templates;
mod told;
pub mod values;
