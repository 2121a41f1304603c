//! Does one piece of work, so that `benches/guard.py` can count its instructions.
//!
//! ```text
//! ssewire-instructions                 what there is: group, name and size, one a line
//! ssewire-instructions NAME SIZE       does it once; checks what came of it, or panics
//! ```
//!
//! The same name and size are the same bytes in the same pieces, whatever the machine. Only what [`counted_work`] calls
//! is the core's work: the guard tells the counter to look at nothing else.

mod body;
mod chunks;
mod dialects;
mod shapes;
mod work;
mod workloads;

use work::{Run, Work};

/// The function that the guard names to the counter: not to be inlined, and not to end in a jump.
#[inline(never)]
fn counted_work(run: &mut Run) {
    run.go();
    std::hint::black_box(run);
}

fn groups() -> [(&'static str, &'static [Work]); 4] {
    [("core", workloads::ALL), ("core", dialects::WORKLOADS), ("shape", shapes::ALL), ("shape", dialects::SHAPES)]
}

fn list() {
    for (group, works) in groups() {
        for work in works {
            println!("{group}\t{}\t{}", work.name, work.size);
        }
    }
}

fn run(name: &str, size: usize) {
    let mut all = groups().into_iter().flat_map(|(_, works)| works);
    let work = all.find(|work| work.name == name).unwrap_or_else(|| panic!("no work is named {name:?}"));
    let mut run = work.prepare(size);
    counted_work(&mut run);
    assert_eq!(run.outcome(), run.expected(), "{name} of size {size}");
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => list(),
        [name, size] => run(name, size.parse().expect("SIZE is a number")),
        _ => panic!("expected NAME and SIZE, or nothing"),
    }
}
