//! The core's tests, as one program: it is linked once, and `cargo test framing::` or the name of a test chooses among them.

mod fuzz;

mod framing {
    mod corpus;
    mod hostile;
    mod properties;
}

mod json {
    mod partial;
}

mod accumulate {
    mod chat;
    mod chat_properties;
    mod chat_recordings;
    mod dialect_recordings;
    mod hostile;
    mod hostile_sizes;
    mod repeat_dialects;
    mod repeat_properties;
    mod usage;
    mod values;
}

/// What tests share: the corpus, its cuts, and slow, obvious ways to the same results.
mod support {
    pub(crate) mod chat_cases;
    pub(crate) mod cuts;
    pub(crate) mod decode;
    pub(crate) mod json;
    pub(crate) mod oracle;
    pub(crate) mod repeats;
    pub(crate) mod shapes;
    pub(crate) mod tree;
    pub(crate) mod watched;
}
