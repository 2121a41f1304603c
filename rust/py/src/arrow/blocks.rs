//! Bodies shared among threads, in blocks.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ssewire_core::AccumulatorBuilder;

use super::bodies::Body;
use super::rows::Rows;

/// Bytes of a block, or the size of one body: enough that nobody waits long for the last block, and that the columns of a
/// block are worth their making.
const BLOCK: usize = 1 << 20;
/// What a body takes beside its bytes.
const EACH: usize = 1 << 10;

/// Cuts a column into blocks of about the same size.
pub(super) fn blocks<'b, 'a>(mut bodies: &'b [Body<'a>]) -> Vec<&'b [Body<'a>]> {
    let mut blocks = Vec::new();
    while !bodies.is_empty() {
        let mut size = 0;
        let full = bodies.iter().position(|body| {
            size += body.map_or(0, <[u8]>::len) + EACH;
            size >= BLOCK
        });
        let (block, rest) = bodies.split_at(full.map_or(bodies.len(), |last| last + 1));
        blocks.push(block);
        bodies = rest;
    }
    blocks
}

/// How bodies are folded.
pub(super) struct Fold {
    pub(super) builder: AccumulatorBuilder,
    pub(super) object: bool,
}

impl Fold {
    fn block(&self, bodies: &[Body<'_>]) -> Rows {
        let mut rows = Rows::default();
        for body in bodies {
            let mut accumulator = self.builder.clone().build();
            // A fault is part of what is wrong with the body.
            _ = accumulator.feed(body.unwrap_or_default(), |_| {});
            accumulator.flush(|_| {});
            rows.push(&accumulator, body.map(<[u8]>::len), self.object);
        }
        rows
    }

    /// The rows of all blocks, in order. Each thread takes the next block when it is done with one.
    pub(super) fn all(&self, blocks: &[&[Body<'_>]], threads: usize) -> Vec<Rows> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let at = next.fetch_add(1, Ordering::Relaxed)
                && let Some(block) = blocks.get(at)
            {
                done.push((at, self.block(block)));
            }
            done
        };
        let mut done = thread::scope(|scope| {
            let others: Vec<_> = (1..threads.min(blocks.len())).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            done
        });
        done.sort_unstable_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, rows)| rows).collect()
    }
}
