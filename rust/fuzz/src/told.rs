//! What an accumulator tells and holds, in plain values.

use ssewire_core::{Accumulator, Delta, Dialect, EventTooLarge};

/// All that can be seen of an accumulator in the end. What is said of an error beyond its kind tells where it stood, which
/// is not compared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    object: String,
    error: Option<(Option<String>, Option<String>, String)>,
    done: bool,
    complete: bool,
    dialect: Option<Dialect>,
    foreign: Option<Vec<u8>>,
}

impl Whole {
    pub(crate) fn of(accumulator: &Accumulator) -> Self {
        let error = accumulator.snapshot().error();
        Self {
            object: accumulator.object(),
            error: error.map(|error| (error.kind.clone(), error.code.clone(), error.body.clone())),
            done: accumulator.snapshot().done(),
            complete: accumulator.is_complete(),
            dialect: accumulator.dialect(),
            foreign: accumulator.not_a_stream().map(<[u8]>::to_vec),
        }
    }

    /// The object and the error: what does not tell how the body ended.
    pub(crate) fn result(&self) -> impl PartialEq + std::fmt::Debug {
        (&self.object, &self.error)
    }
}

/// A sink that keeps what it is told.
pub(crate) fn listen(told: &mut Vec<String>) -> impl FnMut(Delta<'_>) {
    |delta| told.push(format!("{delta:?}"))
}

/// What an accumulator made of the pieces.
pub(crate) type Outcome = (Vec<String>, Result<(), EventTooLarge>, Whole);

/// What is told of the pieces, and what comes of them.
pub(crate) fn accumulate(pieces: &[&[u8]], dialect: Option<&str>, limit: Option<usize>) -> Outcome {
    let dialect = dialect.map(|name| name.parse::<Dialect>().expect("the dialect is known"));
    let mut accumulator = Accumulator::builder().dialect(dialect).max_event_size(limit).build();
    let (mut told, mut result) = (Vec::new(), Ok(()));
    for piece in pieces {
        result = accumulator.feed(piece, &mut listen(&mut told));
    }
    accumulator.flush(&mut listen(&mut told));
    (told, result, Whole::of(&accumulator))
}
